//! The example `storefront`, started as a program, with a new database.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// It ends with the value, and a Redis of its own with it.
pub struct Storefront {
    child: Child,
    printed: String,
    folder: TempDir,
}

impl Storefront {
    /// With the Redis at `redis`, or with one of its own.
    #[must_use]
    pub fn start(redis: Option<String>) -> Self {
        let cargo = |command| {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args([command, "--quiet", "--package", "storefront"]);
            cargo
        };
        assert!(cargo("build").status().unwrap().success());
        let folder = TempDir::with_prefix("storefront-test-").unwrap();
        let mut child = cargo("run")
            .env("DATABASE_URL", format!("sqlite:{}", folder.path().join("shop.db").display()))
            .envs([("PORT", "0"), ("METRICS_PORT", "0")])
            .env("TMPDIR", folder.path())
            .env_remove("REDIS_URL")
            .envs(redis.map(|url| ("REDIS_URL", url)))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        // To its end, so that it never waits for a reader.
        thread::spawn(move || {
            output.lines().map_while(Result::ok).for_each(|line| _ = sender.send(line));
        });
        let mut printed = String::new();
        while !printed.contains("acme, at the API") {
            printed += &(lines.recv().expect("it ended before it had said who its users are") + "\n");
        }
        Storefront { child, printed, folder }
    }

    /// Where its database is, and what it makes for itself.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its pages.
    pub fn url(&self) -> &str {
        self.after("Open ")
    }

    /// Where Prometheus asks.
    pub fn metrics_url(&self) -> &str {
        self.after("Metrics: ")
    }

    /// The password of a demo user.
    pub fn password(&self, user: &str) -> &str {
        self.after(user)
    }

    fn after(&self, word: &str) -> &str {
        let rest = self.printed.split_once(word).unwrap().1;
        rest.lines().next().unwrap().trim()
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).ok();
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Storefront {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.terminate();
            self.wait();
        }
    }
}
