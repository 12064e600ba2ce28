//! What a near cache remembers, and how it learns that it must not any more.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use auth_core::{
    session::Tag,
    store::{NewSession, Renew, Rotated, SessionStore},
};
use auth_redis::{ConnectError, NearCache, RedisStore, RedisStoreBuilder};
use support::{
    MINUTE, Passing, RedisCluster, RedisSentinel, RedisServer, Relay, Reply, a_principal, a_verifier,
    activity, an_id, builder_on, open, rotation, store_on, why,
};
use tokio::time::sleep;

#[path = "near_cache/untold.rs"]
mod untold;

mod support;

/// Longer than a busy machine takes for anything but a fault.
const PATIENCE: Duration = Duration::from_secs(8);

/// What a busy machine does not pass while nothing is wrong.
fn long() -> NearCache {
    NearCache::default().bound(Duration::from_secs(10))
}

const BOUND: Duration = Duration::from_millis(400);

fn short() -> NearCache {
    NearCache::default().bound(BOUND)
}

async fn near(builder: RedisStoreBuilder, near: NearCache) -> RedisStore {
    builder.near_cache(near).connect().await.unwrap()
}

fn knows(store: &RedisStore, at: Tag, id: uuid::Uuid) -> bool {
    store.recall(at, id).is_some()
}

