//! What every session store keeps to, for Redis and for memory alike.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use auth_core::{
    MemoryStore, ServerKey, WhenFull,
    session::{Verifier, lifecycle},
    store::{Created, Rotate, Rotated, SessionStore, Touch},
};
use auth_redis::RedisStore;
use support::{
    MINUTE, RedisCluster, RedisServer, a_principal, a_session, a_verifier, activity, an_id, is_there, limit,
    open, rotation, store_on,
};
use tokio::{sync::OnceCell, time::sleep};

mod support;

/// One for all laws: six servers take their time to start.
static CLUSTER: OnceCell<RedisCluster> = OnceCell::const_new();

/// Each law as a test of each store.
macro_rules! laws {
    ($($law:ident)*) => {
        mod memory {
            $(#[tokio::test] async fn $law() { super::$law(&super::MemoryStore::new()).await; })*
        }
        mod redis {
            $(#[tokio::test] async fn $law() {
                let server = super::RedisServer::start().await;
                super::$law(&super::store_on(&server).await).await;
            })*
        }
        mod cluster {
            $(#[tokio::test] async fn $law() {
                let cluster = super::CLUSTER.get_or_init(super::RedisCluster::start).await;
                super::$law(&super::RedisStore::connect(cluster.url()).await.unwrap()).await;
            })*
        }
    };
}

laws! {
    a_session_is_read_as_it_was_opened
    an_id_is_used_once
    principals_have_nothing_in_common
    the_oldest_session_makes_room
    a_full_principal_may_be_refused
    a_session_that_is_replaced_ends_and_makes_room
    what_has_expired_takes_no_room
    the_limits_are_those_of_the_lifecycle
    a_login_that_began_before_all_sessions_ended_is_refused
    a_login_that_begins_after_all_sessions_ended_succeeds_at_once
    all_sessions_end_but_the_one_that_is_kept
    many_sessions_end_at_once
    ending_gives_the_record_once
    a_refresh_is_the_same_for_all_who_come_with_the_old_secret
    nothing_rotates_while_the_old_secret_is_good
    the_old_secret_is_good_until_its_successor_is_used_and_grace_has_passed
    a_successor_that_was_lost_does_not_end_the_session
    an_older_secret_ends_the_session_at_a_refresh
    activity_moves_the_idle_limit_and_not_the_absolute_one
    activity_needs_a_good_secret
    nothing_brings_an_ended_session_back
    an_expired_session_is_gone
    refreshes_at_the_same_time_agree
    the_first_server_key_is_everybodys
}

async fn a_session_is_read_as_it_was_opened<S: SessionStore>(store: &S) {
    let (at, new) = (a_principal(), a_session(store));
    let Created::Opened { at: when, evicted } = store.create(at, new.clone()).await.unwrap() else {
        panic!("not opened")
    };
    assert!(evicted.is_empty());
    let found = store.read(at, new.id).await.unwrap().unwrap();
    assert_eq!(found.record, lifecycle::open(&new, when));
    assert!(
        found.now.since(when) < Duration::from_secs(5) && when.since(found.now) < Duration::from_millis(50)
    );
    assert!(store.read(at, an_id()).await.unwrap().is_none());
}

async fn an_id_is_used_once<S: SessionStore>(store: &S) {
    let at = a_principal();
    let first = open(store, at).await;
    let mut second = a_session(store);
    second.id = first.id;
    assert_eq!(store.create(at, second).await.unwrap(), Created::Exists);
    assert_eq!(store.read(at, first.id).await.unwrap().unwrap().record.verifier, first.verifier);
}

async fn principals_have_nothing_in_common<S: SessionStore>(store: &S) {
    let (one, other) = (a_principal(), a_principal());
    let new = open(store, one).await;
    assert!(!is_there(store, other, new.id).await);
    assert!(store.end(other, new.id).await.unwrap().is_none());
    assert!(store.end_all(other, None).await.unwrap().is_empty());
    assert!(is_there(store, one, new.id).await);
}

async fn the_oldest_session_makes_room<S: SessionStore>(store: &S) {
    let at = a_principal();
    let mut opened = Vec::new();
    for _ in 0..3 {
        opened.push(open(store, at).await.id);
        sleep(Duration::from_millis(2)).await;
    }
    let mut new = a_session(store);
    new.limit = limit(2, WhenFull::EndOldest);
    let Created::Opened { evicted, .. } = store.create(at, new.clone()).await.unwrap() else {
        panic!("not opened")
    };
    assert_eq!(evicted, opened[..2]);
    assert!(!is_there(store, at, opened[0]).await && !is_there(store, at, opened[1]).await);
    assert!(is_there(store, at, opened[2]).await && is_there(store, at, new.id).await);
}

