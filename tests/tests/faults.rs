//! Each fault of Redis, briefly, under load: no answer that is not allowed, nothing lost, nobody let in, and service is
//! back. `cargo xtask faults` does the same for longer, and measures.
#![allow(clippy::print_stderr, reason = "tests, which tell what they counted")]

use std::time::Duration;

use auth_tests::faults::{Fault, Plan, table};

/// Nothing here depends on the speed of the machine, as long as nothing takes ten seconds.
const PLAN: Plan = Plan {
    visitors: 30,
    pause: Duration::from_millis(300),
    calm: Duration::from_millis(800),
    fault: Duration::from_millis(1_500),
    slack: Duration::from_secs(10),
};

async fn provoke(fault: Fault) {
    let lines = [fault.provoke(&PLAN).await];
    let table = table(&lines);
    eprintln!("{table}");
    assert!(lines[0].is_good(), "{table}");
}

#[tokio::test]
async fn redis_paused() {
    provoke(Fault::Paused).await;
}

#[tokio::test]
async fn redis_restarted_with_its_data() {
    provoke(Fault::Restarted).await;
}

#[tokio::test]
async fn redis_restarted_empty() {
    provoke(Fault::RestartedEmpty).await;
}

#[tokio::test]
async fn redis_loading_its_data() {
    provoke(Fault::Loading).await;
}

#[tokio::test]
async fn scripts_flushed() {
    provoke(Fault::ScriptsFlushed).await;
}

#[tokio::test]
async fn connections_killed() {
    provoke(Fault::ConnectionsKilled).await;
}

#[tokio::test]
async fn redis_out_of_memory() {
    provoke(Fault::OutOfMemory).await;
}

#[tokio::test]
async fn a_primary_turned_into_a_replica_and_back() {
    provoke(Fault::ReadOnly).await;
}

#[tokio::test]
async fn a_primary_of_a_cluster_killed() {
    provoke(Fault::ClusterFailover).await;
}

#[tokio::test]
async fn a_primary_of_a_cluster_killed_with_durable_ends() {
    provoke(Fault::ClusterFailoverDurable).await;
}

#[tokio::test]
async fn a_primary_of_a_cluster_relieved_by_its_replica() {
    provoke(Fault::ClusterHandover).await;
}

#[tokio::test]
async fn slots_of_a_cluster_moved() {
    provoke(Fault::ClusterSlots).await;
}

#[tokio::test]
async fn the_primary_behind_sentinels_killed() {
    provoke(Fault::SentinelFailover).await;
}

#[tokio::test]
async fn the_primary_behind_sentinels_killed_with_durable_ends() {
    provoke(Fault::SentinelFailoverDurable).await;
}

#[tokio::test]
async fn a_primary_of_a_cluster_paused_until_it_was_replaced() {
    provoke(Fault::ClusterPaused).await;
}

#[tokio::test]
async fn the_primary_behind_sentinels_paused_until_it_was_replaced() {
    provoke(Fault::SentinelPaused).await;
}
