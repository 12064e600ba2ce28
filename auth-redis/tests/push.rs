//! That a session was ended is pushed to other programs, in which somebody waits for it.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::{
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use auth_core::{
    WhenFull,
    session::Tag,
    store::{Rotated, SessionStore, Watch},
};
use auth_redis::RedisStore;
use support::{
    RedisServer, a_principal, a_session, a_verifier, activity, an_id, limit, open, rotation, store_on,
};
use tokio::time::{sleep, timeout};

mod support;

/// One who waits for an end at `at`, and whom the store hears of ends for.
async fn watching(store: &RedisStore, at: Tag) -> Watch {
    let mut watch = store.watch(at).unwrap();
    woken(&mut watch).await;
    watch
}

/// Much shorter than a poll.
async fn woken(watch: &mut Watch) {
    timeout(Duration::from_secs(10), watch.woken()).await.expect("nobody was woken");
}

async fn is_woken(watch: &mut Watch) -> bool {
    let mut woken = pin!(watch.woken());
    std::future::poll_fn(|cx| Poll::Ready(woken.as_mut().poll(cx).is_ready())).await
}

#[tokio::test]
async fn each_way_of_ending_a_session_wakes_those_who_wait_elsewhere() {
    let server = RedisServer::start().await;
    let (here, there) = (store_on(&server).await, store_on(&server).await);
    let at = a_principal();
    let mut watch = watching(&there, at).await;

    let new = open(&here, at).await;
    assert!(here.end(at, new.id).await.unwrap().is_some());
    woken(&mut watch).await;

    open(&here, at).await;
    assert_eq!(here.end_all(at, None).await.unwrap().len(), 1);
    woken(&mut watch).await;

    let old = open(&here, at).await;
    let mut new = a_session(&here);
    new.replace = Some(old.id);
    here.create(at, new).await.unwrap();
    woken(&mut watch).await;

    let mut new = a_session(&here);
    new.limit = limit(1, WhenFull::EndOldest);
    let (id, first) = (new.id, new.verifier);
    here.create(at, new).await.unwrap();
    woken(&mut watch).await;

    let at_once = |have| {
        let mut step = rotation(have, a_verifier());
        step.grace = Duration::ZERO;
        step
    };
    let next = at_once(first);
    let second = next.next;
    assert!(matches!(here.rotate(at, id, next).await.unwrap(), Rotated::Next(_)));
    here.touch(at, id, activity(second)).await.unwrap();
    let stolen = here.rotate(at, id, at_once(first)).await.unwrap();
    assert!(matches!(stolen, Rotated::Reuse(_)), "{stolen:?}");
    woken(&mut watch).await;
}

#[tokio::test]
async fn nothing_else_wakes_them() {
    let server = RedisServer::start().await;
    let (here, there) = (store_on(&server).await, store_on(&server).await);
    let (quiet, ended) = (a_principal(), a_principal());
    let (mut watch, mut other) = (watching(&there, quiet).await, watching(&there, ended).await);
    let new = open(&here, quiet).await;
    here.read(quiet, new.id).await.unwrap();
    here.touch(quiet, new.id, activity(new.verifier)).await.unwrap();
    here.rotate(quiet, new.id, rotation(new.verifier, a_verifier())).await.unwrap();
    here.update(quiet, None, b"new".to_vec()).await.unwrap();
    here.end(quiet, an_id()).await.unwrap();
    here.end_all(quiet, Some(new.id)).await.unwrap();

    // One connection hears of both, and in this order.
    let new = open(&here, ended).await;
    here.end(ended, new.id).await.unwrap();
    woken(&mut other).await;
    assert!(!is_woken(&mut watch).await);
}

#[tokio::test]
async fn whoever_may_have_missed_an_end_is_woken() {
    let mut server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    let mut watch = watching(&store, at).await;
    server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    woken(&mut watch).await;
    let new = open(&store, at).await;
    store.end(at, new.id).await.unwrap();
    woken(&mut watch).await;

    server.restart().await;
    woken(&mut watch).await;
    support::until_back(&store).await;
    let new = open(&store, at).await;
    store.end(at, new.id).await.unwrap();
    woken(&mut watch).await;
}

#[tokio::test]
async fn the_connection_is_there_while_somebody_waits_and_asks_for_each_principal_once() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    assert_eq!(clients(&server).await, 1);
    let (watches, counts) = server
        .count_commands(async {
            let first = watching(&store, at).await;
            let again: Vec<_> = (0..3).map(|_| store.watch(at)).collect();
            (first, again)
        })
        .await;
    assert_eq!(counts.get("ssubscribe"), Some(&1), "{counts:?}");
    assert_eq!(clients(&server).await, 2);
    drop(watches);
    until_clients(&server, 1).await;
    let watch = watching(&store, at).await;
    assert_eq!(clients(&server).await, 2);
    drop(store);
    until_clients(&server, 0).await;
    drop(watch);
}

/// The connections to the server, without the one that asks.
async fn clients(server: &RedisServer) -> usize {
    server.command(&["CLIENT", "LIST"]).await.into_text().lines().count() - 1
}

async fn until_clients(server: &RedisServer, number: usize) {
    let begin = Instant::now();
    while clients(server).await != number {
        assert!(begin.elapsed() < Duration::from_secs(30), "found {} connections", clients(server).await);
        sleep(Duration::from_millis(20)).await;
    }
}
