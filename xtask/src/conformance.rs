//! `cargo xtask conformance`: a program that describes itself, held to its description by tools that others wrote.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Stdio};

use crate::gate;
use crate::invocation::{Invocation, workspace_root};
use crate::step;

/// The program; it ends when its standard input does.
const PROGRAM: &str = "cargo run --quiet --package auth-tests-openapi";
const TOOLS: &str = "tests/openapi/conformance/requirements.txt";
const SETTINGS: &str = "tests/openapi/conformance/schemathesis.toml";

/// Validates the document, then tries out the running program by it.
pub(crate) fn run() -> Result<(), String> {
    let tools = Tools::ready()?;
    step::heading("document");
    step::timed(|| validate(&tools))?;
    step::heading("program");
    step::timed(|| try_out(&tools))
}

fn validate(tools: &Tools) -> Result<(), String> {
    let json = Invocation::new(&format!("{PROGRAM} -- document"))
        .read()
        .map_err(|end| format!("the program {end}"))?;
    let file = tools.folder.join("openapi.json");
    fs::write(&file, json).map_err(|error| format!("{}: {error}", file.display()))?;
    let line = tools.line("openapi-spec-validator", &format!("--schema 3.1 {}", file.display()));
    println!("{line}");
    line.run().map_err(|end| format!("`{line}` {end}"))
}

fn try_out(tools: &Tools) -> Result<(), String> {
    let program = Running::start()?;
    let arguments =
        format!("--config-file {SETTINGS} run {}/openapi.json --checks all --no-color", program.address);
    // Nothing is left in the sources.
    let line = tools
        .line("schemathesis", &arguments)
        .with_env("PYTHONDONTWRITEBYTECODE", "1")
        .with_env("HYPOTHESIS_STORAGE_DIRECTORY", "target/hypothesis");
    println!("{line}");
    line.run().map_err(|end| format!("`{line}` {end}"))
}

/// The program, until this is dropped.
struct Running {
    child: Child,
    /// Kept open: a program whose output nobody takes fails when it writes.
    _output: BufReader<ChildStdout>,
    address: String,
}

impl Running {
    fn start() -> Result<Self, String> {
        let mut command = Invocation::new(PROGRAM).command();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the program could not be started: {error}"))?;
        let mut output = child.stdout.take().map(BufReader::new).ok_or("the program has no output")?;
        let mut address = String::new();
        let read = output.read_line(&mut address);
        let running = Running { child, _output: output, address: address.trim().to_owned() };
        match read {
            Ok(_) if running.address.starts_with("http://") => Ok(running),
            _ => Err("the program ended before it said where it listens".to_owned()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Tools from `PyPI`, in a folder of their own below `target`.
struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Installs them unless those that are wanted are there.
    fn ready() -> Result<Self, String> {
        let tools = Tools { folder: gate::target()?.join("conformance") };
        let wanted =
            fs::read_to_string(workspace_root().join(TOOLS)).map_err(|error| format!("{TOOLS}: {error}"))?;
        let installed = tools.folder.join("installed.txt");
        if fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
            return Ok(tools);
        }
        for line in [
            Invocation::new(&format!("python3 -m venv {}", tools.folder.display())),
            tools.line("pip", &format!("install --quiet --disable-pip-version-check --requirement {TOOLS}")),
        ] {
            println!("{line}");
            line.run().map_err(|end| format!("`{line}` {end}"))?;
        }
        fs::write(&installed, wanted).map_err(|error| format!("{}: {error}", installed.display()))?;
        Ok(tools)
    }

    fn line(&self, tool: &str, arguments: &str) -> Invocation {
        Invocation::new(&format!("{} {arguments}", self.folder.join("bin").join(tool).display()))
    }
}
