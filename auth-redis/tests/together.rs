//! Reads that begin in the same moment are one command.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use auth_core::{
    SessionStore,
    session::Tag,
    store::{Found, StoreError, StoreResult},
};
use auth_redis::RedisStore;
use support::{RedisServer, Reply, a_principal, an_id, open, store_on};
use tokio::task::JoinHandle;
use uuid::Uuid;

mod support;

type Reading = JoinHandle<StoreResult<Option<Found>>>;

/// Sessions of as many principals.
async fn sessions(store: &RedisStore, count: usize) -> Vec<(Tag, Uuid)> {
    let mut sessions = Vec::new();
    for _ in 0..count {
        let at = a_principal();
        sessions.push((at, open(store, at).await.id));
    }
    sessions
}

/// Reads them all at once.
fn begin(store: &RedisStore, sessions: &[(Tag, Uuid)]) -> Vec<Reading> {
    let read = |&(at, id): &(Tag, Uuid)| {
        let store = store.clone();
        tokio::spawn(async move { store.read(at, id).await })
    };
    sessions.iter().map(read).collect()
}

async fn all(readings: Vec<Reading>) -> Vec<StoreResult<Option<Found>>> {
    let mut found = Vec::new();
    for reading in readings {
        found.push(reading.await.unwrap());
    }
    found
}

/// The scripts that were called, and the fields that were read, also by them.
async fn counted(server: &RedisServer) -> (u64, u64) {
    let stats: BTreeMap<_, _> = server.command_stats().await;
    let calls = |command| stats.get(command).copied().unwrap_or_default();
    (calls("evalsha"), calls("hget"))
}

#[tokio::test]
async fn they_are_one_command_and_each_gets_its_own_answer() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let mut wanted = sessions(&store, 30).await;
    wanted.push((a_principal(), an_id()));
    let before = counted(&server).await;
    let found = all(begin(&store, &wanted)).await;
    let (scripts, fields) = counted(&server).await;
    // The first of them was alone.
    assert_eq!((scripts - before.0, fields - before.1), (1, 31));
    let (none, some) = found.split_last().unwrap();
    assert!(matches!(none, Ok(None)));
    for ((at, id), found) in wanted.iter().zip(some) {
        let alone = store.read(*at, *id).await.unwrap().unwrap().record;
        assert_eq!(found.as_ref().unwrap().as_ref().unwrap().record, alone);
    }
}

#[tokio::test]
async fn one_alone_is_no_script_and_very_many_are_several() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let wanted = sessions(&store, 97).await;
    let before = counted(&server).await;
    all(begin(&store, &wanted[..1])).await;
    let one = counted(&server).await;
    assert_eq!((one.0 - before.0, one.1 - before.1), (0, 1));
    let found = all(begin(&store, &wanted)).await;
    assert!(found.iter().all(|found| matches!(found, Ok(Some(_)))));
    let (scripts, fields) = counted(&server).await;
    // The first of them was alone.
    assert_eq!((scripts - one.0, fields - one.1), (3, 97));
}

#[tokio::test]
async fn what_cannot_be_read_of_one_is_not_held_against_the_others() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let wanted = sessions(&store, 20).await;
    let Reply::Array(keys) = server.command(&["KEYS", &format!("*{}*", wanted[7].0)]).await else {
        panic!("no keys");
    };
    let Some(Reply::Text(key)) = keys.first() else { panic!("no key") };
    server.command(&["SET", str::from_utf8(key).unwrap(), "no hash"]).await;
    let found = all(begin(&store, &wanted)).await;
    for (n, found) in found.iter().enumerate() {
        assert_eq!(matches!(found, Ok(Some(_))), n != 7, "{n}: {found:?}");
    }
    assert!(matches!(found[7], Err(StoreError::Unavailable { .. })), "{:?}", found[7]);
}

#[tokio::test]
async fn a_server_that_has_forgotten_its_scripts_is_given_them_again() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let wanted = sessions(&store, 20).await;
    server.command(&["SCRIPT", "FLUSH"]).await;
    assert!(all(begin(&store, &wanted)).await.iter().all(|found| matches!(found, Ok(Some(_)))));
    let before = counted(&server).await;
    assert!(all(begin(&store, &wanted)).await.iter().all(|found| matches!(found, Ok(Some(_)))));
    assert_eq!(counted(&server).await.0 - before.0, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_get_what_they_asked_for() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let wanted = sessions(&store, 64).await;
    for _ in 0..100 {
        let found = all(begin(&store, &wanted)).await;
        assert!(found.iter().all(|found| matches!(found, Ok(Some(_)))));
    }
}

/// The runtime in which a store has connected may be over while another one goes on.
#[test]
fn where_the_connections_runtime_has_ended_reads_fail_at_once() {
    let first = tokio::runtime::Runtime::new().unwrap();
    let (server, store, wanted) = first.block_on(async {
        let server = RedisServer::start().await;
        let store = RedisStore::builder(server.url()).command_timeout(Duration::from_mins(1));
        let store = store.connect().await.unwrap();
        let wanted = sessions(&store, 3).await;
        (server, store, wanted)
    });
    drop(first);
    let second = tokio::runtime::Runtime::new().unwrap();
    let began = Instant::now();
    let found = second.block_on(async { all(begin(&store, &wanted)).await });
    assert!(found.iter().all(Result::is_err), "{found:?}");
    assert!(began.elapsed() < Duration::from_secs(30));
    drop(server);
}
