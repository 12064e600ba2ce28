#![allow(clippy::unwrap_used)]
use std::time::Duration;

use super::{state::FENCE, *};
use crate::{
    policy::{Policy, SessionLimit, WhenFull},
    session::Verifier,
};

const IDLE: Duration = Duration::from_mins(1);
const ABSOLUTE: Duration = Duration::from_hours(1);

/// A clock that the test holds too.
#[derive(Clone, Default)]
struct Moved(Arc<Mutex<Timestamp>>);

impl Moved {
    fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = *now + by;
    }
}

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn store() -> (MemoryStore, Moved) {
    let clock = Moved::default();
    clock.advance(ABSOLUTE);
    (MemoryStore::with_clock(clock.clone()), clock)
}

fn tag(principal: u32) -> Tag {
    Tag::of("user", &principal.to_string())
}

fn new(store: &MemoryStore, id: u128) -> NewSession {
    NewSession {
        id: Uuid::from_u128(id),
        verifier: Verifier::from_bytes([1; 16]),
        payload: Vec::new(),
        device: Vec::new(),
        idle: IDLE,
        absolute: ABSOLUTE,
        limit: SessionLimit { when_full: WhenFull::Refuse, ..Policy::DEFAULT.limit() },
        began: store.login_begins(),
        replace: None,
    }
}

async fn create(store: &MemoryStore, principal: u32, id: u128) -> StoreResult<Created> {
    store.create(tag(principal), new(store, id)).await
}

/// Nothing is kept, under no principal.
fn is_clean(store: &MemoryStore) -> bool {
    store.step(|state, _| state.sessions == 0 && state.principals.is_empty() && state.expiries.is_empty())
}

#[tokio::test]
async fn what_has_expired_is_forgotten_and_makes_room() {
    let (store, clock) = store();
    let store = store.with_capacity(2);
    for id in 1..=2 {
        assert!(matches!(create(&store, 7, id).await, Ok(Created::Opened { .. })));
    }
    assert!(matches!(create(&store, 8, 3).await, Err(StoreError::Full(_))));
    clock.advance(IDLE);
    assert!(is_clean(&store));
    assert!(matches!(create(&store, 8, 4).await, Ok(Created::Opened { .. })));
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn what_is_used_is_kept_until_its_new_limit() {
    let (store, clock) = store();
    create(&store, 7, 1).await.unwrap();
    clock.advance(IDLE / 2);
    let have = Verifier::from_bytes([1; 16]).into();
    let step = Touch { have, grace: IDLE, idle: IDLE };
    assert!(store.touch(tag(7), Uuid::from_u128(1), step.clone()).await.unwrap());
    assert!(store.touch(tag(7), Uuid::from_u128(1), step).await.unwrap(), "twice at once does no harm");
    clock.advance(IDLE / 2);
    assert_eq!(store.len(), 1);
    clock.advance(IDLE / 2);
    assert!(is_clean(&store));
}

#[tokio::test]
async fn a_replaced_session_makes_room_in_a_full_store() {
    let (store, _) = store();
    let store = store.with_capacity(1);
    create(&store, 7, 1).await.unwrap();
    let over = NewSession { replace: Some(Uuid::from_u128(1)), ..new(&store, 2) };
    assert!(matches!(store.create(tag(7), over).await, Ok(Created::Opened { .. })));
    assert!(store.read(tag(7), Uuid::from_u128(1)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_fence_is_forgotten_when_no_login_can_be_older() {
    let (store, clock) = store();
    let early = new(&store, 1);
    store.end_all(tag(7), None).await.unwrap();
    assert_eq!(store.create(tag(7), early).await.unwrap(), Created::Fenced);
    clock.advance(FENCE);
    assert!(is_clean(&store));
}

#[tokio::test]
async fn a_fence_is_for_logins_that_began_before_it_whatever_the_clock_says() {
    let (store, clock) = store();
    let early = new(&store, 1);
    store.end_all(tag(7), None).await.unwrap();
    *clock.0.lock().unwrap() = Timestamp::default();
    assert!(matches!(create(&store, 7, 2).await, Ok(Created::Opened { .. })));
    assert_eq!(store.create(tag(7), early).await.unwrap(), Created::Fenced);
}

#[tokio::test]
async fn ending_leaves_nothing_behind() {
    let (store, _) = store();
    create(&store, 7, 1).await.unwrap();
    assert_eq!(create(&store, 7, 1).await.unwrap(), Created::Exists);
    assert!(store.end(tag(8), Uuid::from_u128(1)).await.unwrap().is_none());
    assert!(store.end(tag(7), Uuid::from_u128(1)).await.unwrap().is_some());
    assert!(store.end(tag(7), Uuid::from_u128(1)).await.unwrap().is_none());
    assert!(is_clean(&store));
}
