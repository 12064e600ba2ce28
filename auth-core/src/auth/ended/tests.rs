//! When those who wait for the end of a session learn of it. Time is tokio's, which is paused and moves by itself.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use tokio::{task::JoinHandle, time::sleep};

use super::*;
use crate::{
    contract::{Carriage, Contract},
    entity::EntitySpec,
    policy::{Policy, SessionLimit, WhenFull},
    service::CookiesMemory,
    session::{Device, Session, token::Token},
    store::{Clock, MemoryStore, Timestamp},
    testing::{Operation, Spy},
};

const SECOND: Duration = Duration::from_secs(1);

struct User(u64);

impl AuthEntity for User {
    type Id = u64;
    type Service = CookiesMemory;
    const SPEC: EntitySpec = EntitySpec::new("user", "/user", "user", Policy::DEFAULT, &["id"], &[]);

    fn principal(&self) -> &u64 {
        &self.0
    }
}

impl Contract for User {
    const CARRIAGE: Carriage<Self> = Carriage { pack: |_| Ok(Vec::new()), unpack: |_| None };
}

/// The paused time of tokio.
struct Paused(Instant);

impl Clock for Paused {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000) + self.0.elapsed()
    }
}

struct World {
    store: Spy<MemoryStore>,
    auth: Auth<User>,
}

impl World {
    fn new() -> Self {
        let store = Spy::on(MemoryStore::with_clock(Paused(Instant::now())));
        let auth = Auth::testing(store.clone());
        World { store, auth }
    }

    /// Another program on the same store.
    fn elsewhere(&self) -> Auth<User> {
        Auth::testing(self.store.clone())
    }

    async fn sign_in(&self, principal: u64) -> (Token, Session<User>) {
        let token = open(&self.auth, principal, None).await;
        let session = self.auth.authenticate(&token).await.unwrap().unwrap();
        (token, session)
    }

    /// The session of somebody whose end is waited for, for a second already.
    async fn waited_for(&self, principal: u64) -> (Token, Session<User>, JoinHandle<Ended>) {
        let (token, session) = self.sign_in(principal).await;
        let waiting = tokio::spawn(session.ended());
        sleep(SECOND).await;
        assert!(!waiting.is_finished());
        (token, session, waiting)
    }
}

async fn open(auth: &Auth<User>, principal: u64, presented: Option<Token>) -> Token {
    let device = Device::default();
    auth.sign_in(&User(principal), &auth.uncounted(), presented, &device).await.unwrap().1
}

/// How it ended, and how long that took from now.
async fn timed(waiting: JoinHandle<Ended>) -> (Ended, Duration) {
    let begin = Instant::now();
    (waiting.await.unwrap(), begin.elapsed())
}