/// Reads a session until it is known without asking.
async fn until_known(store: &RedisStore, at: Tag, id: uuid::Uuid) {
    let begin = Instant::now();
    while !knows(store, at, id) {
        assert!(begin.elapsed() < 2 * PATIENCE, "it is not remembered");
        store.read(at, id).await.ok();
        sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until it is not, while it is used all the time.
async fn until_forgotten(what: &str, store: &RedisStore, at: Tag, id: uuid::Uuid) {
    let begin = Instant::now();
    while knows(store, at, id) {
        assert!(begin.elapsed() < PATIENCE, "still remembered: {what}");
        sleep(Duration::from_millis(1)).await;
    }
}

async fn a_known_session(store: &RedisStore) -> (Tag, NewSession) {
    let at = a_principal();
    let new = open(store, at).await;
    until_known(store, at, new.id).await;
    (at, new)
}

#[tokio::test]
async fn what_is_known_costs_no_command_and_is_what_was_read() {
    let server = RedisServer::start().await;
    let store = near(builder_on(&server), long()).await;
    let (at, new) = a_known_session(&store).await;
    let ((), counts) = server
        .count_commands(async {
            for _ in 0..1000 {
                assert!(knows(&store, at, new.id));
            }
        })
        .await;
    assert!(!counts.contains_key("hget"), "{counts:?}");
    let read = store.read(at, new.id).await.unwrap().unwrap();
    let known = store.recall(at, new.id).unwrap();
    assert_eq!(*known.record, read.record);
    assert!(known.now >= read.record.created && known.now.since(read.now) < MINUTE);
}

#[tokio::test]
async fn without_the_setting_nothing_is_known_nor_told() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    let new = open(&store, at).await;
    for _ in 0..3 {
        store.read(at, new.id).await.unwrap();
    }
    assert!(!knows(&store, at, new.id));
    let clients = server.command(&["INFO", "clients"]).await.into_text();
    assert!(clients.contains("tracking_clients:0"), "{clients}");
}

#[tokio::test]
async fn an_idle_cache_asks_nothing() {
    let server = RedisServer::start().await;
    let store = near(builder_on(&server), NearCache::default().bound(Duration::from_millis(20))).await;
    a_known_session(&store).await;
    sleep(Duration::from_millis(300)).await;
    let ((), counts) = server.count_commands(sleep(Duration::from_millis(500))).await;
    assert_eq!(counts, BTreeMap::new());
}

/// What changes a session, one by one.
async fn changes(store: &RedisStore, at: Tag, new: &NewSession, which: usize) {
    let have = new.verifier;
    match which {
        0 => assert!(store.end(at, new.id).await.unwrap().is_some()),
        1 => assert_eq!(store.end_all(at, None).await.unwrap().len(), 1),
        2 => assert_eq!(store.update(at, None, b"other rights".to_vec()).await.unwrap(), 1),
        3 => {
            store.rotate(at, new.id, rotation(have, a_verifier())).await.unwrap();
        }
        4 => {
            let renewal = Renew {
                have: have.into(),
                next: a_verifier(),
                payload: b"renewed".to_vec(),
                grace: MINUTE,
                idle: MINUTE,
                began: store.login_begins(),
            };
            store.renew(at, new.id, renewal).await.unwrap();
        }
        _ => {
            let mut longer = activity(have);
            longer.idle = 2 * MINUTE;
            assert!(store.touch(at, new.id, longer).await.unwrap());
        }
    }
}

#[tokio::test]
async fn what_another_program_changed_is_told() {
    let server = RedisServer::start().await;
    let (here, there) = (near(builder_on(&server), long()).await, store_on(&server).await);
    for which in 0..6 {
        let (at, new) = a_known_session(&here).await;
        let (_, other) = a_known_session(&here).await;
        changes(&there, at, &new, which).await;
        until_forgotten(&format!("change {which}"), &here, at, new.id).await;
        assert!(!knows(&here, at, other.id));
    }
}

#[tokio::test]
async fn what_this_program_changed_or_may_have_is_read_again_before_it_is_told() {
    let server = RedisServer::start().await;
    let store = near(builder_on(&server), long()).await;
    for which in 0..6 {
        let (at, new) = a_known_session(&store).await;
        server.pause();
        let given_up = changes(&store, at, &new, which);
        tokio::time::timeout(Duration::from_millis(20), given_up).await.unwrap_err();
        assert!(!knows(&store, at, new.id), "change {which}");
        server.resume();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_together_with_a_later_change_is_not_kept() {
    let server = RedisServer::start().await;
    let relay = Relay::to(server.port()).await;
    let url = format!("redis://127.0.0.1:{}", relay.port());
    let (here, there) = (near(RedisStore::builder(url), long()).await, store_on(&server).await);
    a_known_session(&here).await;
    for _ in 0..30 {
        let at = a_principal();
        let new = open(&there, at).await;
        let before = server.command_stats().await["hget"];
        relay.pass(Passing::Later);
        let (store, id) = (here.clone(), new.id);
        let reading = tokio::spawn(async move { store.read(at, id).await });
        while server.command_stats().await["hget"] == before {
            sleep(Duration::from_millis(1)).await;
        }
        there.end(at, id).await.unwrap();
        relay.pass(Passing::All);
        assert!(reading.await.unwrap().unwrap().is_some());
        until_forgotten("it had ended before its answer came", &here, at, id).await;
    }
}

#[tokio::test]
async fn a_lost_connection_takes_all_along() {
    let mut server = RedisServer::start_persistent().await;
    let store = near(builder_on(&server), long()).await;
    let (at, new) = a_known_session(&store).await;
    server.command(&["CLIENT", "KILL", "TYPE", "normal"]).await;
    until_forgotten("the connection was lost", &store, at, new.id).await;
    until_known(&store, at, new.id).await;
    server.restart().await;
    until_forgotten("the server was restarted", &store, at, new.id).await;
    until_known(&store, at, new.id).await;
}

#[tokio::test]
async fn a_server_that_is_silent_proves_nothing() {
    let server = RedisServer::start().await;
    let store = near(builder_on(&server).command_timeout(Duration::from_millis(300)), short()).await;
    let (at, new) = a_known_session(&store).await;
    server.pause();
    sleep(BOUND).await;
    for _ in 0..10 {
        assert!(!knows(&store, at, new.id));
        let reason = why(store.read(at, new.id).await);
        assert!(reason.contains("unavailable"), "{reason}");
    }
    server.resume();
    until_known(&store, at, new.id).await;
}

#[tokio::test]
async fn a_connection_that_passes_one_way_only_proves_nothing() {
    let server = RedisServer::start().await;
    let there = store_on(&server).await;
    for passing in [Passing::ToServer, Passing::ToClient] {
        let relay = Relay::to(server.port()).await;
        let url = format!("redis://127.0.0.1:{}", relay.port());
        let here = near(RedisStore::builder(url), short()).await;
        let (at, new) = a_known_session(&here).await;
        relay.pass(passing);
        there.end(at, new.id).await.unwrap();
        sleep(BOUND).await;
        assert!(!knows(&here, at, new.id), "{passing:?}");
        relay.pass(Passing::All);
        let new = open(&there, at).await;
        until_known(&here, at, new.id).await;
    }
}

#[tokio::test]
async fn writes_that_are_held_up_prove_nothing() {
    let server = RedisServer::start().await;
    let store = near(builder_on(&server), short()).await;
    let (at, new) = a_known_session(&store).await;
    server.command(&["CLIENT", "PAUSE", "3000", "WRITE"]).await;
    sleep(BOUND).await;
    for _ in 0..20 {
        assert!(!knows(&store, at, new.id));
        sleep(Duration::from_millis(10)).await;
    }
    server.command(&["CLIENT", "UNPAUSE"]).await;
    until_known(&store, at, new.id).await;
}

#[tokio::test]
async fn a_primary_that_became_a_replica_proves_nothing() {
    let server = RedisServer::start().await;
    let store = near(builder_on(&server), short()).await;
    let (at, new) = a_known_session(&store).await;
    server.command(&["REPLICAOF", "127.0.0.1", "1"]).await;
    sleep(BOUND).await;
    assert!(!knows(&store, at, new.id));
    server.command(&["REPLICAOF", "NO", "ONE"]).await;
    until_known(&store, at, new.id).await;
}

#[tokio::test]
async fn a_user_without_the_right_has_no_near_cache() {
    let server = RedisServer::start().await;
    // As the crate's documentation has it.
    let rule = "ACL SETUSER app on >secret ~auth:* resetchannels &auth:* -@all +info +time \
                +script|load +evalsha +eval +get +set +del +hget +hmget +hset +hdel +hexists +hlen +hgetall +hrandfield +hscan \
                +pexpireat +pttl +spublish +ssubscribe +sunsubscribe";
    let rights: Vec<&str> = rule.split_whitespace().collect();
    assert_eq!(server.command(&rights).await, Reply::Status("OK".to_owned()));
    let url = format!("redis://app:secret@127.0.0.1:{}", server.port());
    let store = near(RedisStore::builder(&url), long()).await;
    let at = a_principal();
    open(&store, at).await;
    let new = open(&store, at).await;
    for _ in 0..5 {
        assert!(store.read(at, new.id).await.unwrap().is_some());
        assert!(!knows(&store, at, new.id));
    }
    let more = ["ACL", "SETUSER", "app", "+client|tracking"];
    assert_eq!(server.command(&more).await, Reply::Status("OK".to_owned()));
    let store = near(RedisStore::builder(&url), long()).await;
    until_known(&store, at, new.id).await;
}

#[tokio::test]
async fn what_the_server_says_of_itself_is_read_as_ever() {
    let server = RedisServer::start_with(&[("replicaof", "127.0.0.1 1")]).await;
    let refused = builder_on(&server).near_cache(long()).connect().await.err();
    assert!(matches!(refused, Some(ConnectError::Replica { .. })), "{refused:?}");
}

#[tokio::test]
async fn made_up_sessions_are_not_kept() {
    let server = RedisServer::start().await;
    let store = near(builder_on(&server), long()).await;
    let (at, known) = a_known_session(&store).await;
    let made_up = an_id();
    for _ in 0..3 {
        assert!(store.read(at, made_up).await.unwrap().is_none());
        assert!(!knows(&store, at, made_up));
    }
    // Nor do they have others forgotten.
    assert!(store.end(at, made_up).await.unwrap().is_none());
    let step = || rotation(a_verifier(), a_verifier());
    assert!(matches!(store.rotate(at, made_up, step()).await.unwrap(), Rotated::Gone));
    assert!(matches!(store.rotate(at, known.id, step()).await.unwrap(), Rotated::Stale));
    assert!(!store.touch(at, made_up, activity(a_verifier())).await.unwrap());
    store.list(at).await.unwrap();
    assert!(knows(&store, at, known.id));
}

#[tokio::test]
async fn in_a_cluster_keys_may_move_and_primaries_be_replaced() {
    let cluster = RedisCluster::start().await;
    let (here, there) = (
        near(RedisStore::builder(cluster.url()), short()).await,
        RedisStore::connect(cluster.url()).await.unwrap(),
    );
    let (at, new) = a_known_session(&here).await;
    let key = format!("auth:{at}");
    let (slot, from) = (cluster.slot_of(&key).await, cluster.owner_of(&key).await);
    let to = (from + 1) % 3;
    cluster.move_slots(slot..=slot, from, to).await;
    until_known(&here, at, new.id).await;
    there.end(at, new.id).await.unwrap();
    sleep(BOUND).await;
    assert!(!knows(&here, at, new.id), "its slot had moved");

    // Its own writes too, while it does not know yet of the move back.
    let new = open(&there, at).await;
    until_known(&here, at, new.id).await;
    cluster.move_slots(slot..=slot, to, from).await;
    here.end(at, new.id).await.unwrap();
    assert!(!knows(&here, at, new.id), "its slot had moved back");

    let new = open(&there, at).await;
    until_known(&here, at, new.id).await;
    let replica = &cluster.nodes[from + 3];
    assert_eq!(replica.command(&["CLUSTER", "FAILOVER"]).await, Reply::Status("OK".to_owned()));
    cluster.until_replaced(from).await;
    while there.end(at, new.id).await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
    sleep(BOUND).await;
    assert!(!knows(&here, at, new.id), "its primary was replaced");
    cluster.until_well().await;
    let new = loop {
        let new = support::a_session(&there);
        if there.create(at, new.clone()).await.is_ok() {
            break new;
        }
    };
    until_known(&here, at, new.id).await;
}

#[tokio::test]
async fn behind_sentinels_a_primary_may_be_replaced() {
    let mut all = RedisSentinel::start().await;
    let (here, there) =
        (near(RedisStore::builder(all.url()), short()).await, RedisStore::connect(all.url()).await.unwrap());
    let (at, new) = a_known_session(&here).await;
    all.servers[0].kill();
    all.until_failed_over_from(0).await;
    while there.end(at, new.id).await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
    sleep(BOUND).await;
    assert!(!knows(&here, at, new.id));
    let new = open(&there, at).await;
    until_known(&here, at, new.id).await;
}
