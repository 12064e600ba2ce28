//! Writes one program of all that must not compile, as it is after each is mended, and names the schema.

#[allow(dead_code, reason = "only the tests need all of it")]
#[path = "src/cases.rs"]
mod cases;

use std::{env, fs, path::Path};

fn main() {
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let out = Path::new(&out);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/cases.rs");
    println!("cargo::rerun-if-changed=fail");
    // Of a case that names no schema of its own; trybuild's, too, as cargo hands it on to the tests.
    println!("cargo::rustc-env=AUTH_SCHEMA={}", cases::folder().join("schema/schema.yaml").display());

    let cases = cases::all();
    let modules = cases.iter().enumerate().map(|(i, case)| {
        let mut program = case.mended();
        if let Some((path, text)) = case.schema() {
            let name = path.file_name().expect("a case's schema is a file").display().to_string();
            let mended = out.join(&name);
            fs::write(&mended, cases::mend(&text, "#")).expect("OUT_DIR can be written to");
            program = program.replace(&name, &mended.display().to_string());
        }
        format!("mod case_{i} {{ // {}\n{program}\n}}\n", case.name())
    });
    fs::write(out.join("mended.rs"), modules.collect::<String>()).expect("OUT_DIR can be written to");
}
