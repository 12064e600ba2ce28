//! What the suites share: a real `redis-server` for each test, and sessions to put into it.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each suite uses a part of it, and a test may fail"
)]

use std::{
    future::Future,
    num::NonZeroU16,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use auth_core::{
    SessionLimit, WhenFull,
    session::{Presented, Tag, Verifier},
    store::{Created, NewSession, Rotate, SessionStore, StoreResult, Touch},
};
use auth_redis::{RedisStore, RedisStoreBuilder};
use uuid::Uuid;

#[allow(unreachable_pub)]
pub mod redis_cluster;
#[allow(unreachable_pub)]
pub mod redis_server;
pub use redis_cluster::RedisCluster;
#[allow(unreachable_pub)]
pub mod redis_sentinel;
pub use redis_sentinel::RedisSentinel;
pub use redis_server::{RedisServer, Reply};
#[allow(unreachable_pub)]
pub mod relay;
pub use relay::{Passing, Relay};

pub const MINUTE: Duration = Duration::from_mins(1);

/// A store on `server`.
pub async fn store_on(server: &RedisServer) -> RedisStore {
    builder_on(server).connect().await.unwrap()
}

pub fn builder_on(server: &RedisServer) -> RedisStoreBuilder {
    RedisStore::builder(server.url())
}

/// A number that no other call gives.
fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A principal that no other test uses.
pub fn a_principal() -> Tag {
    Tag::of("user", &number().to_string())
}

pub fn an_id() -> Uuid {
    Uuid::from_u128(0x5e55_1011 << 64 | u128::from(number()))
}

pub fn a_verifier() -> Verifier {
    let mut bytes = [0xa5; 16];
    bytes[..8].copy_from_slice(&number().to_be_bytes());
    Verifier::from_bytes(bytes)
}

pub fn limit(sessions: u16, when_full: WhenFull) -> SessionLimit {
    SessionLimit { sessions: NonZeroU16::new(sessions).unwrap(), when_full }
}

/// A session to open, of a login that begins now.
pub fn a_session<S: SessionStore>(store: &S) -> NewSession {
    NewSession {
        id: an_id(),
        verifier: a_verifier(),
        payload: b"payload".to_vec(),
        device: b"a device".to_vec(),
        idle: MINUTE,
        absolute: 10 * MINUTE,
        limit: limit(100, WhenFull::EndOldest),
        began: store.login_begins(),
        replace: None,
    }
}

/// Opens a session of `at`, and gives what it was opened with.
pub async fn open<S: SessionStore>(store: &S, at: Tag) -> NewSession {
    let new = a_session(store);
    let created = store.create(at, new.clone()).await.unwrap();
    assert!(matches!(created, Created::Opened { .. }), "{created:?}");
    new
}

pub fn rotation(have: Verifier, next: Verifier) -> Rotate {
    Rotate { have: Presented::from(have), next, nonce: [7; 16], grace: MINUTE, idle: MINUTE }
}

pub fn activity(have: Verifier) -> Touch {
    Touch { have: Presented::from(have), grace: MINUTE, idle: MINUTE }
}

pub async fn is_there<S: SessionStore>(store: &S, at: Tag, id: Uuid) -> bool {
    store.read(at, id).await.unwrap().is_some()
}

/// What `work` gave, and how long it took.
pub async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begin = Instant::now();
    (work.await, begin.elapsed())
}

/// Asks until the store answers, and says how long that took; fails after ten seconds.
pub async fn until_back(store: &RedisStore) -> Duration {
    let begin = Instant::now();
    while store.read(a_principal(), an_id()).await.is_err() {
        assert!(begin.elapsed() < Duration::from_secs(10), "the store did not come back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begin.elapsed()
}

/// Why it failed.
pub fn why<T: std::fmt::Debug>(result: StoreResult<T>) -> String {
    result.unwrap_err().to_string()
}
