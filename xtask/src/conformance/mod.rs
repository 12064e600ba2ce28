//! `cargo xtask conformance`: programs that describe themselves, held to their descriptions by tools that others wrote.

mod programs;
mod tools;

use std::fs;

use crate::invocation::Invocation;
use crate::step;
use programs::{PROGRAMS, Program, Running};
use tools::Tools;

const SETTINGS: &str = "tests/openapi/conformance/schemathesis.toml";

/// For each program, validates its document, then tries it out by it.
pub(crate) fn run() -> Result<(), String> {
    let tools = Tools::ready()?;
    PROGRAMS.iter().try_for_each(|program| {
        let running = program.start(tools.folder())?;
        step::heading(&format!("document of {}", program.name));
        step::timed(|| validate(&tools, program, &running))?;
        step::heading(program.name);
        step::timed(|| try_out(&tools, program, &running))
    })
}

fn validate(tools: &Tools, program: &Program, running: &Running) -> Result<(), String> {
    let fetch = Invocation::new(&format!("curl --silent --show-error --fail {}", running.document()));
    let json = fetch.read().map_err(|end| format!("`{fetch}` {end}"))?;
    let file = running.folder().join(format!("{}.json", program.name));
    fs::write(&file, json).map_err(|error| format!("{}: {error}", file.display()))?;
    let line = tools.line("openapi-spec-validator", &format!("--schema 3.1 {}", file.display()));
    println!("{line}");
    line.run().map_err(|end| format!("`{line}` {end}"))
}

fn try_out(tools: &Tools, program: &Program, running: &Running) -> Result<(), String> {
    let arguments = format!(
        "--config-file {SETTINGS} run {} --checks all --no-color --max-examples {}",
        running.document(),
        program.examples
    );
    // Nothing is left in the sources.
    let line = tools
        .line("schemathesis", &arguments)
        .with_env("PYTHONDONTWRITEBYTECODE", "1")
        .with_env("HYPOTHESIS_STORAGE_DIRECTORY", "target/hypothesis");
    println!("{line}");
    let ended = line.command().envs(running.secrets()).status();
    match ended.map_err(|error| format!("`{line}` could not be started: {error}"))? {
        status if status.success() => Ok(()),
        status => Err(format!("`{line}` ended with {status}")),
    }
}
