//! Redis: the one that `REDIS_URL` names, or else one of the program's own, that ends with it.

use std::{
    env, fs::Permissions, io, os::unix::fs::PermissionsExt, path::PathBuf, process::Stdio, time::Duration,
};

use tempfile::TempDir;
use tokio::{
    net::UnixStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

/// How long a Redis may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Redis {
    url: String,
    own: Option<Own>,
}

/// Its socket is in a folder that nobody else can enter: no port that another program has, or could ask.
struct Own {
    child: Child,
    _folder: TempDir,
}

impl Redis {
    pub(crate) async fn from_env() -> io::Result<Self> {
        if let Ok(url) = env::var("REDIS_URL") {
            return Ok(Redis { url, own: None });
        }
        let private = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("storefront-").permissions(private).tempdir()?;
        let socket = folder.path().join("redis.sock");
        let mut child = start(&folder, &socket)?;
        tokio::select! {
            ready = timeout(PATIENCE, answers(&socket)) => ready.map_err(|_| failed("it does not answer"))?,
            status = child.wait() => return Err(failed(&format!("it ended with {}", status?))),
        }
        tracing::info!("REDIS_URL is not set: sessions are in a Redis that ends with this program");
        let url = format!("redis+unix://{}", socket.display());
        Ok(Redis { url, own: Some(Own { child, _folder: folder }) })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn end(self) -> io::Result<()> {
        if let Some(mut own) = self.own {
            own.child.kill().await?;
        }
        Ok(())
    }
}

fn start(folder: &TempDir, socket: &PathBuf) -> io::Result<Child> {
    Command::new("redis-server")
        .args(["--port", "0", "--unixsocket"])
        .arg(socket)
        .arg("--dir")
        .arg(folder.path())
        .args(["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // Not in our group: Ctrl-C is for the program, which still needs it for the requests that it finishes.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&error.to_string()))
}

async fn answers(socket: &PathBuf) {
    while UnixStream::connect(socket).await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
}

fn failed(reason: &str) -> io::Error {
    io::Error::other(format!("no redis-server of its own: {reason}; install Redis 7, or set REDIS_URL"))
}
