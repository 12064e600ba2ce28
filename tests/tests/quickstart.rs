//! The two quickstarts as whoever tries them would: started as programs, and asked what they print.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use auth_tests::RedisServer;

/// A quickstart that runs on a port of its own; it ends with the value.
struct Quickstart {
    child: Child,
    port: u16,
    /// Kept open: what it logs must go somewhere.
    _output: Lines<BufReader<ChildStdout>>,
    /// The lines that it printed, without the line breaks within a command.
    printed: String,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn example(name: &str, file: &str) -> String {
    fs::read_to_string(workspace().join("examples").join(name).join(file)).unwrap()
}

impl Quickstart {
    fn start(package: &str, environment: &[(&str, String)]) -> Self {
        let built =
            Command::new(env!("CARGO")).args(["build", "--quiet", "--package", package]).status().unwrap();
        assert!(built.success());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--package", package])
            .env("PORT", port.to_string())
            .env_remove("REDIS_URL")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = String::new();
        while !printed.contains("logout") {
            let line = lines.next().expect("it ended before it had said what to try").unwrap();
            printed += line.strip_suffix('\\').unwrap_or(&format!("{line}\n"));
        }
        Quickstart { child, port, printed, _output: lines }
    }

    fn commands(&self) -> Vec<&str> {
        self.printed.lines().map(str::trim).filter(|line| line.starts_with("curl ")).collect()
    }
}

impl Drop for Quickstart {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Runs the printed commands one after the other, as they stand.
fn try_what_it_prints(quickstart: &Quickstart) {
    let folder = tempfile::tempdir().unwrap();
    let run = |command: &str| {
        let output = Command::new("sh").args(["-c", command]).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let commands = quickstart.commands();
    let [login, me, refresh, logout] = commands[..] else { panic!("four commands: {commands:?}") };
    let answer = run(login);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("__Host-user="), "{answer}");
    assert_eq!(run(me), "You are ann@example.com, user 1.\n");
    assert!(run(refresh).contains("expires_at"));
    assert_eq!(run(me), "You are ann@example.com, user 1.\n");
    assert!(run(logout).starts_with("HTTP/1.1 204"));
    assert!(run(me).contains("not-signed-in"));
    let wrong = login.replace("open sesame", "wrong");
    assert!(run(&wrong).contains("invalid-credentials"));
    let bob = login.replace("ann@", "bob@");
    assert!(run(&bob).starts_with("HTTP/1.1 200"));
    let page = run(&format!("curl -s localhost:{}/", quickstart.port));
    assert!(page.contains("<form>") && page.contains("current-password"), "{page}");
}

#[test]
fn it_does_what_it_prints_with_nothing_installed() {
    try_what_it_prints(&Quickstart::start("quickstart", &[]));
}

#[tokio::test]
async fn it_does_what_it_prints_with_redis() {
    let redis = RedisServer::start().await;
    let quickstart = Quickstart::start("quickstart-redis", &[("REDIS_URL", redis.url())]);
    tokio::task::spawn_blocking(move || try_what_it_prints(&quickstart)).await.unwrap();
}

#[test]
fn it_is_one_short_file() {
    let lines = example("quickstart", "src/main.rs").lines().count();
    assert!(lines <= 90, "{lines} lines");
    assert_eq!(fs::read_dir(workspace().join("examples/quickstart/src")).unwrap().count(), 1);
}

#[test]
fn with_redis_it_differs_by_the_id_one_line_and_one_dependency() {
    let differing = |file: &str| {
        let (memory, redis) = (example("quickstart", file), example("quickstart-redis", file));
        let without = |one: &str, other: &str| -> Vec<String> {
            one.lines().filter(|line| !other.lines().any(|other| other == *line)).map(str::to_owned).collect()
        };
        (without(&memory, &redis), without(&redis, &memory))
    };
    let (memory, redis) = differing("src/main.rs");
    assert_eq!(memory[0], r#"#[auth_service("auth.cookies.memory")]"#);
    assert_eq!(redis[0], r#"#[auth_service("auth.cookies.redis")]"#);
    assert!(memory.len() == 2 && memory[1].contains("MemoryStore"), "{memory:?}");
    assert!(redis.len() == 2 && redis[1].contains("RedisStore"), "{redis:?}");
    let (_, redis) = differing("Cargo.toml");
    let dependencies: Vec<_> =
        redis.iter().filter(|line| !line.starts_with("name") && !line.starts_with("description")).collect();
    assert_eq!(dependencies, ["auth-redis.workspace = true"]);
}
