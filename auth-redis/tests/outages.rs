//! Redis stalls, dies, comes back: never a hang, never a lost guarantee, back within a second.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use auth_core::{
    ServerKey,
    store::{Created, SessionStore},
};
use support::{
    RedisServer, Reply, a_principal, a_session, activity, an_id, builder_on, is_there, open, rotation,
    store_on, timed, until_back, why,
};

mod support;

const LIMIT: Duration = Duration::from_millis(300);

/// A store with a time limit that a test can wait for.
async fn impatient(server: &RedisServer) -> auth_redis::RedisStore {
    builder_on(server).command_timeout(LIMIT).connect().await.unwrap()
}

#[tokio::test]
async fn a_paused_server_costs_the_time_limit_and_after_three_times_nothing() {
    let server = RedisServer::start().await;
    let store = impatient(&server).await;
    server.pause();
    for _ in 0..3 {
        let (outcome, took) = timed(store.read(a_principal(), an_id())).await;
        assert!(why(outcome).contains("no answer in time"));
        assert!(took >= LIMIT && took < 2 * LIMIT, "{took:?}");
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    for _ in 0..20 {
        let (outcome, took) = timed(store.read(a_principal(), an_id())).await;
        assert!(why(outcome).contains(&format!("127.0.0.1:{}", server.port())));
        assert!(took < Duration::from_millis(20), "{took:?}");
    }
    server.resume();
    let took = until_back(&store).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn whoever_waits_when_the_connection_is_given_up_learns_of_it_at_once() {
    let server = RedisServer::start().await;
    let store = builder_on(&server).command_timeout(Duration::from_secs(1)).connect().await.unwrap();
    server.pause();
    let read = || store.read(a_principal(), an_id());
    let late = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        timed(read()).await
    };
    let (_, _, _, (outcome, took)) = tokio::join!(read(), read(), read(), late);
    assert!(outcome.is_err());
    assert!(took < Duration::from_millis(600), "{took:?}");
}

#[tokio::test]
async fn a_short_pause_is_not_noticed() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    server.pause();
    let (outcome, ()) = tokio::join!(store.read(a_principal(), an_id()), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.resume();
    });
    assert!(outcome.unwrap().is_none());
}

