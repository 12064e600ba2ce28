//! A Redis Cluster that loses a primary, or whose slots move while it is used: errors end in time, nothing is lost that
//! was acknowledged before a quiet moment, and nobody is let in.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests, which tell what they measured")]

use std::time::{Duration, Instant};

use auth_core::ServerKey;
use auth_core::session::Tag;
use auth_core::store::{Created, Rotated, SessionStore};
use auth_core::throttle::{Count, CountKey, Rate};
use auth_redis::{ConnectError, RedisStore};
use support::{RedisCluster, a_principal, a_session, a_verifier, activity, is_there, open, rotation, timed};
use tokio::task::JoinSet;
use tokio::time::sleep;

#[path = "../../auth-redis/tests/support/mod.rs"]
mod support;

async fn store_on(cluster: &RedisCluster) -> RedisStore {
    RedisStore::connect(cluster.url()).await.unwrap()
}

fn key(at: Tag) -> String {
    format!("auth:{at}")
}

/// A principal whose sessions are at a node.
async fn a_principal_of(cluster: &RedisCluster, node: usize) -> Tag {
    loop {
        let at = a_principal();
        if cluster.owner_of(&key(at)).await == node {
            return at;
        }
    }
}

async fn count_where<T>(all: &[T], holds: impl AsyncFn(&T) -> bool) -> usize {
    let mut count = 0;
    for one in all {
        count += usize::from(holds(one).await);
    }
    count
}

/// One session after the other, each through all that a session can live through.
async fn live(store: RedisStore, until: Instant) -> Result<u64, String> {
    let mut operations = 0;
    while Instant::now() < until {
        let at = a_principal();
        let new = a_session(&store);
        let (id, have, next) = (new.id, new.verifier, a_verifier());
        let failed = |what: &str, found: &dyn std::fmt::Debug| format!("{what}: {found:?}");
        let created = store.create(at, new).await;
        if !matches!(created, Ok(Created::Opened { .. })) {
            return Err(failed("create", &created));
        }
        let found = store.read(at, id).await;
        if !matches!(found, Ok(Some(_))) {
            return Err(failed("read", &found));
        }
        let rotated = store.rotate(at, id, rotation(have, next)).await;
        if !matches!(rotated, Ok(Rotated::Next(_))) {
            return Err(failed("rotate", &rotated));
        }
        let touched = store.touch(at, id, activity(next)).await;
        if !matches!(touched, Ok(true)) {
            return Err(failed("touch", &touched));
        }
        let counts = counts_of(at);
        let (counted, refunded) = (store.count(counts.clone()).await, store.refund(counts).await);
        if !matches!((&counted, &refunded), (Ok(None), Ok(()))) {
            return Err(failed("count", &(counted, refunded)));
        }
        let begun = a_session(&store);
        let ended = store.end_all(at, None).await;
        if ended.as_deref().ok() != Some(&[id]) {
            return Err(failed("end_all", &ended));
        }
        let created = store.create(at, begun).await;
        if !matches!(created, Ok(Created::Fenced)) {
            return Err(failed("a login that had begun", &created));
        }
        operations += 8;
    }
    Ok(operations)
}

fn counts_of(at: Tag) -> Vec<Count> {
    let rate = Rate { burst: 1_000, every: Duration::from_secs(1) };
    let count = |what: &str| Count { key: CountKey::of("user", what), rate };
    vec![count(&at.to_string()), count(&format!("{at} here")), count("here")]
}

