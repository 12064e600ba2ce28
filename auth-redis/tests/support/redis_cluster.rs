//! A real Redis Cluster of a test's own: three primaries with a replica each, gone with the value.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that lacks its servers must fail")]

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::redis_server::{RedisServer, Reply};

/// How long nodes may take to agree.
const PATIENCE: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(20);

const PRIMARIES: usize = 3;

/// The slots of a Cluster.
const SLOTS: u16 = 16384;

/// A running Cluster that only its test knows of.
///
/// Nodes 0 to 2 are primaries when it starts, nodes 3 to 5 their replicas. A node that does not answer for two seconds is
/// failed over.
#[derive(Debug)]
pub struct RedisCluster {
    /// The nodes.
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts the nodes, and returns when all of them agree that all is well.
    pub async fn start() -> Self {
        let mut nodes = Vec::new();
        for _ in 0..2 * PRIMARIES {
            nodes.push(
                RedisServer::start_with(&[
                    ("cluster-enabled", "yes"),
                    ("cluster-node-timeout", "2000"),
                    ("repl-diskless-sync-delay", "0"),
                ])
                .await,
            );
        }
        let cluster = Self { nodes };
        cluster.join().await;
        cluster
    }

    /// The address as clients take it.
    pub fn url(&self) -> String {
        let [first, others @ ..] = self.nodes.as_slice() else { panic!("no node") };
        let others: Vec<String> =
            others.iter().map(|node| format!("node=127.0.0.1:{}", node.port())).collect();
        format!("redis-cluster://127.0.0.1:{}?{}", first.port(), others.join("&"))
    }

    /// The slot of `key`.
    pub async fn slot_of(&self, key: &str) -> u16 {
        let reply = self.any_alive().command(&["CLUSTER", "KEYSLOT", key]).await;
        let Reply::Int(slot) = reply else { panic!("no slot") };
        u16::try_from(slot).expect("it is a slot")
    }

    /// The primary that has the slot of `key`, as the others see it.
    pub async fn owner_of(&self, key: &str) -> usize {
        let asked = self.any_alive();
        let slot = i64::from(self.slot_of(key).await);
        let Reply::Array(ranges) = asked.command(&["CLUSTER", "SLOTS"]).await else { panic!("no slots") };
        let port = ranges.iter().find_map(|range| {
            let Reply::Array(range) = range else { return None };
            let [Reply::Int(first), Reply::Int(last), Reply::Array(primary), ..] = range.as_slice() else {
                return None;
            };
            let [_, Reply::Int(port), ..] = primary.as_slice() else { return None };
            (*first..=*last).contains(&slot).then_some(*port)
        });
        let port = port.expect("the slot has a primary");
        self.nodes.iter().position(|node| i64::from(node.port()) == port).expect("the primary is one of ours")
    }

    /// Moves slots, with the keys in them; all of them are on their way at the same time.
    pub async fn move_slots(&self, slots: RangeInclusive<u16>, from: usize, to: usize) {
        for slot in slots.clone() {
            self.begin_move(slot, from, to).await;
        }
        for slot in slots.clone() {
            self.move_keys(slot, from, to, usize::MAX).await;
        }
        for slot in slots {
            // What has come meanwhile is there already.
            self.end_move_with_keys(slot, from, to).await;
        }
        self.until_agreed().await;
    }

    /// Moves the keys of a slot on its way; from then on the slot is at `to`.
    pub async fn end_move_with_keys(&self, slot: u16, from: usize, to: usize) {
        self.move_keys(slot, from, to, usize::MAX).await;
        self.end_move(slot, from, to).await;
    }

    /// From now on keys that are not at `from` are asked for at `to`.
    pub async fn begin_move(&self, slot: u16, from: usize, to: usize) {
        let slot = &*slot.to_string();
        self.ok(to, &["CLUSTER", "SETSLOT", slot, "IMPORTING", &self.id(from).await]).await;
        self.ok(from, &["CLUSTER", "SETSLOT", slot, "MIGRATING", &self.id(to).await]).await;
    }

    /// Moves `most` keys of a slot on its way.
    pub async fn move_keys(&self, slot: u16, from: usize, to: usize, most: usize) {
        let port = self.nodes[to].port().to_string();
        let mut moved = 0;
        while moved < most {
            let count = (most - moved).min(100).to_string();
            let keys = ["CLUSTER", "GETKEYSINSLOT", &slot.to_string(), &count];
            let Reply::Array(keys) = self.nodes[from].command(&keys).await else { panic!("no keys") };
            if keys.is_empty() {
                return;
            }
            moved += keys.len();
            let keys: Vec<String> = keys.into_iter().map(Reply::into_text).collect();
            let head = ["MIGRATE", "127.0.0.1", &*port, "", "0", "5000", "KEYS"];
            let command: Vec<&str> = head.into_iter().chain(keys.iter().map(|key| &**key)).collect();
            // A key that was deleted meanwhile is no key.
            let reply = self.nodes[from].command(&command).await;
            assert!(matches!(&reply, Reply::Status(word) if ["OK", "NOKEY"].contains(&&**word)), "{reply:?}");
        }
    }

