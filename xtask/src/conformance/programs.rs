//! The programs that are tried out, each on ports of its own, with nothing that was there before.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Stdio};
use std::thread;

use crate::invocation::Invocation;

pub(super) struct Program {
    pub(super) name: &'static str,
    command: &'static str,
    /// Where its document is.
    path: &'static str,
    /// The line after which it can be asked has this in it.
    is_ready: &'static str,
    /// What it prints after these words goes to the tools in these variables.
    secrets: &'static [(&'static str, &'static str)],
    /// How many examples of each kind are made for an operation.
    pub(super) examples: u32,
}

pub(super) const PROGRAMS: [Program; 2] = [
    Program {
        name: "auth-tests-openapi",
        command: "cargo run --quiet --package auth-tests-openapi",
        path: "/openapi.json",
        is_ready: "http://",
        secrets: &[],
        examples: 100,
    },
    Program {
        name: "storefront",
        command: "cargo run --quiet --package storefront",
        path: "/docs/openapi.json",
        is_ready: "acme, at the API",
        secrets: &[("ADMIN_PASSWORD", "admin@example.com"), ("ACME_SECRET", "acme, at the API")],
        // Each of its logins hashes a password.
        examples: 20,
    },
];

/// A program, until this is dropped.
pub(super) struct Running {
    child: Child,
    printed: String,
    path: &'static str,
    secrets: &'static [(&'static str, &'static str)],
    folder: PathBuf,
}

impl Program {
    /// Starts it, with a folder of its own below `folder`.
    pub(super) fn start(&self, folder: &Path) -> Result<Running, String> {
        let folder = folder.join(format!("{}-{}", self.name, process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let child = Invocation::new(self.command)
            .command()
            // Storefront's; without an address of one, it starts a Redis.
            .env("DATABASE_URL", format!("sqlite:{}", folder.join("shop.db").display()))
            .envs([("PORT", "0"), ("METRICS_PORT", "0")])
            .env_remove("REDIS_URL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} could not be started: {error}", self.name))?;
        let (path, secrets) = (self.path, self.secrets);
        let mut running = Running { child, printed: String::new(), path, secrets, folder };
        running.wait_for(self.is_ready)?;
        Ok(running)
    }
}

impl Running {
    fn wait_for(&mut self, is_ready: &str) -> Result<(), String> {
        let mut output = self.child.stdout.take().map(BufReader::new).ok_or("the program has no output")?;
        while !self.printed.contains(is_ready) {
            match output.read_line(&mut self.printed) {
                Ok(read) if read > 0 => {}
                _ => return Err("the program ended before it said where it listens".to_owned()),
            }
        }
        // A program whose output nobody takes waits, or fails.
        thread::spawn(move || io::copy(&mut output, &mut io::sink()));
        Ok(())
    }

    /// The address of its document.
    pub(super) fn document(&self) -> String {
        let address = self.printed.split_whitespace().find(|word| word.starts_with("http://"));
        format!("{}{}", address.unwrap_or_default(), self.path)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How the tools sign in.
    pub(super) fn secrets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.secrets.iter().filter_map(|(variable, words)| {
            let (_, rest) = self.printed.split_once(words)?;
            Some((*variable, rest.split_whitespace().next()?))
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One ends with its input, the other when it is asked to; cargo has become the program.
        drop(self.child.stdin.take());
        let _ = Invocation::new(&format!("kill {}", self.child.id())).run();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
