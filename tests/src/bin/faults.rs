//! Brings about each fault of Redis under load, and prints what came of it: `cargo xtask faults`. With an argument, those
//! faults whose name has it in it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to whoever runs it")]

use std::process::ExitCode;
use std::time::Duration;

use auth_tests::faults::{Fault, Line, Plan, table};

/// Some 300 requests a second, while they are answered.
const PLAN: Plan = Plan {
    visitors: 150,
    pause: Duration::from_millis(500),
    calm: Duration::from_secs(3),
    fault: Duration::from_secs(5),
    slack: Duration::from_millis(500),
};

#[tokio::main]
async fn main() -> ExitCode {
    let part = std::env::args().nth(1).unwrap_or_default();
    let faults: Vec<Fault> = Fault::ALL.into_iter().filter(|fault| fault.name().contains(&part)).collect();
    let mut lines = Vec::new();
    for fault in &faults {
        eprintln!("{} of {}: {}", lines.len() + 1, faults.len(), fault.name());
        lines.push(fault.provoke(&PLAN).await);
    }
    println!("\n{}", table(&lines));
    if lines.iter().all(Line::is_good) {
        ExitCode::SUCCESS
    } else {
        eprintln!("something happened that must not happen");
        ExitCode::FAILURE
    }
}
