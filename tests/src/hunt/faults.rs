//! What goes wrong meanwhile.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{Flush, Hunt};
use crate::redis_server::Reply;
use crate::{Passing, RedisCluster, RedisServer, Relay};

/// Where sessions are, and what can happen to them there.
pub enum Place {
    /// One server, behind a relay for the program with a near cache.
    Server {
        /// The server.
        redis: Box<RedisServer>,
        /// The relay.
        relay: Relay,
        /// How often something went wrong.
        round: usize,
    },
    /// A Cluster.
    Cluster {
        /// The nodes.
        redis: RedisCluster,
        /// How often something went wrong.
        round: usize,
    },
}

impl Place {
    /// One server.
    pub async fn server() -> Self {
        let redis = Box::new(RedisServer::start_with(&[("enable-debug-command", "yes")]).await);
        let relay = Relay::to(redis.port()).await;
        Place::Server { redis, relay, round: 0 }
    }

    /// A Cluster.
    pub async fn cluster() -> Self {
        Place::Cluster { redis: RedisCluster::start().await, round: 0 }
    }

    pub(super) fn url(&self) -> String {
        match self {
            Place::Server { redis, .. } => redis.url(),
            Place::Cluster { redis, .. } => redis.url(),
        }
    }

    /// For the program with a near cache.
    pub(super) fn url_here(&self) -> String {
        match self {
            Place::Server { relay, .. } => format!("redis://127.0.0.1:{}", relay.port()),
            Place::Cluster { redis, .. } => redis.url(),
        }
    }

    /// The next fault, and some time in which all is well.
    pub(super) async fn fail(&mut self, hunt: &Hunt) {
        match self {
            Place::Server { redis, relay, round } => {
                server(*round, redis, relay, hunt).await;
                *round += 1;
            }
            Place::Cluster { redis, round } => {
                cluster(*round, redis, hunt).await;
                *round += 1;
            }
        }
        sleep(2 * hunt.bound).await;
    }
}

fn note(hunt: &Hunt, fault: &'static str) {
    hunt.seen().faults.push(fault);
}

async fn server(round: usize, redis: &RedisServer, relay: &Relay, hunt: &Hunt) {
    let bound = hunt.bound;
    match round % 13 {
        0 => {
            note(hunt, "paused for less than the bound");
            redis.pause();
            sleep(bound / 2).await;
            redis.resume();
        }
        1 => {
            note(hunt, "paused for longer than the bound");
            redis.pause();
            sleep(3 * bound).await;
            redis.resume();
        }
        2 => {
            note(hunt, "another database flushed");
            let script = "redis.call('SELECT', 1) redis.call('FLUSHDB')";
            redis.command(&["EVAL", script, "0"]).await;
        }
        3 | 12 => {
            note(hunt, "what the server says is lost");
            relay.pass(Passing::ToServer);
            sleep(3 * bound).await;
            relay.pass(Passing::All);
        }
        4 => {
            note(hunt, "what the program says is lost");
            relay.pass(Passing::ToClient);
            sleep(4 * bound).await;
            relay.pass(Passing::All);
        }
        5 => {
            note(hunt, "all keys flushed");
            let began = Instant::now();
            redis.command(&["FLUSHALL"]).await;
            hunt.flushes.lock().unwrap().push(Flush { began, ended: Instant::now() });
        }
        6 => {
            note(hunt, "a command that takes long");
            redis.command(&["DEBUG", "SLEEP", &(bound.as_secs_f64() * 1.5).to_string()]).await;
        }
        7 => {
            note(hunt, "a replica for a while");
            redis.command(&["REPLICAOF", "127.0.0.1", "1"]).await;
            sleep(2 * bound).await;
            redis.command(&["REPLICAOF", "NO", "ONE"]).await;
        }
        8 => {
            note(hunt, "writes held up");
            redis.command(&["CLIENT", "PAUSE", &(2 * bound).as_millis().to_string(), "WRITE"]).await;
            sleep(2 * bound).await;
        }
        9 => {
            note(hunt, "room for few keys to be remembered by Redis");
            redis.command(&["CONFIG", "SET", "tracking-table-max-keys", "3"]).await;
            sleep(2 * bound).await;
            redis.command(&["CONFIG", "SET", "tracking-table-max-keys", "1000000"]).await;
        }
        10 => {
            note(hunt, "connections killed");
            redis.command(&["CLIENT", "KILL", "TYPE", "normal"]).await;
        }
        _ => {
            note(hunt, "many changes at once");
            let script = "for n = 1, 20 do for _, key in ipairs(redis.call('KEYS', 'auth:*')) do \
                          if #key == 21 then redis.call('HSET', key, 'x', n) redis.call('HDEL', key, 'x') end end end";
            for _ in 0..50 {
                redis.command(&["EVAL", script, "0"]).await;
            }
        }
    }
}

async fn cluster(round: usize, redis: &RedisCluster, hunt: &Hunt) {
    match round % 4 {
        0 | 2 => {
            note(hunt, "a primary relieved by its replica");
            for shard in 0..3 {
                let mut pair = [&redis.nodes[shard], &redis.nodes[shard + 3]];
                let role = pair[0].command(&["INFO", "replication"]).await.into_text();
                if !role.contains("role:master") {
                    pair.reverse();
                }
                let begin = Instant::now();
                loop {
                    let reply = pair[1].command(&["CLUSTER", "FAILOVER"]).await;
                    if reply == Reply::Status("OK".to_owned()) {
                        break;
                    }
                    let is_soon = begin.elapsed() < Duration::from_secs(30);
                    assert!(is_soon, "the replica does not take over: {reply:?}");
                    sleep(Duration::from_millis(50)).await;
                }
            }
            redis.until_well().await;
        }
        1 => {
            note(hunt, "connections killed");
            for node in &redis.nodes {
                node.command(&["CLIENT", "KILL", "TYPE", "normal"]).await;
            }
        }
        _ => {
            note(hunt, "primaries paused for less than a failover takes");
            for node in &redis.nodes[..3] {
                node.pause();
                sleep(hunt.bound / 2 * 3).await;
                node.resume();
            }
            redis.until_well().await;
        }
    }
}