async fn a_full_principal_may_be_refused<S: SessionStore>(store: &S) {
    let at = a_principal();
    let (one, two) = (open(store, at).await, open(store, at).await);
    let mut new = a_session(store);
    new.limit = limit(2, WhenFull::Refuse);
    assert_eq!(store.create(at, new.clone()).await.unwrap(), Created::Full);
    assert!(is_there(store, at, one.id).await && is_there(store, at, two.id).await);
    new.limit = limit(3, WhenFull::Refuse);
    assert!(matches!(store.create(at, new).await.unwrap(), Created::Opened { .. }));
}

async fn a_session_that_is_replaced_ends_and_makes_room<S: SessionStore>(store: &S) {
    let at = a_principal();
    let old = open(store, at).await;
    let mut new = a_session(store);
    new.limit = limit(1, WhenFull::Refuse);
    new.replace = Some(old.id);
    let Created::Opened { evicted, .. } = store.create(at, new.clone()).await.unwrap() else {
        panic!("not opened")
    };
    assert!(evicted.is_empty());
    assert!(!is_there(store, at, old.id).await && is_there(store, at, new.id).await);
}

async fn what_has_expired_takes_no_room<S: SessionStore>(store: &S) {
    let at = a_principal();
    let mut short = a_session(store);
    short.idle = Duration::from_millis(20);
    store.create(at, short.clone()).await.unwrap();
    let long = open(store, at).await;
    sleep(Duration::from_millis(30)).await;
    let mut new = a_session(store);
    new.limit = limit(2, WhenFull::Refuse);
    let Created::Opened { evicted, .. } = store.create(at, new).await.unwrap() else { panic!("not opened") };
    assert!(evicted.is_empty());
    assert!(!is_there(store, at, short.id).await && is_there(store, at, long.id).await);
}

async fn the_limits_are_those_of_the_lifecycle<S: SessionStore>(store: &S) {
    let (at, mut new) = (a_principal(), a_session(store));
    new.idle = 20 * MINUTE;
    new.absolute = MINUTE;
    let Created::Opened { at: when, .. } = store.create(at, new.clone()).await.unwrap() else {
        panic!("not opened")
    };
    let record = store.read(at, new.id).await.unwrap().unwrap().record;
    assert_eq!((record.idle, record.absolute), (when.to_millis() + MINUTE, when.to_millis() + MINUTE));
}

async fn a_login_that_began_before_all_sessions_ended_is_refused<S: SessionStore>(store: &S) {
    // With sessions to end, and without.
    for sessions in [2, 0] {
        let at = a_principal();
        for _ in 0..sessions {
            open(store, at).await;
        }
        let begun = a_session(store);
        sleep(Duration::from_millis(5)).await;
        assert_eq!(store.end_all(at, None).await.unwrap().len(), sessions);
        assert_eq!(store.create(at, begun.clone()).await.unwrap(), Created::Fenced);
        assert!(!is_there(store, at, begun.id).await);
    }
}

async fn a_login_that_begins_after_all_sessions_ended_succeeds_at_once<S: SessionStore>(store: &S) {
    let at = a_principal();
    for _ in 0..50 {
        store.end_all(at, None).await.unwrap();
        open(store, at).await;
    }
}

async fn all_sessions_end_but_the_one_that_is_kept<S: SessionStore>(store: &S) {
    let at = a_principal();
    let (one, kept, two) = (open(store, at).await.id, open(store, at).await.id, open(store, at).await.id);
    let mut ended = store.end_all(at, Some(kept)).await.unwrap();
    ended.sort();
    assert_eq!(ended, [one, two]);
    assert!(
        is_there(store, at, kept).await && !is_there(store, at, one).await && !is_there(store, at, two).await
    );
    assert_eq!(store.end_all(at, Some(an_id())).await.unwrap(), [kept], "the one to keep need not be there");
    assert!(store.end_all(at, None).await.unwrap().is_empty());
}

