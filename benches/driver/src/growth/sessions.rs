//! Sessions as the library makes them, of principals that are numbers.

use std::{
    num::NonZeroU16,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use auth_core::{
    SessionLimit, SessionStore, WhenFull,
    session::{Presented, Tag, Verifier},
    store::{Created, NewSession, Rotate, Touch},
};
use auth_redis::RedisStore;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::Outcome;

const IDLE: Duration = Duration::from_hours(2);
const GRACE: Duration = Duration::from_secs(30);

/// A snapshot of an entity of 100 bytes, the id around it, and a browser's name.
const PAYLOAD: usize = 109;
const DEVICE: usize = 20;

/// How many are made at the same time.
const FILLERS: usize = 64;

pub(super) fn tag(principal: u64) -> Tag {
    Tag::of("user", &principal.to_string())
}

/// Spread as random ids are.
pub(super) fn id(number: u64) -> Uuid {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Uuid::from_u64_pair(mixed ^ (mixed >> 29), mixed.rotate_left(32))
}

pub(super) fn verifier(number: u64) -> Verifier {
    Verifier::from_bytes(*id(number ^ 0xa5).as_bytes())
}

/// Session `number`.
pub(super) fn new(store: &RedisStore, number: u64) -> NewSession {
    with_payload(store, number, PAYLOAD)
}

pub(super) fn with_payload(store: &RedisStore, number: u64, payload: usize) -> NewSession {
    NewSession {
        id: id(number),
        verifier: verifier(number),
        payload: vec![0x5a; payload],
        device: vec![0x5a; DEVICE],
        idle: IDLE,
        absolute: 12 * IDLE,
        limit: SessionLimit { sessions: NonZeroU16::MIN.saturating_add(99), when_full: WhenFull::EndOldest },
        began: store.login_begins(),
        replace: None,
    }
}

pub(super) fn activity(number: u64) -> Touch {
    Touch { have: Presented::from(verifier(number)), grace: GRACE, idle: IDLE }
}

pub(super) fn rotation(number: u64) -> Rotate {
    let next = Verifier::from_bytes(*id(!number).as_bytes());
    Rotate { have: Presented::from(verifier(number)), next, nonce: [7; 16], grace: GRACE, idle: IDLE }
}

pub(super) async fn open(store: &RedisStore, principal: u64, new: NewSession) -> Outcome {
    match store.create(tag(principal), new).await? {
        Created::Opened { .. } => Ok(()),
        other => Err(format!("a session that should be opened: {other:?}").into()),
    }
}

/// A session for each of the principals, by the library's own way.
pub(super) async fn fill(store: &RedisStore, from: u64, to: u64) -> Outcome {
    let next = Arc::new(AtomicU64::new(from));
    let mut fillers: JoinSet<Result<(), String>> = JoinSet::new();
    for _ in 0..FILLERS {
        let (store, next) = (store.clone(), Arc::clone(&next));
        fillers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= to {
                    return Ok(());
                }
                open(&store, number, new(&store, number)).await.map_err(|error| error.to_string())?;
            }
        });
    }
    while let Some(ended) = fillers.join_next().await {
        ended??;
    }
    Ok(())
}

/// A store on a server of `url` that waits as long as a busy machine needs.
pub(super) async fn store_at(url: &str) -> Outcome<RedisStore> {
    Ok(RedisStore::builder(url).command_timeout(Duration::from_secs(20)).connect().await?)
}
