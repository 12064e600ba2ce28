//! What the figures were taken on.

use std::{fs, process::Command};

use crate::Outcome;

/// What is measured has this core to itself; Redis and the load are on the other one.
pub(crate) const SERVER_CORE: &str = "0";

/// As in "2 cores of an AMD EPYC, Redis 7.0.15, rustc 1.95.0".
pub(crate) fn described() -> Outcome<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown kind", |(_, model)| model.trim());
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let redis = output("redis-server", "--version")?;
    let redis =
        redis.split_whitespace().find_map(|word| word.strip_prefix("v=")).unwrap_or("of some version");
    let rustc = output("rustc", "--version")?;
    let rustc = rustc.split_whitespace().nth(1).unwrap_or("of some version");
    Ok(format!("{cores} cores of {model}, Redis {redis}, rustc {rustc}"))
}

/// How busy the machine is with other things.
pub(crate) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}

fn output(program: &str, argument: &str) -> Outcome<String> {
    let output = Command::new(program).arg(argument).output();
    let output = output.map_err(|error| format!("`{program}` cannot be run: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