async fn many_sessions_end_at_once<S: SessionStore>(store: &S) {
    let at = a_principal();
    let mut opened = Vec::new();
    for _ in 0..1000 {
        let mut new = a_session(store);
        new.limit = limit(2000, WhenFull::Refuse);
        opened.push(new.id);
        assert!(matches!(store.create(at, new).await.unwrap(), Created::Opened { .. }));
    }
    let mut ended = store.end_all(at, None).await.unwrap();
    ended.sort();
    assert_eq!(ended, opened);
}

async fn ending_gives_the_record_once<S: SessionStore>(store: &S) {
    let at = a_principal();
    let new = open(store, at).await;
    let before = store.read(at, new.id).await.unwrap().unwrap().record;
    assert_eq!(store.end(at, new.id).await.unwrap(), Some(before));
    assert!(store.end(at, new.id).await.unwrap().is_none());
    assert!(!is_there(store, at, new.id).await);
}

async fn a_refresh_is_the_same_for_all_who_come_with_the_old_secret<S: SessionStore>(store: &S) {
    let at = a_principal();
    let new = open(store, at).await;
    let (first, second) = (rotation(new.verifier, a_verifier()), rotation(new.verifier, a_verifier()));
    let Rotated::Next(next) = store.rotate(at, new.id, first.clone()).await.unwrap() else {
        panic!("not rotated")
    };
    assert_eq!((next.verifier, next.fresh), (first.next, true));
    let previous = next.previous.clone().unwrap();
    assert_eq!((previous.verifier, previous.nonce), (new.verifier, first.nonce));
    assert_eq!(next.payload, new.payload);
    let Rotated::Again(again) = store.rotate(at, new.id, second).await.unwrap() else { panic!("not again") };
    assert_eq!((again.verifier, again.previous), (first.next, Some(previous)));
}

async fn nothing_rotates_while_the_old_secret_is_good<S: SessionStore>(store: &S) {
    let at = a_principal();
    let new = open(store, at).await;
    let next = a_verifier();
    store.rotate(at, new.id, rotation(new.verifier, next)).await.unwrap();
    // Its first use is this refresh, then it is too early.
    for _ in 0..2 {
        let Rotated::Same(same) = store.rotate(at, new.id, rotation(next, a_verifier())).await.unwrap()
        else {
            panic!("rotated")
        };
        assert_eq!((same.verifier, same.fresh), (next, false));
        assert_eq!(same.previous.unwrap().verifier, new.verifier);
    }
}

async fn the_old_secret_is_good_until_its_successor_is_used_and_grace_has_passed<S: SessionStore>(store: &S) {
    let at = a_principal();
    let new = open(store, at).await;
    let (next, grace) = (a_verifier(), Duration::from_millis(300));
    let step = |have| Rotate { grace, ..rotation(have, next) };
    let touch = |have| Touch { grace, ..activity(have) };
    store.rotate(at, new.id, step(new.verifier)).await.unwrap();
    assert!(store.touch(at, new.id, touch(next)).await.unwrap());
    assert!(store.touch(at, new.id, touch(new.verifier)).await.unwrap(), "within grace");
    assert!(matches!(store.rotate(at, new.id, step(new.verifier)).await.unwrap(), Rotated::Again(_)));
    sleep(grace + Duration::from_millis(10)).await;
    assert!(!store.touch(at, new.id, touch(new.verifier)).await.unwrap(), "grace has passed");
    assert!(store.touch(at, new.id, touch(next)).await.unwrap());
    let record = store.read(at, new.id).await.unwrap().unwrap().record;
    assert_eq!((record.previous, record.fresh), (None, false), "the old secret is forgotten");
}

async fn a_successor_that_was_lost_does_not_end_the_session<S: SessionStore>(store: &S) {
    let at = a_principal();
    let new = open(store, at).await;
    let (next, grace) = (a_verifier(), Duration::from_millis(20));
    let step = |have| Rotate { grace, ..rotation(have, next) };
    store.rotate(at, new.id, step(new.verifier)).await.unwrap();
    sleep(2 * grace).await;
    let Rotated::Again(record) = store.rotate(at, new.id, step(new.verifier)).await.unwrap() else {
        panic!("not again")
    };
    assert_eq!(record.verifier, next);
}

