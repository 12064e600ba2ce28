//! A Cluster on this machine: how evenly principals are spread, and what a read takes.

use std::time::{Duration, Instant};

use auth_core::SessionStore;
use tokio::time::sleep;

use super::sessions::{fill, id, store_at, tag};
use crate::{
    Outcome, is_short,
    markdown::Table,
    plot::thousands,
    redis::{done, info, keys},
    redis_server::RedisServer,
    statistics::{histogram, number, quantile, record},
};

const SLOTS: u32 = 16384;
const SESSIONS: u64 = 100_000;
const READS: u64 = 5_000;
const PATIENCE: Duration = Duration::from_mins(1);

/// The sessions of the fullest node with most nodes, of the mean; and how many there were.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evenness {
    pub(super) fullest: f64,
}

pub(super) async fn measure() -> Outcome<(String, Evenness)> {
    let counts: &[u32] = if is_short() { &[3] } else { &[3, 6, 12] };
    let mut table =
        Table::new(&["nodes", "", "fewest sessions", "most", "most, of the mean", "read, p50", "p99"]);
    let mut evenness = Evenness { fullest: f64::NAN };
    for count in counts {
        eprintln!("{count} nodes");
        let nodes = cluster(*count).await?;
        let store = store_at(&format!("redis-cluster://127.0.0.1:{}", nodes[0].port())).await?;
        fill(&store, 0, SESSIONS).await?;
        let mut kept = Vec::new();
        for node in &nodes {
            kept.push(keys(node).await?);
        }
        let (fewest, most) =
            (kept.iter().copied().fold(f64::MAX, f64::min), kept.iter().copied().fold(0.0, f64::max));
        evenness.fullest = most * f64::from(*count) / number(SESSIONS);
        let mut latencies = histogram();
        for n in 0..READS {
            let principal = n * 7919 % SESSIONS;
            let begin = Instant::now();
            if store.read(tag(principal), id(principal)).await?.is_none() {
                return Err("a session is on none of the nodes".into());
            }
            record(&mut latencies, begin.elapsed());
        }
        table.push([
            count.to_string(),
            String::new(),
            thousands(fewest),
            thousands(most),
            format!("{:.3}", evenness.fullest),
            format!("{:.0} µs", quantile(&latencies, 0.5)),
            format!("{:.0} µs", quantile(&latencies, 0.99)),
        ]);
    }
    Ok((table.to_string(), evenness))
}

/// Primaries without replicas, each with as many slots as the others.
async fn cluster(count: u32) -> Outcome<Vec<RedisServer>> {
    let mut nodes = Vec::new();
    for number in 0..count {
        let node = RedisServer::start_with(&[("cluster-enabled", "yes")]).await;
        done(&node, &["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]).await?;
        let (first, after) = (SLOTS * number / count, SLOTS * (number + 1) / count);
        let (first, last) = (first.to_string(), (after - 1).to_string());
        done(&node, &["CLUSTER", "ADDSLOTSRANGE", &first, &last]).await?;
        nodes.push(node);
    }
    let port = nodes[0].port().to_string();
    for node in &nodes[1..] {
        done(node, &["CLUSTER", "MEET", "127.0.0.1", &port]).await?;
    }
    let begin = Instant::now();
    for node in &nodes {
        while !agrees(node, count).await? {
            if begin.elapsed() > PATIENCE {
                return Err("the nodes do not agree".into());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(nodes)
}

async fn agrees(node: &RedisServer, count: u32) -> Outcome<bool> {
    let said = node.command(&["CLUSTER", "INFO"]).await.into_text();
    let knows = |what: &str, value: u32| said.lines().any(|line| line == format!("{what}:{value}"));
    let is_up = info(node, "cluster_enabled").await? > 0.0;
    Ok(is_up
        && knows("cluster_slots_ok", SLOTS)
        && knows("cluster_size", count)
        && said.contains("cluster_state:ok"))
}