#[tokio::test]
async fn slots_that_move_under_load_cost_no_operation_and_no_session() {
    let cluster = RedisCluster::start().await;
    let (store, second) = (store_on(&cluster).await, store_on(&cluster).await);
    let mut opened = Vec::new();
    for _ in 0..500 {
        let at = a_principal();
        opened.push((at, open(&store, at).await));
    }
    let until = Instant::now() + Duration::from_secs(6);
    let mut lives = JoinSet::new();
    for n in 0..8 {
        lives.spawn(live(if n % 2 == 0 { store.clone() } else { second.clone() }, until));
    }
    let mut moved = 0;
    let mut there = true;
    while Instant::now() + Duration::from_secs(2) < until {
        let (from, to) = if there { (0, 1) } else { (1, 0) };
        cluster.move_slots(0..=299, from, to).await;
        there = !there;
        moved += 300;
    }
    let mut operations = 0;
    while let Some(outcome) = lives.join_next().await {
        operations += outcome.unwrap().unwrap();
    }
    let lost = count_where(&opened, async |(at, new)| !is_there(&second, *at, new.id).await).await;
    eprintln!("{moved} slots moved under {operations} operations: 0 errors, {lost} of 500 sessions lost");
    assert_eq!(lost, 0);
}

#[tokio::test]
async fn a_slot_half_way_is_served_from_both_sides() {
    let cluster = RedisCluster::start().await;
    let store = store_on(&cluster).await;
    let at = a_principal_of(&cluster, 0).await;
    let new = open(&store, at).await;
    let begun = a_session(&store);
    let slot = cluster.slot_of(&key(at)).await;
    cluster.begin_move(slot, 0, 2).await;
    assert!(is_there(&store, at, new.id).await, "it is where it was");
    cluster.move_keys(slot, 0, 2, 1).await;
    assert!(is_there(&store, at, new.id).await, "it has arrived");
    assert!(store.touch(at, new.id, activity(new.verifier)).await.unwrap());
    // The script is not known to the other node.
    cluster.nodes[2].command(&["SCRIPT", "FLUSH"]).await;
    assert!(store.touch(at, new.id, activity(new.verifier)).await.unwrap());
    // A login that began by one clock against a fence by the other.
    assert_eq!(store.end_all(at, None).await.unwrap(), [new.id]);
    assert_eq!(store.create(at, begun).await.unwrap(), Created::Fenced);
    cluster.end_move(slot, 0, 2).await;
    let again = open(&store, at).await;
    assert!(is_there(&store_on(&cluster).await, at, again.id).await);
}

#[tokio::test]
async fn a_fence_holds_on_every_node_and_from_every_program() {
    let cluster = RedisCluster::start().await;
    let (one, other) = (store_on(&cluster).await, store_on(&cluster).await);
    for node in 0..3 {
        let at = a_principal_of(&cluster, node).await;
        for _ in 0..20 {
            let begun = a_session(&one);
            other.end_all(at, None).await.unwrap();
            assert_eq!(one.create(at, begun).await.unwrap(), Created::Fenced);
            sleep(Duration::from_millis(2)).await;
            open(&one, at).await;
        }
    }
}

#[tokio::test]
async fn a_count_that_refuses_takes_back_what_was_counted_elsewhere() {
    let cluster = RedisCluster::start().await;
    let store = store_on(&cluster).await;
    let rate = |burst| Rate { burst, every: Duration::from_mins(1) };
    let count = |what: &str, burst| Count { key: CountKey::of("user", what), rate: rate(burst) };
    let counts = vec![count("ann", 5), count("ann here", 2), count("here", 4)];
    for _ in 0..2 {
        assert_eq!(store.count(counts.clone()).await.unwrap(), None);
    }
    for _ in 0..10 {
        let refused = store.count(counts.clone()).await.unwrap().unwrap();
        assert_eq!(refused.which, 1);
    }
    // Of the network's four two are left.
    let bob = vec![count("bob", 5), count("bob here", 5), count("here", 4)];
    for _ in 0..2 {
        assert_eq!(store.count(bob.clone()).await.unwrap(), None);
    }
    assert_eq!(store.count(bob.clone()).await.unwrap().unwrap().which, 2);
    store.refund(bob.clone()).await.unwrap();
    assert_eq!(store.count(bob).await.unwrap(), None);
}

