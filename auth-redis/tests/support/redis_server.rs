//! A real `redis-server` of a test's own: a free port of 127.0.0.1, an empty folder, gone with the value.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that lacks its server must fail")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// How long a server may take to start, and to answer a command.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long one look at a server that is starting may take.
const LOOK: Duration = Duration::from_secs(1);

/// Between two looks.
const POLL: Duration = Duration::from_millis(10);

/// An option that makes the server a Sentinel.
const SENTINEL: &str = "sentinel";

/// The nodes of a Cluster talk to each other on a port that is higher by 10,000.
const BUS_LIMIT: u16 = 55_536;

/// How many ports are tried: another process may take a free one before the server does.
const ATTEMPTS: usize = 5;

/// A running Redis that only its test knows of.
///
/// One node that keeps nothing on disk, unless its options say otherwise. It ends when it is dropped, and
/// also when the test process ends without dropping it. Where a test cannot go on, methods panic and say why.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    options: Vec<(String, String)>,
    // Before `folder`, so that the server has ended when its folder is removed.
    process: Option<Process>,
    folder: TempDir,
}

impl RedisServer {
    /// Starts a server whose data ends with its process.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server that writes to disk before it answers, so that its data outlives
    /// [`kill`](Self::kill) and is there after [`restart`](Self::restart).
    pub async fn start_persistent() -> Self {
        Self::start_with(&[("appendonly", "yes"), ("appendfsync", "always")]).await
    }

    /// Starts a server with options as in `redis.conf`, such as `("maxmemory", "4mb")`.
    pub async fn start_with(options: &[(&str, &str)]) -> Self {
        let mut server = Self {
            port: 0,
            options: options.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            process: None,
            folder: TempDir::with_prefix("redis-server-").expect("a temporary folder can be made"),
        };
        let mut failure = String::new();
        for _ in 0..ATTEMPTS {
            server.port = if server.is_in_a_cluster() { free_port_below(BUS_LIMIT) } else { free_port() };
            match server.launch().await {
                Ok(()) => return server,
                Err(reason) => failure = reason,
            }
        }
        panic!("redis-server started on none of {ATTEMPTS} ports; the last time {failure}");
    }

    /// Starts a Sentinel, which watches over nothing yet.
    pub async fn start_sentinel() -> Self {
        Self::start_with(&[(SENTINEL, "yes")]).await
    }

    /// The port of 127.0.0.1 that it listens on; a restart keeps it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address as clients take it, with the password where the options have a `requirepass`.
    pub fn url(&self) -> String {
        let login = self.password().map(|password| format!(":{password}@")).unwrap_or_default();
        format!("redis://{login}127.0.0.1:{}", self.port)
    }

    /// Freezes the server: its connections stay open, nothing is answered until [`resume`](Self::resume).
    pub fn pause(&self) {
        self.process().pause();
    }

    /// Lets a paused server go on; it answers what it was sent meanwhile.
    pub fn resume(&self) {
        self.process().signal(Signal::CONT);
    }

    /// Ends the server as a crash would: at once, with its connections.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Whether it has been started and not killed.
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Starts the server again on its port, killing it first where it still runs.
    ///
    /// It comes back empty, unless it is [persistent](Self::start_persistent).
    pub async fn restart(&mut self) {
        self.kill();
        let deadline = Instant::now() + PATIENCE;
        while let Err(failure) = self.launch().await {
            // Some other connection can have been given the port meanwhile; most are short.
            assert!(Instant::now() < deadline, "redis-server did not restart on {}: {failure}", self.port);
            sleep(POLL).await;
        }
    }

    /// Sends one command over a connection of its own and returns the reply, be it an error of Redis.
    ///
    /// # Panics
    ///
    /// Without a reply within ten seconds: the server has been killed, or is paused.
    pub async fn command<A: AsRef<[u8]>>(&self, args: &[A]) -> Reply {
        let port = self.port;
        timeout(PATIENCE, self.try_command(args))
            .await
            .unwrap_or_else(|_| panic!("found no reply on port {port} within {PATIENCE:?}; is it paused?"))
            .unwrap_or_else(|error| panic!("found no server to ask on port {port}: {error}; was it killed?"))
    }

    /// The calls of each command since the start, or since `CONFIG RESETSTAT`. Names are in lower case;
    /// a subcommand is named as in `config|get`.
    pub async fn command_stats(&self) -> BTreeMap<String, u64> {
        let info = self.command(&["INFO", "commandstats"]).await.into_text();
        info.lines().filter_map(calls_in).collect()
    }

    /// How often the server has answered with an error of this kind, such as `MOVED`, since the start.
    pub async fn errors(&self, kind: &str) -> u64 {
        let info = self.command(&["INFO", "errorstats"]).await.into_text();
        let line = |line: &str| {
            line.strip_prefix("errorstat_")?
                .strip_prefix(kind)?
                .strip_prefix(":count=")?
                .trim_end()
                .parse()
                .ok()
        };
        info.lines().find_map(line).unwrap_or(0)
    }