#[tokio::test]
async fn service_returns_however_long_the_pause_was() {
    let server = RedisServer::start().await;
    let store = impatient(&server).await;
    server.pause();
    for _ in 0..3 {
        store.read(a_principal(), an_id()).await.unwrap_err();
    }
    // Attempts to connect pile up in the paused server meanwhile.
    tokio::time::sleep(Duration::from_secs(5)).await;
    server.resume();
    let took = until_back(&store).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn many_requests_into_a_paused_server_do_not_stop_its_return() {
    let server = RedisServer::start().await;
    let store = impatient(&server).await;
    server.pause();
    // More than the sockets hold, so that the writing of requests stops too.
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..400 {
        let store = store.clone();
        requests.spawn(async move {
            let mut new = a_session(&store);
            new.payload = vec![0; 100_000];
            timed(store.create(a_principal(), new)).await
        });
    }
    while let Some(request) = requests.join_next().await {
        let (outcome, took) = request.unwrap();
        assert!(outcome.is_err() && took < 3 * LIMIT, "{took:?}");
    }
    server.resume();
    let took = until_back(&store).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    let Reply::Int(keys) = server.command(&["DBSIZE"]).await else { panic!("no size") };
    assert_eq!(keys, 0, "what was given up had no effect");
}

#[tokio::test]
async fn a_killed_server_is_an_error_at_once_and_back_in_a_second() {
    let mut server = RedisServer::start_persistent().await;
    let store = store_on(&server).await;
    let at = a_principal();
    let new = open(&store, at).await;
    server.kill();
    tokio::time::sleep(Duration::from_millis(50)).await;
    for _ in 0..20 {
        let (outcome, took) = timed(store.read(at, new.id)).await;
        assert!(outcome.is_err());
        assert!(took < Duration::from_millis(20), "{took:?}");
    }
    server.restart().await;
    let took = until_back(&store).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(is_there(&store, at, new.id).await);
    assert!(store.touch(at, new.id, activity(new.verifier)).await.unwrap());
}

#[tokio::test]
async fn a_request_in_flight_when_the_server_dies_is_an_error_within_its_limit() {
    let mut server = RedisServer::start().await;
    let store = store_on(&server).await;
    server.pause();
    let ((outcome, took), ()) = tokio::join!(timed(store.read(a_principal(), an_id())), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.kill();
    });
    assert!(outcome.is_err());
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[tokio::test]
async fn service_returns_after_each_of_many_deaths() {
    let mut server = RedisServer::start().await;
    let store = store_on(&server).await;
    for _ in 0..5 {
        server.restart().await;
        let took = until_back(&store).await;
        assert!(took < Duration::from_secs(1), "{took:?}");
        open(&store, a_principal()).await;
    }
}

#[tokio::test]
async fn what_was_given_up_has_no_effect_when_the_server_gets_to_it() {
    let server = RedisServer::start().await;
    let store = impatient(&server).await;
    let at = a_principal();
    let (one, two) = (open(&store, at).await, open(&store, at).await);
    let before = store.read(at, one.id).await.unwrap().unwrap().record;
    let new = a_session(&store);
    server.pause();
    let (created, rotated, touched) = tokio::join!(
        store.create(at, new.clone()),
        store.rotate(at, one.id, rotation(one.verifier, support::a_verifier())),
        store.touch(
            at,
            one.id,
            auth_core::store::Touch { idle: 5 * support::MINUTE, ..activity(one.verifier) }
        ),
    );
    assert!(created.is_err() && rotated.is_err() && touched.is_err());
    store.end_all(at, None).await.unwrap_err();
    server.resume();
    until_back(&store).await;
    // Whatever was sent on the old connection has been read by now, or never will be.
    server.command(&["PING"]).await;
    assert!(!is_there(&store, at, new.id).await, "no session that nobody knows of");
    assert!(is_there(&store, at, two.id).await);
    assert_eq!(store.read(at, one.id).await.unwrap().unwrap().record, before);
    assert!(matches!(store.create(at, a_session(&store)).await.unwrap(), Created::Opened { .. }));
}

#[tokio::test]
async fn a_server_that_restarted_empty_gets_its_key_back_before_anybody_is_served() {
    let mut server = RedisServer::start().await;
    let (store, idle) = (store_on(&server).await, store_on(&server).await);
    let key = ServerKey::from([1; 32]);
    store.server_key(key.clone()).await.unwrap();
    server.restart().await;
    until_back(&store).await;
    assert_eq!(server.command(&["GET", "auth:!key"]).await, Reply::Text(vec![1; 32]));
    until_back(&idle).await;
    let later = store_on(&server).await;
    assert_eq!(later.server_key(ServerKey::from([2; 32])).await.unwrap().expose(), key.expose());
}

#[tokio::test]
async fn a_primary_that_became_a_replica_is_left() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    open(&store, at).await;
    // Of nobody: it keeps its data, and refuses writes.
    server.command(&["REPLICAOF", "127.0.0.1", "1"]).await;
    assert!(why(store.create(at, a_session(&store)).await).contains("READONLY"));
    let begin = std::time::Instant::now();
    while !why_or_empty(store.read(at, an_id()).await).contains("is a replica") {
        assert!(begin.elapsed() < Duration::from_secs(5), "it is still read from");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.command(&["REPLICAOF", "NO", "ONE"]).await;
    let took = until_back(&store).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    open(&store, at).await;
}

fn why_or_empty<T>(result: auth_core::store::StoreResult<T>) -> String {
    result.err().map_or_else(String::new, |error| error.to_string())
}