#[tokio::test]
async fn a_single_server_is_no_cluster_and_a_replica_will_do_to_find_one() {
    let alone = support::RedisServer::start().await;
    let url = alone.url().replace("redis:", "redis-cluster:");
    let error = RedisStore::connect(url).await.unwrap_err().to_string();
    assert!(error.contains("cluster support disabled"), "{error}");
    let cluster = RedisCluster::start().await;
    let replica = format!("redis-cluster://127.0.0.1:{}", cluster.nodes[4].port());
    let store = RedisStore::connect(replica).await.unwrap();
    for node in 0..3 {
        let at = a_principal_of(&cluster, node).await;
        open(&store, at).await;
    }
}

#[tokio::test]
async fn a_user_needs_two_rights_more() {
    let cluster = RedisCluster::start().await;
    // As the crate's documentation has it.
    let rule = "ACL SETUSER app on >secret ~auth:* resetchannels &auth:* -@all +info +time +script|load +evalsha +eval \
                +get +set +del +hget +hmget +hset +hdel +hexists +hlen +hgetall +hrandfield +hscan +pexpireat +pttl \
                +spublish +ssubscribe +sunsubscribe +cluster|slots +asking";
    let command: Vec<&str> = rule.split_whitespace().collect();
    for node in &cluster.nodes {
        assert_eq!(node.command(&command).await, support::Reply::Status("OK".to_owned()));
    }
    let store = RedisStore::connect(cluster.url().replace("://", "://app:secret@")).await.unwrap();
    let at = a_principal_of(&cluster, 1).await;
    let new = open(&store, at).await;
    let slot = cluster.slot_of(&key(at)).await;
    cluster.begin_move(slot, 1, 0).await;
    cluster.move_keys(slot, 1, 0, 1).await;
    assert!(is_there(&store, at, new.id).await);
    store.server_key(ServerKey::from([1; 32])).await.unwrap();
    assert_eq!(store.count(counts_of(at)).await.unwrap(), None);
    store.refund(counts_of(at)).await.unwrap();
}

#[tokio::test]
async fn a_primary_that_is_silent_costs_the_time_limit_and_then_nothing() {
    let cluster = RedisCluster::start().await;
    let store = store_on(&cluster).await;
    store.server_key(ServerKey::from([1; 32])).await.unwrap();
    let at = a_principal_of(&cluster, 2).await;
    sleep(Duration::from_millis(300)).await;
    cluster.nodes[2].pause();
    let begin = Instant::now();
    let (mut longest, mut refused) = (Duration::ZERO, 0);
    loop {
        let (outcome, took) = timed(store.create(at, a_session(&store))).await;
        longest = longest.max(took);
        if outcome.is_ok() {
            break;
        }
        refused += 1;
        assert!(begin.elapsed() < Duration::from_secs(20), "service is not back: {outcome:?}");
        sleep(Duration::from_millis(5)).await;
    }
    eprintln!(
        "primary paused: back after {:.1?}; {refused} refused, longest answer {longest:.1?}",
        begin.elapsed()
    );
    assert!(longest < Duration::from_millis(1_500), "{longest:?}");
    // The former primary learns of it, and nobody is sent there.
    cluster.nodes[2].resume();
    for _ in 0..100 {
        open(&store, at).await;
        sleep(Duration::from_millis(5)).await;
    }
    let later = store_on(&cluster).await;
    assert_eq!(later.server_key(ServerKey::from([2; 32])).await.unwrap().expose(), &[1; 32]);
}

#[tokio::test]
async fn a_node_is_not_taken_for_a_server_that_has_all_keys() {
    let cluster = RedisCluster::start().await;
    let node = &cluster.nodes[0];
    let error = RedisStore::connect(node.url()).await.unwrap_err();
    assert!(matches!(error, ConnectError::ClusterNode { .. }), "{error:?}");
    assert!(error.to_string().contains(&node.port().to_string()), "{error}");
}