    /// From now on the slot is at `to`.
    pub async fn end_move(&self, slot: u16, from: usize, to: usize) {
        let (slot, id) = (slot.to_string(), self.id(to).await);
        for node in [to, from].into_iter().chain((0..PRIMARIES).filter(|node| ![from, to].contains(node))) {
            self.ok(node, &["CLUSTER", "SETSLOT", &slot, "NODE", &id]).await;
        }
    }

    /// Waits until the replica of a primary that does not answer has taken over from it.
    pub async fn until_replaced(&self, primary: usize) {
        let (begin, replica) = (Instant::now(), &self.nodes[primary + PRIMARIES]);
        while !replica.command(&["INFO", "replication"]).await.into_text().contains("role:master") {
            assert!(begin.elapsed() < PATIENCE, "the replica does not take over");
            sleep(POLL).await;
        }
    }

    /// Waits until all nodes say the same of each other.
    ///
    /// A slot that moves on before everybody has heard of its last move may be given to the wrong node, since a node
    /// numbers its claims by what it has heard; that node's keys are then deleted by Redis.
    pub async fn until_agreed(&self) {
        let begin = Instant::now();
        loop {
            let mut views = BTreeSet::new();
            for node in self.nodes.iter().filter(|node| node.is_running()) {
                views.insert(claims(&node.command(&["CLUSTER", "NODES"]).await.into_text()));
            }
            if views.len() == 1 {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "the nodes do not agree");
            sleep(POLL).await;
        }
    }

    /// Waits until the Cluster serves all slots again, and gives the time that it took.
    pub async fn until_well(&self) -> Duration {
        let begin = Instant::now();
        while !self.is_well().await {
            assert!(begin.elapsed() < PATIENCE, "the Cluster is not well again");
            sleep(POLL).await;
        }
        begin.elapsed()
    }

    async fn join(&self) {
        let first = self.nodes[0].port().to_string();
        for (n, node) in self.nodes.iter().enumerate() {
            self.ok(n, &["CLUSTER", "SET-CONFIG-EPOCH", &(n + 1).to_string()]).await;
            if n > 0 {
                self.ok(n, &["CLUSTER", "MEET", "127.0.0.1", &first]).await;
            }
            if n < PRIMARIES {
                let bound =
                    |n: usize| u16::try_from(usize::from(SLOTS) * n / PRIMARIES).expect("it is a slot");
                let (first, last) = (bound(n).to_string(), (bound(n + 1) - 1).to_string());
                assert_eq!(
                    node.command(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]).await,
                    Reply::Status("OK".to_owned())
                );
            }
        }
        let begin = Instant::now();
        for n in PRIMARIES..self.nodes.len() {
            let primary = self.id(n - PRIMARIES).await;
            // Until the node has heard of it.
            while self.nodes[n].command(&["CLUSTER", "REPLICATE", &primary]).await != ok() {
                assert!(begin.elapsed() < PATIENCE, "the nodes do not find each other");
                sleep(POLL).await;
            }
        }
        self.until_well().await;
    }

    async fn is_well(&self) -> bool {
        let mut alive = 0;
        for node in self.nodes.iter().filter(|node| node.is_running()) {
            alive += 1;
            let state = node.command(&["CLUSTER", "INFO"]).await.into_text();
            let replication = node.command(&["INFO", "replication"]).await.into_text();
            let follows =
                replication.contains("role:master") || replication.contains("master_link_status:up");
            if !(state.contains("cluster_state:ok") && follows) {
                return false;
            }
        }
        let nodes = self.any_alive().command(&["CLUSTER", "NODES"]).await.into_text();
        let primaries = nodes.lines().filter(|line| line.contains("master") && !line.contains("fail"));
        let replicas = nodes.lines().filter(|line| line.contains("slave") && !line.contains("fail"));
        primaries.count() == PRIMARIES && replicas.count() + PRIMARIES == alive
    }

    fn any_alive(&self) -> &RedisServer {
        self.nodes.iter().rev().find(|node| node.is_running()).expect("a node is alive")
    }

    async fn id(&self, node: usize) -> String {
        self.nodes[node].command(&["CLUSTER", "MYID"]).await.into_text()
    }

    async fn ok(&self, node: usize, command: &[&str]) {
        assert_eq!(self.nodes[node].command(command).await, ok(), "{command:?}");
    }
}

/// Of each primary its id, the number of its claim, and the slots, as a node sees it.
fn claims(nodes: &str) -> BTreeSet<String> {
    let primaries = nodes.lines().filter(|line| line.contains("master"));
    let claim = |line: &str| {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.starts_with('[')).collect();
        let slots = words.get(8..).unwrap_or_default().join(" ");
        Some(format!("{} {} {slots}", words.first()?, words.get(6)?))
    };
    primaries.filter_map(claim).collect()
}

fn ok() -> Reply {
    Reply::Status("OK".to_owned())
}
