//! `cargo xtask package`: the three crates as they would be published, unpacked, built and tested where nothing of this
//! workspace is in reach, together with programs that use them.

use std::fs;
use std::io;
use std::path::Path;

use crate::gate::{self, LIBRARIES};
use crate::invocation::{Invocation, workspace_root};
use crate::step;

/// The programs, in a workspace that the packages are unpacked into.
const CONSUMERS: &str = "tests/consumers";

/// What is run there. The examples in the documentation of auth-macros need auth-core, which needs auth-macros: they
/// are tested in this workspace.
const LINES: [&str; 5] = [
    "cargo build --package plain",
    "cargo test --package auth-macros --all-features --lib",
    "cargo test --package auth-core --all-features",
    "cargo test --package auth-redis --package plain --package renamed",
    // Alone, as others would give it the default features.
    "cargo test --package bare",
];

pub(crate) fn run() -> Result<(), String> {
    let folder = gate::target()?.join("consumers");
    let programs = folder.join("programs");
    step::heading("package");
    step::timed(|| assemble(&programs))?;
    for line in LINES {
        step::heading(line);
        // What it needs, the workspace has fetched.
        let line = format!("{line} --offline --target-dir {}", folder.join("target").display());
        let line = Invocation::new(&line).within(&programs);
        step::timed(|| line.run()).map_err(|end| format!("`{line}` {end}, in {}", programs.display()))?;
    }
    Ok(())
}

/// Packs the crates, and unpacks them beside the programs.
fn assemble(programs: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", programs.display());
    if programs.exists() {
        fs::remove_dir_all(programs).map_err(failed)?;
    }
    copy(&workspace_root().join(CONSUMERS), programs).map_err(failed)?;
    // The versions that the workspace is tested with.
    fs::copy(workspace_root().join("Cargo.lock"), programs.join("Cargo.lock")).map_err(failed)?;
    let packages = LIBRARIES.map(|library| format!("--package {library}")).join(" ");
    let line = Invocation::new(&format!("cargo package --offline --no-verify --allow-dirty {packages}"));
    println!("{line}");
    line.run().map_err(|end| format!("`{line}` {end}"))?;
    let metadata = gate::metadata()?;
    for library in LIBRARIES {
        let package = format!("{library}-{}", gate::version(library, &metadata)?);
        let archive = gate::target()?.join(format!("package/{package}.crate"));
        // All files in it are of 2006: cargo would not see that one has changed.
        let line = Invocation::new(&format!("tar --extract --gzip --touch --file {}", archive.display()))
            .within(programs);
        line.run().map_err(|end| format!("`{line}` {end}"))?;
        fs::rename(programs.join(&package), programs.join(library)).map_err(failed)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