    /// Counts the commands that the server runs during `work`, whoever sends them.
    ///
    /// Left out is what opening a connection and counting take: `auth`, `client|*`, `config|resetstat`,
    /// `hello`, `info`, `ping`. Commands run by a script count too: an `EVALSHA` whose script reads a hash
    /// is one `evalsha` and one `hget`, though it is one round trip.
    pub async fn count_commands<T>(&self, work: impl Future<Output = T>) -> (T, BTreeMap<String, u64>) {
        let reset = self.command(&["CONFIG", "RESETSTAT"]).await;
        assert_eq!(reset, Reply::Status("OK".to_owned()), "the counters must start at zero");
        let result = work.await;
        let mut stats = self.command_stats().await;
        stats.retain(|command, _| !is_overhead(command));
        (result, stats)
    }

    /// Runs the server on its port and waits for an answer; the error says how it ended instead.
    async fn launch(&mut self) -> Result<(), String> {
        let log_path = self.folder.path().join("redis.log");
        let log = || fs::read_to_string(&log_path).unwrap_or_default();
        let mut process = Process::spawn(&self.arguments(), self.folder.path(), &log_path);
        timeout(PATIENCE, self.answer_or_end(&mut process))
            .await
            .unwrap_or_else(|_| {
                panic!("redis-server gave no answer within {PATIENCE:?}; its log:\n{}", log())
            })
            .map_err(|status| format!("it ended with {status}; its log:\n{}", log()))?;
        self.process = Some(process);
        Ok(())
    }

    async fn answer_or_end(&self, process: &mut Process) -> Result<(), ExitStatus> {
        // Each look is bounded: whoever took the port from us may accept connections and say nothing.
        while timeout(LOOK, self.answers_as(process.pid())).await != Ok(true) {
            if let Some(status) = process.end() {
                return Err(status);
            }
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Whether this very process answers: after a lost race for the port, another test's server would.
    async fn answers_as(&self, pid: Pid) -> bool {
        // While it loads its data, a server answers INFO but no PING.
        let Ok(Reply::Status(_)) = self.try_command(&["PING"]).await else {
            return false;
        };
        let Ok(Reply::Text(info)) = self.try_command(&["INFO", "server"]).await else {
            return false;
        };
        let own_line = format!("process_id:{}", pid.as_raw_nonzero());
        String::from_utf8_lossy(&info).lines().any(|line| line == own_line)
    }

    async fn try_command<A: AsRef<[u8]>>(&self, args: &[A]) -> io::Result<Reply> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        let mut connection = Connection(BufReader::new(stream));
        if let Some(password) = self.password() {
            connection.ask(&["AUTH", password]).await?;
        }
        connection.ask(args).await
    }

    fn arguments(&self) -> Vec<String> {
        if self.options.iter().any(|(name, _)| name == SENTINEL) {
            // A Sentinel keeps what it learns in its configuration, and so insists on a file.
            let file = self.folder.path().join("sentinel.conf");
            let (port, folder) = (self.port, self.folder.path().display());
            let lines = format!("port {port}\nbind 127.0.0.1\ndir {folder}\n");
            fs::write(&file, lines).expect("the configuration can be written");
            return vec![file.to_string_lossy().into_owned(), "--sentinel".to_owned()];
        }
        let port = self.port.to_string();
        let folder = self.folder.path().to_string_lossy();
        let ours = [
            ("port", &*port),
            ("bind", "127.0.0.1"),
            ("save", ""),
            ("appendonly", "no"),
            ("dir", &*folder),
            ("daemonize", "no"),
        ];
        // The last one counts where a name comes twice.
        let theirs = self.options.iter().map(|(name, value)| (&**name, &**value));
        ours.into_iter()
            .chain(theirs)
            .flat_map(|(name, value)| [format!("--{name}"), value.to_owned()])
            .collect()
    }

    fn is_in_a_cluster(&self) -> bool {
        self.options.iter().any(|(name, value)| name == "cluster-enabled" && value == "yes")
    }

    fn password(&self) -> Option<&str> {
        self.options.iter().find(|(name, _)| name == "requirepass").map(|(_, value)| &**value)
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("the server runs; after `kill` it must be restarted first")
    }
}

/// What Redis replied, as RESP2 has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// No value: the key, or the array, is not there.
    Nil,
    /// A number.
    Int(i64),
    /// A value, which may hold any bytes.
    Text(Vec<u8>),
    /// A word such as `OK` or `PONG`.
    Status(String),
    /// What was wrong, beginning with a code such as `ERR` or `WRONGTYPE`.
    Error(String),
    /// Replies in their order.
    Array(Vec<Reply>),
}

