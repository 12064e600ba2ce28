//! What is logged, for whoever runs the server.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    io,
    sync::{Arc, Mutex},
};

use auth_core::{ServerKey, store::SessionStore};
use auth_redis::{NearCache, RedisStore};
use support::{RedisServer, a_principal, a_session, open, store_on, until_back};
use tracing::subscriber::DefaultGuard;

mod support;

/// What is logged on this thread, and with it in this test's runtime.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn begin() -> (Self, DefaultGuard) {
        let log = Log::default();
        let to = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || to.clone()).with_ansi(false).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Has the server close all connections, and waits until the store has a new one.
async fn reconnect(server: &RedisServer, store: &RedisStore, log: &Log) {
    server.command(&["CLIENT", "KILL", "TYPE", "normal"]).await;
    let begin = std::time::Instant::now();
    while !log.text().contains("connected to Redis again") {
        assert!(begin.elapsed().as_secs() < 10, "{}", log.text());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    until_back(store).await;
}

#[tokio::test]
async fn a_policy_that_ends_sessions_is_warned_of() {
    let (log, _guard) = Log::begin();
    let server = RedisServer::start().await;
    store_on(&server).await;
    assert!(!log.text().contains("maxmemory-policy"), "{}", log.text());
    server.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
    store_on(&server).await;
    assert!(
        log.text().contains("maxmemory-policy noeviction") && log.text().contains("allkeys-lru"),
        "{}",
        log.text()
    );
}

#[tokio::test]
async fn a_near_cache_that_cannot_be_is_warned_of_once() {
    const RIGHTS: &str = "ACL SETUSER default -client|tracking";
    let (log, _guard) = Log::begin();
    let server = RedisServer::start().await;
    server.command(&RIGHTS.split(' ').collect::<Vec<_>>()).await;
    let store = RedisStore::builder(server.url()).near_cache(NearCache::default()).connect().await.unwrap();
    reconnect(&server, &store, &log).await;
    let warnings = log.text().matches("there is no near cache").count();
    assert_eq!(warnings, 1, "{}", log.text());
    assert!(log.text().contains("+client|tracking"), "{}", log.text());
}

#[tokio::test]
async fn a_key_that_redis_keeps_is_warned_of_once() {
    let (log, _guard) = Log::begin();
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    for _ in 0..3 {
        store.server_key(ServerKey::from([b'K'; 32])).await.unwrap();
    }
    assert_eq!(log.text().matches("AUTH_KEY").count(), 1, "{}", log.text());
    assert!(!log.text().contains("KKKK"), "{}", log.text());
}

#[tokio::test]
async fn a_key_that_was_lost_is_put_back_and_that_is_said() {
    let (log, _guard) = Log::begin();
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    store.server_key(ServerKey::from([b'K'; 32])).await.unwrap();
    reconnect(&server, &store, &log).await;
    assert!(!log.text().contains("put back"), "it was there: {}", log.text());
    let (log, _guard) = Log::begin();
    server.command(&["FLUSHALL"]).await;
    reconnect(&server, &store, &log).await;
    assert!(log.text().contains("put back"), "{}", log.text());
    assert_eq!(server.command(&["GET", "auth:!key"]).await.into_text(), "K".repeat(32));
}

#[tokio::test]
async fn another_key_stays_and_is_reported_with_what_to_do() {
    let (log, _guard) = Log::begin();
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let key = ServerKey::from([b'K'; 32]);
    store.server_key(key.clone()).await.unwrap();
    server.command(&["SET", "auth:!key", &"O".repeat(32)]).await;
    reconnect(&server, &store, &log).await;
    assert!(log.text().contains("restart this process") && log.text().contains("AUTH_KEY"), "{}", log.text());
    assert!(!log.text().contains("KKKK") && !log.text().contains("OOOO"), "{}", log.text());
    assert_eq!(server.command(&["GET", "auth:!key"]).await.into_text(), "O".repeat(32));
    assert_eq!(
        store.server_key(key.clone()).await.unwrap().expose(),
        key.expose(),
        "this process keeps to its own"
    );
}

#[tokio::test]
async fn something_else_in_the_place_of_the_key_is_reported_and_stops_nobody() {
    let (log, _guard) = Log::begin();
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    store.server_key(ServerKey::from([b'K'; 32])).await.unwrap();
    server.command(&["DEL", "auth:!key"]).await;
    server.command(&["LPUSH", "auth:!key", "x"]).await;
    reconnect(&server, &store, &log).await;
    assert!(log.text().contains("WRONGTYPE"), "{}", log.text());
    open(&store, a_principal()).await;
}

#[tokio::test]
async fn what_redis_refuses_is_logged() {
    let (log, _guard) = Log::begin();
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    server.command(&["SET", &format!("auth:{at}"), "a string"]).await;
    store.create(at, a_session(&store)).await.unwrap_err();
    assert!(log.text().contains("WRONGTYPE"), "{}", log.text());
}

#[tokio::test]
async fn a_lost_connection_and_its_return_are_logged() {
    let (log, _guard) = Log::begin();
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    open(&store, a_principal()).await;
    assert_eq!(log.text(), "", "nothing to say while all is well");
    reconnect(&server, &store, &log).await;
    assert!(log.text().contains("the connection to Redis was lost"), "{}", log.text());
}
