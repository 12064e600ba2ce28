//! A primary with two replicas and three Sentinels of a test's own, gone with the value.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that lacks its servers must fail")]

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::redis_server::{RedisServer, Reply};

/// How long Sentinels may take to find each other.
const PATIENCE: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(20);

/// What the Sentinels call the servers.
const SERVICE: &str = "sessions";

/// Replicas are given the data as soon as they ask.
const SOON: [(&str, &str); 1] = [("repl-diskless-sync-delay", "0")];

/// Servers, and the Sentinels that watch over them: a primary that does not answer for a second is failed over.
#[derive(Debug)]
pub struct RedisSentinel {
    /// The servers; the first is the primary at first.
    pub servers: Vec<RedisServer>,
    /// The Sentinels.
    pub sentinels: Vec<RedisServer>,
}

impl RedisSentinel {
    /// Starts all, and returns when the Sentinels know of each other and of the replicas.
    pub async fn start() -> Self {
        let (mut servers, mut sentinels) = (vec![RedisServer::start_with(&SOON).await], Vec::new());
        let port = servers[0].port().to_string();
        for _ in 0..2 {
            let replica =
                RedisServer::start_with(&[("replicaof", &*format!("127.0.0.1 {port}")), SOON[0]]).await;
            servers.push(replica);
        }
        for _ in 0..3 {
            let sentinel = RedisServer::start_sentinel().await;
            for command in [
                ["SENTINEL", "MONITOR", SERVICE, "127.0.0.1", &port, "2"].as_slice(),
                &["SENTINEL", "SET", SERVICE, "down-after-milliseconds", "1000", "failover-timeout", "5000"],
            ] {
                assert_eq!(sentinel.command(command).await, Reply::Status("OK".to_owned()), "{command:?}");
            }
            sentinels.push(sentinel);
        }
        let all = Self { servers, sentinels };
        let begin = Instant::now();
        while !all.is_well().await {
            assert!(begin.elapsed() < PATIENCE, "the Sentinels do not find each other");
            sleep(POLL).await;
        }
        all
    }

    /// The address as clients take it.
    pub fn url(&self) -> String {
        let [first, others @ ..] = self.sentinels.as_slice() else { panic!("no Sentinel") };
        let others: Vec<String> =
            others.iter().map(|sentinel| format!("node=127.0.0.1:{}", sentinel.port())).collect();
        format!("redis-sentinel://127.0.0.1:{}/{SERVICE}?{}", first.port(), others.join("&"))
    }

    /// Waits until the Sentinels name another primary than this server, and gives the new one.
    pub async fn until_failed_over_from(&self, former: usize) -> usize {
        let begin = Instant::now();
        loop {
            let primary = self.primary().await;
            if primary != former {
                return primary;
            }
            assert!(begin.elapsed() < PATIENCE, "the Sentinels promote nobody");
            sleep(POLL).await;
        }
    }

    /// From now on no server is failed over, however long it has nothing to say: a machine with too much to do keeps one
    /// silent for a second, and what the next primary has not got yet is lost.
    pub async fn stay(&self) {
        for sentinel in &self.sentinels {
            let patience = ["SENTINEL", "SET", SERVICE, "down-after-milliseconds", "60000"];
            assert_eq!(sentinel.command(&patience).await, Reply::Status("OK".to_owned()));
        }
    }

    /// The server that the Sentinels name.
    async fn primary(&self) -> usize {
        let sentinel =
            self.sentinels.iter().find(|sentinel| sentinel.is_running()).expect("a Sentinel is alive");
        let reply = sentinel.command(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE]).await;
        let Reply::Array(mut address) = reply else { panic!("no address") };
        let port = address.pop().expect("an address has a port").into_text();
        let found = self.servers.iter().position(|server| server.port().to_string() == port);
        found.expect("the primary is one of ours")
    }

    async fn is_well(&self) -> bool {
        for sentinel in &self.sentinels {
            let info = sentinel.command(&["INFO", "sentinel"]).await.into_text();
            if !info.contains("status=ok") || !info.contains("slaves=2,sentinels=3") {
                return false;
            }
        }
        for replica in &self.servers[1..] {
            let info = replica.command(&["INFO", "replication"]).await.into_text();
            if !info.contains("master_link_status:up") {
                return false;
            }
        }
        true
    }
}
