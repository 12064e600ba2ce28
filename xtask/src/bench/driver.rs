//! `cargo xtask bench http`, `bytes` and `growth`: the workspace `benches` is built, its driver measures, and what it
//! prints goes into the documents.

use std::{env, path::PathBuf, process::Stdio};

use super::{document, target};
use crate::{
    invocation::{Invocation, workspace_root},
    step,
};

/// Redis and the load are here; what is measured is on core 0.
const DRIVER_CORE: &str = "1";

/// Takes only a look at whether it works: with figures that mean nothing, which are printed and not kept.
pub(super) fn is_short() -> bool {
    env::var_os("BENCH_SHORT").is_some()
}

/// This library against the floor and its peers.
pub(crate) fn http() -> Result<(), String> {
    let folder = if is_short() { target()? } else { workspace_root().join("docs") };
    let plot = folder.join("performance-http.svg");
    keep("performance.md", "http", &measured(&["http", &plot.to_string_lossy()])?)
}

/// What sessions take in Redis.
pub(crate) fn bytes() -> Result<(), String> {
    keep("performance.md", "bytes", &measured(&["bytes"])?)
}

/// How it behaves as it grows.
pub(crate) fn growth() -> Result<(), String> {
    keep("scale.md", "growth", &measured(&["growth"])?)
}

/// Puts a section where it belongs.
pub(super) fn keep(document: &str, name: &str, section: &str) -> Result<(), String> {
    if is_short() { Ok(()) } else { document::write(document, name, section) }
}

fn measured(arguments: &[&str]) -> Result<String, String> {
    step::heading("build, in release");
    let programs = built()?;
    step::heading(arguments[0]);
    let driver = programs.join("driver");
    let mut command = Invocation::new("taskset --cpu-list").command();
    let output = command
        .args([DRIVER_CORE.as_ref(), driver.as_os_str()])
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`taskset`, of util-linux, could not be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("the driver ended with {}", output.status));
    }
    let section = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("\n{section}");
    Ok(section)
}

/// The folder with the programs of the workspace `benches`.
fn built() -> Result<PathBuf, String> {
    let target = target()?.join("benches");
    let mut command =
        Invocation::new("cargo build --release --locked --manifest-path benches/Cargo.toml").command();
    let status = command.arg("--target-dir").arg(&target).status();
    let status = status.map_err(|error| format!("cargo could not be started: {error}"))?;
    if status.success() { Ok(target.join("release")) } else { Err("the benches do not build".to_owned()) }
}
