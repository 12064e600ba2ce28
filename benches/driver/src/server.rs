//! A contestant that runs on a core of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{Outcome, contestants::Contestant, machine::SERVER_CORE};

pub(crate) struct Server {
    process: Child,
    pub(crate) contestant: Contestant,
    pub(crate) port: u16,
}

/// Of `utime` and `stime` in `/proc`, on every Linux: `sysconf(_SC_CLK_TCK)`.
const TICK: Duration = Duration::from_millis(10);

impl Server {
    /// Starts it, and returns when it listens.
    pub(crate) fn start(contestant: Contestant, redis: &str, database: usize) -> Outcome<Self> {
        let mut process = Command::new("taskset")
            .args(["--cpu-list", SERVER_CORE])
            .arg(beside_us(contestant.program)?)
            .args(contestant.arguments)
            .env("REDIS_URL", format!("{redis}/{database}"))
            // Of no secret: so that a database can be emptied.
            .env("AUTH_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("`taskset`, of util-linux, cannot be run: {error}"))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let mut server = Server { process, contestant, port: 0 };
        let port = line.trim().parse();
        server.port = port.map_err(|_| format!("{} does not say where it listens", contestant.program))?;
        Ok(server)
    }

    /// The time of all its threads, in user space and in the kernel.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        ticks(&stat).map(|ticks| TICK * ticks).ok_or_else(|| "/proc/<pid>/stat has another form".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The name, in parentheses, may hold blanks; `utime` and `stime` are fields 14 and 15.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11).map(str::parse::<u32>);
    Some(fields.next()?.ok()? + fields.next()?.ok()?)
}

/// Cargo puts all programs of a workspace in one folder.
fn beside_us(program: &str) -> Outcome<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_process_is_that_of_user_and_kernel() {
        let stat = "7 (a name) (x) S 1 7 7 0 -1 4194560 100 0 0 0 42 17 0 0 20 0 1 0 1 1 1";
        assert_eq!(ticks(stat), Some(59));
        assert_eq!(ticks("7 (short) S 1"), None);
    }
}
