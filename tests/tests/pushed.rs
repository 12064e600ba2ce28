//! Ends of sessions are pushed from wherever a session is: from each node of a Cluster, from where its slot has moved to,
//! from the server that was failed over to.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use auth_core::session::Tag;
use auth_core::store::{SessionStore, Watch};
use auth_redis::RedisStore;
use support::{RedisCluster, RedisSentinel, Reply, a_principal, a_session, an_id, open};
use tokio::time::{sleep, timeout};

#[path = "../../auth-redis/tests/support/mod.rs"]
mod support;

const PATIENCE: Duration = Duration::from_secs(20);

async fn woken(watch: &mut Watch) {
    timeout(PATIENCE, watch.woken()).await.expect("nobody was woken");
}

/// As one who waits does it: asks the store again, as long as nobody was woken.
async fn watching(store: &RedisStore, at: Tag) -> Watch {
    let begin = Instant::now();
    loop {
        store.read(at, an_id()).await.ok();
        let mut watch = store.watch(at).unwrap();
        if timeout(Duration::from_secs(1), watch.woken()).await.is_ok() {
            return watch;
        }
        assert!(begin.elapsed() < PATIENCE, "the store hears of no ends");
    }
}

/// A session that `one` ends wakes those who wait.
async fn assert_told(one: &RedisStore, at: Tag, watch: &mut Watch) {
    let new = open(one, at).await;
    assert!(one.end(at, new.id).await.unwrap().is_some());
    woken(watch).await;
}

async fn store_on(cluster: &RedisCluster) -> RedisStore {
    RedisStore::connect(cluster.url()).await.unwrap()
}

async fn a_principal_of(cluster: &RedisCluster, node: usize) -> Tag {
    loop {
        let at = a_principal();
        if cluster.owner_of(&format!("auth:{at}")).await == node {
            return at;
        }
    }
}

#[tokio::test]
async fn each_node_of_a_cluster_tells_and_so_does_the_one_that_a_slot_moves_to() {
    let cluster = RedisCluster::start().await;
    let (here, there) = (store_on(&cluster).await, store_on(&cluster).await);
    let mut last = None;
    for node in 0..3 {
        let at = a_principal_of(&cluster, node).await;
        let mut watch = there.watch(at).unwrap();
        woken(&mut watch).await;
        assert_told(&here, at, &mut watch).await;
        last = Some((at, watch));
    }
    let (at, watch) = last.unwrap();
    let kept = open(&here, at).await;
    let Reply::Int(slot) = cluster.nodes[0].command(&["CLUSTER", "KEYSLOT", &format!("auth:{at}")]).await
    else {
        panic!("no slot");
    };
    let slot = u16::try_from(slot).unwrap();
    cluster.move_slots(slot..=slot, 2, 0).await;
    let mut moved = watching(&there, at).await;
    assert_told(&here, at, &mut moved).await;
    assert!(here.end(at, kept.id).await.unwrap().is_some());
    woken(&mut moved).await;
    drop(watch);
}

#[tokio::test]
async fn a_session_ends_in_the_middle_of_a_move_without_an_error() {
    let cluster = RedisCluster::start().await;
    let (here, there) = (store_on(&cluster).await, store_on(&cluster).await);
    let at = a_principal_of(&cluster, 1).await;
    let (first, second) = (open(&here, at).await, open(&here, at).await);
    let _watch = watching(&there, at).await;
    let Reply::Int(slot) = cluster.nodes[0].command(&["CLUSTER", "KEYSLOT", &format!("auth:{at}")]).await
    else {
        panic!("no slot");
    };
    let slot = u16::try_from(slot).unwrap();
    cluster.begin_move(slot, 1, 0).await;
    assert!(here.end(at, first.id).await.unwrap().is_some(), "where it was");
    cluster.move_keys(slot, 1, 0, 1).await;
    assert!(here.end(at, second.id).await.unwrap().is_some(), "where it went, as the last one");
    let third = open(&here, at).await;
    assert!(here.end(at, third.id).await.unwrap().is_some());
    cluster.end_move(slot, 1, 0).await;
    let mut watch = watching(&there, at).await;
    assert_told(&here, at, &mut watch).await;
}

#[tokio::test]
async fn the_server_that_was_failed_over_to_tells() {
    let mut all = RedisSentinel::start().await;
    let (here, there) =
        (RedisStore::connect(all.url()).await.unwrap(), RedisStore::connect(all.url()).await.unwrap());
    let at = a_principal();
    let mut watch = there.watch(at).unwrap();
    woken(&mut watch).await;
    assert_told(&here, at, &mut watch).await;
    all.servers[0].kill();
    let begin = Instant::now();
    while here.create(a_principal(), a_session(&here)).await.is_err() {
        assert!(begin.elapsed() < PATIENCE, "service is not back");
        sleep(Duration::from_millis(20)).await;
    }
    woken(&mut watch).await;
    assert_told(&here, at, &mut watch).await;
}