async fn an_older_secret_ends_the_session_at_a_refresh<S: SessionStore>(store: &S) {
    let at = a_principal();
    let new = open(store, at).await;
    let grace = Duration::from_millis(200);
    let step = |have| Rotate { grace, ..rotation(have, a_verifier()) };
    let stolen = a_verifier();
    assert_eq!(
        store.rotate(at, new.id, step(stolen)).await.unwrap(),
        Rotated::Stale,
        "it may have been good just now"
    );
    sleep(grace + Duration::from_millis(10)).await;
    let before = store.read(at, new.id).await.unwrap().unwrap().record;
    assert_eq!(store.rotate(at, new.id, step(stolen)).await.unwrap(), Rotated::Reuse(before));
    assert!(!is_there(store, at, new.id).await);
    assert_eq!(store.rotate(at, new.id, step(new.verifier)).await.unwrap(), Rotated::Gone);
}

async fn activity_moves_the_idle_limit_and_not_the_absolute_one<S: SessionStore>(store: &S) {
    let at = a_principal();
    let new = open(store, at).await;
    let before = store.read(at, new.id).await.unwrap().unwrap().record;
    let longer = |idle| Touch { idle, ..activity(new.verifier) };
    assert!(store.touch(at, new.id, longer(3 * MINUTE)).await.unwrap());
    let after = store.read(at, new.id).await.unwrap().unwrap().record;
    assert!(after.idle >= before.idle + 2 * MINUTE);
    assert!(store.touch(at, new.id, longer(MINUTE)).await.unwrap());
    assert_eq!(store.read(at, new.id).await.unwrap().unwrap().record, after, "never back");
    assert!(store.touch(at, new.id, longer(100 * MINUTE)).await.unwrap());
    let last = store.read(at, new.id).await.unwrap().unwrap().record;
    assert_eq!((last.idle, last.absolute), (before.absolute, before.absolute));
}

async fn activity_needs_a_good_secret<S: SessionStore>(store: &S) {
    let at = a_principal();
    let new = open(store, at).await;
    let before = store.read(at, new.id).await.unwrap().unwrap().record;
    let touch = Touch { idle: 5 * MINUTE, ..activity(a_verifier()) };
    assert!(!store.touch(at, new.id, touch.clone()).await.unwrap());
    assert!(!store.touch(at, an_id(), touch).await.unwrap());
    assert_eq!(store.read(at, new.id).await.unwrap().unwrap().record, before);
}

async fn nothing_brings_an_ended_session_back<S: SessionStore>(store: &S) {
    let at = a_principal();
    let new = open(store, at).await;
    store.end(at, new.id).await.unwrap();
    assert!(!store.touch(at, new.id, activity(new.verifier)).await.unwrap());
    assert_eq!(store.rotate(at, new.id, rotation(new.verifier, a_verifier())).await.unwrap(), Rotated::Gone);
    assert!(!is_there(store, at, new.id).await);
}

async fn an_expired_session_is_gone<S: SessionStore>(store: &S) {
    let (at, mut new) = (a_principal(), a_session(store));
    new.idle = Duration::from_millis(20);
    store.create(at, new.clone()).await.unwrap();
    open(store, at).await;
    sleep(Duration::from_millis(30)).await;
    if let Some(found) = store.read(at, new.id).await.unwrap() {
        assert!(lifecycle::is_expired(&found.record, found.now));
    }
    assert!(!store.touch(at, new.id, activity(new.verifier)).await.unwrap());
    assert_eq!(store.rotate(at, new.id, rotation(new.verifier, a_verifier())).await.unwrap(), Rotated::Gone);
}

async fn refreshes_at_the_same_time_agree<S: SessionStore>(store: &S) {
    let at = a_principal();
    for _ in 0..50 {
        let new = open(store, at).await;
        let step = || store.rotate(at, new.id, rotation(new.verifier, a_verifier()));
        let (one, two, three) = tokio::join!(step(), step(), step());
        let verifiers: Vec<Verifier> = [one, two, three]
            .into_iter()
            .map(|outcome| match outcome.unwrap() {
                Rotated::Next(record) | Rotated::Again(record) => record.verifier,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(verifiers.iter().all(|verifier| *verifier == verifiers[0]));
    }
}

async fn the_first_server_key_is_everybodys<S: SessionStore>(store: &S) {
    let (one, other) = (ServerKey::from([1; 32]), ServerKey::from([2; 32]));
    assert_eq!(store.server_key(one.clone()).await.unwrap().expose(), one.expose());
    assert_eq!(store.server_key(other).await.unwrap().expose(), one.expose());
}