impl Reply {
    /// The value as a string.
    ///
    /// # Panics
    ///
    /// When the reply is of another kind, or the value is not UTF-8.
    pub fn into_text(self) -> String {
        match self {
            Self::Text(bytes) => String::from_utf8(bytes).expect("the value is UTF-8"),
            other => panic!("found the reply {other:?}, expected a text"),
        }
    }
}

/// A connection that speaks RESP2, so that no test leans on the client that it tests.
struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn ask<A: AsRef<[u8]>>(&mut self, args: &[A]) -> io::Result<Reply> {
        self.0.write_all(&encode(args)).await?;
        self.read().await
    }

    async fn read(&mut self) -> io::Result<Reply> {
        let mut line = String::new();
        self.0.read_line(&mut line).await?;
        let Some((kind, rest)) = line.trim_end().split_at_checked(1) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        match kind {
            "+" => Ok(Reply::Status(rest.to_owned())),
            "-" => Ok(Reply::Error(rest.to_owned())),
            ":" => Ok(Reply::Int(rest.parse().map_err(io::Error::other)?)),
            "$" => self.read_text(rest).await,
            "*" => self.read_array(rest).await,
            _ => Err(io::Error::other(format!("found {line:?}, expected the first line of a RESP2 reply"))),
        }
    }

    async fn read_text(&mut self, length: &str) -> io::Result<Reply> {
        let Ok(length) = length.parse() else {
            return Ok(Reply::Nil);
        };
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).await?;
        self.0.read_exact(&mut [0; b"\r\n".len()]).await?;
        Ok(Reply::Text(bytes))
    }

    async fn read_array(&mut self, length: &str) -> io::Result<Reply> {
        let Ok(length) = length.parse() else {
            return Ok(Reply::Nil);
        };
        let mut replies: Vec<Reply> = Vec::new();
        while replies.len() < length {
            replies.push(Box::pin(self.read()).await?);
        }
        Ok(Reply::Array(replies))
    }
}

fn encode<A: AsRef<[u8]>>(args: &[A]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args.iter().map(AsRef::as_ref) {
        bytes.extend(format!("${}\r\n", arg.len()).into_bytes());
        bytes.extend(arg);
        bytes.extend(b"\r\n");
    }
    bytes
}

/// One run of the program, killed on drop.
#[derive(Debug)]
struct Process {
    redis: Child,
    watchdog: Child,
}

impl Process {
    fn spawn(arguments: &[String], folder: &Path, log: &Path) -> Self {
        let output = File::create(log).expect("the server's log can be written");
        let errors = output.try_clone().expect("the server's log can be opened twice");
        let redis = Command::new("redis-server")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("redis-server could not be run: {error}; `cargo xtask setup` installs it")
            });
        let watchdog = watchdog(redis.id(), folder);
        Self { redis, watchdog }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.redis)
    }

    fn end(&mut self) -> Option<ExitStatus> {
        self.redis.try_wait().expect("a child can be asked whether it has ended")
    }

    /// Returns when the process has stopped: a signal alone is only a wish.
    fn pause(&self) {
        self.signal(Signal::STOP);
        // Looking, not taking (NOWAIT): a second pause must see the same, and `end` is for `Child` to see.
        let change = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let status = retry_on_intr(|| waitid(WaitId::Pid(self.pid()), change));
        let stopped = status.is_ok_and(|status| status.is_some_and(|status| status.stopped()));
        assert!(stopped, "redis-server had ended by itself when it was paused");
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a child can be sent signals");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The watchdog first: after `wait` its process id may be someone else's.
        for child in [&mut self.watchdog, &mut self.redis] {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Kills the server and removes its folder when this process ends without dropping it: on a signal, an
/// abort, or with the server in a `static`. It waits for the end of its input, which we hold open.
///
/// Both are in groups of their own, so that Ctrl-C reaches the test first and always ends this way.
fn watchdog(pid: u32, folder: &Path) -> Child {
    Command::new("sh")
        .args(["-c", r#"read -r _; kill -9 "$1"; rm -rf "$2""#, "watchdog", &pid.to_string()])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a shell can be run")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("127.0.0.1 has a free port");
    listener.local_addr().expect("a listener has an address").port()
}

fn free_port_below(limit: u16) -> u16 {
    (0..1000)
        .map(|_| free_port())
        .find(|port| *port < limit)
        .expect("127.0.0.1 has a free port below the limit")
}

/// Reads a line such as `cmdstat_config|get:calls=2,usec=31,…`.
fn calls_in(line: &str) -> Option<(String, u64)> {
    let (command, numbers) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
    let (calls, _) = numbers.split_once(',')?;
    Some((command.to_owned(), calls.parse().ok()?))
}

fn is_overhead(command: &str) -> bool {
    matches!(command, "auth" | "config|resetstat" | "hello" | "info" | "ping")
        || command.starts_with("client|")
}
