//! `cargo xtask bench request`: what an authenticated request costs, step by step.
//!
//! Nanoseconds are criterion's, and mean something on a machine that has nothing else to do. Instructions are counted by
//! valgrind, and are the same on a busy one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use super::{machine, target};
use crate::{invocation::Invocation, step};

const BENCH: &str = "cargo bench -p auth-tests --bench request";

/// How often a step is taken, and twice that: the difference is without what is done once.
const TIMES: u64 = 500;

/// What it costs to have a session is the first of these steps without the second.
const WHOLE: &str = "a whole request";
const WITHOUT: &str = "the same, without a session";

/// Measures, and prints a table that can go into a document.
pub(crate) fn request() -> Result<(), String> {
    step::heading("criterion");
    Invocation::new(BENCH).run().map_err(|error| format!("`{BENCH}` {error}"))?;
    let program = program()?;
    let names =
        String::from_utf8_lossy(&run(Command::new(&program).env("STEP", "list"))?.stdout).into_owned();

    step::heading("valgrind");
    let counts = Command::new("valgrind").arg("--version").output().is_ok();
    if !counts {
        println!("not installed, so that no instructions are counted");
    }
    let mut rows = Vec::new();
    for (number, name) in names.lines().enumerate() {
        let instructions = if counts { Some(instructions(&program, number)?) } else { None };
        rows.push(Row { name: name.to_owned(), nanoseconds: nanoseconds(name)?, instructions });
    }
    rows.extend(session(&rows));
    println!("\n{}\n\n{}", machine()?, table(&rows));
    Ok(())
}

/// What a step costs.
struct Row {
    name: String,
    nanoseconds: f64,
    instructions: Option<u64>,
}

/// What a session adds to a request.
fn session(rows: &[Row]) -> Option<Row> {
    let of = |name: &str| rows.iter().find(|row| row.name == name);
    let (whole, without) = (of(WHOLE)?, of(WITHOUT)?);
    Some(Row {
        name: "so that a session costs".to_owned(),
        nanoseconds: whole.nanoseconds - without.nanoseconds,
        instructions: whole.instructions.zip(without.instructions).map(|(a, b)| a.saturating_sub(b)),
    })
}

fn table(rows: &[Row]) -> String {
    let lines = rows.iter().map(|row| {
        let instructions = row.instructions.map_or("–".to_owned(), |instructions| instructions.to_string());
        format!("| {} | {:.0} | {instructions} |\n", row.name, row.nanoseconds)
    });
    format!("| step | ns | instructions |\n| --- | ---: | ---: |\n{}", lines.collect::<String>())
}

/// The bench, as cargo built it.
fn program() -> Result<PathBuf, String> {
    let json = Invocation::new(&format!("{BENCH} --no-run --message-format json")).read()?;
    let artifacts = json.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs = artifacts.filter(|artifact| artifact["target"]["name"] == "request");
    let path = programs.filter_map(|artifact| artifact["executable"].as_str().map(PathBuf::from)).next_back();
    path.ok_or_else(|| "cargo did not tell where it built the bench".to_owned())
}

/// The median, as criterion left it.
fn nanoseconds(name: &str) -> Result<f64, String> {
    let path = target()?.join("criterion").join(name).join("new/estimates.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let estimates: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    estimates["median"]["point_estimate"].as_f64().ok_or_else(|| format!("{} has no median", path.display()))
}

fn instructions(program: &Path, number: usize) -> Result<u64, String> {
    let count = |times: u64| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
        let output = run(valgrind.env("STEP", number.to_string()).env("TIMES", times.to_string()))?;
        collected(&String::from_utf8_lossy(&output.stderr)).ok_or("valgrind counted nothing".to_owned())
    };
    Ok(count(2 * TIMES)?.saturating_sub(count(TIMES)?) / TIMES)
}

/// The count in what valgrind says at the end.
fn collected(said: &str) -> Option<u64> {
    let (_, count) = said.lines().find_map(|line| line.split_once("Collected : "))?;
    count.trim().parse().ok()
}

fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(output)
    } else {
        Err(format!("{command:?} ended with {}", output.status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_what_valgrind_says() {
        let said = "==7== \n==7== Events    : Ir\n==7== Collected : 1234567\n==7== \n";
        assert_eq!(collected(said), Some(1_234_567));
        assert_eq!(collected("valgrind: no such program"), None);
    }

    #[test]
    fn a_session_costs_what_it_adds() {
        let row =
            |name: &str, nanoseconds, instructions| Row { name: name.to_owned(), nanoseconds, instructions };
        let rows =
            [row(WHOLE, 900.0, Some(9000)), row("between", 1.0, None), row(WITHOUT, 400.0, Some(3000))];
        let text = table(&session(&rows).into_iter().collect::<Vec<_>>());
        assert!(text.ends_with("| so that a session costs | 500 | 6000 |\n"), "{text}");
        assert!(session(&rows[..2]).is_none());
    }
}