/// What was done, and it closed the one that waited at once.
async fn ends_at_once(waiting: JoinHandle<Ended>) {
    assert_eq!(timed(waiting).await, (Ended::Early, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn an_end_by_this_program_is_known_at_once() {
    let world = World::new();
    let (token, _, waiting) = world.waited_for(7).await;
    world.auth.sign_out(&token).await.unwrap();
    ends_at_once(waiting).await;

    let (_, session, waiting) = world.waited_for(7).await;
    assert!(world.auth.end(&7, session.info().session_id).await.unwrap());
    ends_at_once(waiting).await;

    let (_, _, waiting) = world.waited_for(7).await;
    assert_eq!(world.auth.end_all(&7).await.unwrap(), 1);
    ends_at_once(waiting).await;

    let (token, _, waiting) = world.waited_for(7).await;
    open(&world.auth, 7, Some(token)).await;
    ends_at_once(waiting).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_makes_room_for_another_or_was_stolen_is_known_to_be_over_at_once() {
    let world = World::new();
    let one = SessionLimit { sessions: std::num::NonZeroU16::MIN, when_full: WhenFull::EndOldest };
    let (_, _, waiting) = world.waited_for(7).await;
    let strict = world.auth.clone().with_policy(Policy::DEFAULT.with_limit(one).unwrap());
    open(&strict, 7, None).await;
    ends_at_once(waiting).await;

    let (stolen, _, waiting) = world.waited_for(8).await;
    let mut current = stolen.clone();
    for _ in 0..2 {
        current = world.auth.refresh(&current).await.unwrap().unwrap().successor.unwrap();
        world.auth.authenticate(&current).await.unwrap().unwrap();
        sleep(2 * Policy::DEFAULT.grace()).await;
    }
    assert!(!waiting.is_finished(), "a refresh ends nothing");
    assert!(world.auth.refresh(&stolen).await.unwrap().is_none());
    ends_at_once(waiting).await;
}

#[tokio::test(start_paused = true)]
async fn other_sessions_of_the_principal_and_of_others_go_on() {
    let world = World::new();
    let (_, session, waiting) = world.waited_for(7).await;
    let (kept, _, other) = world.waited_for(7).await;
    let (_, _, stranger) = world.waited_for(8).await;
    world.auth.end(&7, session.info().session_id).await.unwrap();
    ends_at_once(waiting).await;
    sleep(3 * POLL).await;
    assert!(!other.is_finished() && !stranger.is_finished());
    world.auth.sign_out(&kept).await.unwrap();
    ends_at_once(other).await;
    assert!(!stranger.is_finished());
}

#[tokio::test(start_paused = true)]
async fn an_end_elsewhere_is_known_within_a_poll() {
    let world = World::new();
    let (token, _, waiting) = world.waited_for(7).await;
    world.elsewhere().sign_out(&token).await.unwrap();
    let (ended, took) = timed(waiting).await;
    assert_eq!(ended, Ended::Early);
    assert!(took > SECOND && took <= POLL, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_end_between_the_request_and_the_wait_is_not_missed() {
    let world = World::new();
    let (token, session) = world.sign_in(7).await;
    world.elsewhere().sign_out(&token).await.unwrap();
    ends_at_once(tokio::spawn(session.ended())).await;
}

#[tokio::test(start_paused = true)]
async fn the_limits_end_the_wait_and_waiting_moves_none() {
    let world = World::new();
    let begin = Instant::now();
    let (token, _, waiting) = world.waited_for(7).await;
    assert_eq!(waiting.await.unwrap(), Ended::Expired);
    let took = begin.elapsed();
    assert!(took >= Policy::DEFAULT.idle() && took < Policy::DEFAULT.idle() + SECOND, "{took:?}");
    assert!(world.auth.authenticate(&token).await.unwrap().is_none());
    assert_eq!(world.store.count().touch, 0);

    let begin = Instant::now();
    let (token, _, waiting) = world.waited_for(7).await;
    while !waiting.is_finished() {
        world.auth.authenticate(&token).await.unwrap();
        sleep(SECOND * 600).await;
    }
    let took = begin.elapsed();
    assert!(took >= Policy::DEFAULT.absolute(), "requests keep it, {took:?}");
    assert!(took < Policy::DEFAULT.absolute() + SECOND * 601, "and no longer than that, {took:?}");
    assert_eq!(waiting.await.unwrap(), Ended::Expired);
}

#[tokio::test(start_paused = true)]
async fn what_is_used_beyond_its_first_idle_limit_still_ends_early() {
    let world = World::new();
    let (token, _, waiting) = world.waited_for(7).await;
    for _ in 0..4 {
        world.auth.authenticate(&token).await.unwrap().unwrap();
        sleep(Policy::DEFAULT.idle() / 2).await;
    }
    world.auth.sign_out(&token).await.unwrap();
    ends_at_once(waiting).await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_below_a_minute_ends_nothing_and_hides_nothing() {
    let world = World::new();
    let (_, _, open) = world.waited_for(7).await;
    let (token, _, ended) = world.waited_for(8).await;
    sleep(3 * SILENCE).await;
    world.store.fail(Operation::Read);
    world.elsewhere().sign_out(&token).await.unwrap();
    sleep(SECOND * 44).await;
    assert!(!open.is_finished() && !ended.is_finished());
    world.store.recover();
    let (how, took) = timed(ended).await;
    assert_eq!(how, Ended::Early);
    assert!(took <= 2 * SECOND, "{took:?}");
    sleep(3 * SILENCE).await;
    assert!(!open.is_finished());
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_for_a_minute_is_closed() {
    let world = World::new();
    let (_, _, waiting) = world.waited_for(7).await;
    world.store.fail(Operation::Read);
    let (ended, took) = timed(waiting).await;
    assert_eq!(ended, Ended::Unknown);
    assert!(took > SECOND * 44 && took <= SILENCE, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn no_answer_at_all_is_as_good_as_a_failure() {
    let world = World::new();
    let (_, _, waiting) = world.waited_for(7).await;
    let _none_left = world.auth.inner.turns.acquire_many(u32::try_from(AT_A_TIME).unwrap()).await.unwrap();
    let (ended, took) = timed(waiting).await;
    assert_eq!(ended, Ended::Unknown);
    assert!(took > SECOND * 44 && took <= SILENCE, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_those_who_waited_and_few_commands_are_spent() {
    let world = World::new();
    let (token, session) = world.sign_in(7).await;
    world.store.reset();
    let waiting: Vec<_> = (0..3).map(|_| tokio::spawn(session.ended())).collect();
    sleep(60 * SECOND).await;
    let reads = world.store.count().read;
    assert!((15..=18).contains(&reads), "each one at first, and one in 12 to 15 seconds: {reads}");
    assert!(world.auth.inner.watchers.is_watched(token.tag));
    waiting[0].abort();
    world.auth.sign_out(&token).await.unwrap();
    for waiting in waiting {
        waiting.await.ok();
    }
    assert!(!world.auth.inner.watchers.is_watched(token.tag));
    assert_eq!(Arc::strong_count(&world.auth.inner), 2, "the session has one");
}
