//! A migration that is added is built in: `sqlx::migrate!` does not tell cargo of the folder.
#![allow(clippy::print_stdout)] // it talks to cargo

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
