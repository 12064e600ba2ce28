//! A migration that is added is built in: `sqlx::migrate!` does not tell cargo of the folder.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
