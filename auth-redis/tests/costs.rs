//! What each operation costs: the commands that Redis runs for it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, future::Future};

use auth_core::{ServerKey, store::SessionStore};
use support::{RedisServer, a_principal, a_session, a_verifier, activity, an_id, open, rotation, store_on};

mod support;

/// The commands that came over the network: those of the scripts are counted too, and left out here.
async fn sent(server: &RedisServer, work: impl Future) -> BTreeMap<String, u64> {
    let (_, mut counts) = server.count_commands(work).await;
    if counts.contains_key("evalsha") || counts.contains_key("eval") {
        counts.retain(|command, _| command.starts_with("eval"));
    }
    counts
}

fn one(command: &str) -> BTreeMap<String, u64> {
    BTreeMap::from([(command.to_owned(), 1)])
}

#[tokio::test]
async fn each_operation_is_one_command() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    let new = a_session(&store);
    let id = new.id;
    let verifier = new.verifier;
    assert_eq!(sent(&server, store.create(at, new)).await, one("evalsha"));
    assert_eq!(sent(&server, store.read(at, id)).await, one("hget"));
    assert_eq!(sent(&server, store.read(at, an_id())).await, one("hget"));
    assert_eq!(sent(&server, store.touch(at, id, activity(verifier))).await, one("evalsha"));
    assert_eq!(sent(&server, store.rotate(at, id, rotation(verifier, a_verifier()))).await, one("evalsha"));
    assert_eq!(sent(&server, store.end(at, id)).await, one("evalsha"));
    assert_eq!(sent(&server, store.end_all(at, None)).await, one("evalsha"));
    assert_eq!(sent(&server, async { store.login_begins() }).await, BTreeMap::new());
    let key = || ServerKey::from([1; 32]);
    assert_eq!(sent(&server, store.server_key(key())).await, one("set"));
    assert_eq!(sent(&server, store.server_key(key())).await, BTreeMap::new(), "it is remembered");
}

#[tokio::test]
async fn inside_the_scripts_little_is_done() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    let new = open(&store, at).await;
    let (_, counts) = server.count_commands(store.touch(at, new.id, activity(new.verifier))).await;
    let counts: Vec<_> = counts.iter().map(|(command, calls)| (&**command, *calls)).collect();
    assert_eq!(counts, [("evalsha", 1), ("hget", 1), ("hset", 1), ("pexpireat", 1), ("time", 1)]);
    let (_, counts) = server.count_commands(store.end(at, new.id)).await;
    let counts: Vec<_> = counts.iter().map(|(command, calls)| (&**command, *calls)).collect();
    assert_eq!(counts, [("evalsha", 1), ("hdel", 1), ("hget", 1), ("spublish", 1)]);
}

#[tokio::test]
async fn a_thousand_sessions_end_in_steps_of_some_two_hundred() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    for _ in 0..1000 {
        let mut new = a_session(&store);
        new.limit = support::limit(2000, auth_core::WhenFull::Refuse);
        store.create(at, new).await.unwrap();
    }
    let counts = sent(&server, store.end_all(at, None)).await;
    assert!((4..=8).contains(&counts["evalsha"]), "{counts:?}");
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    server.command(&["SCRIPT", "FLUSH"]).await;
    let new = open(&store, at).await;
    assert!(store.touch(at, new.id, activity(new.verifier)).await.unwrap());
    server.command(&["SCRIPT", "FLUSH"]).await;
    let counts = sent(&server, store.touch(at, new.id, activity(new.verifier))).await;
    assert_eq!(counts, BTreeMap::from([("evalsha".to_owned(), 1), ("eval".to_owned(), 1)]));
    assert_eq!(sent(&server, store.touch(at, new.id, activity(new.verifier))).await, one("evalsha"));
}

#[tokio::test]
async fn the_first_calls_after_a_connection_find_their_scripts() {
    let mut server = RedisServer::start().await;
    let store = store_on(&server).await;
    server.restart().await;
    support::until_back(&store).await;
    let new = a_session(&store);
    assert_eq!(sent(&server, store.create(a_principal(), new)).await, one("evalsha"));
}
