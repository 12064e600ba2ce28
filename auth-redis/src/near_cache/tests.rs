//! What is remembered is good for as long as it must be, and no longer.

use std::{sync::Arc, time::Duration};

use auth_core::{
    session::{Record, Tag, Verifier},
    store::Timestamp,
};
use uuid::Uuid;

use super::{Cache, NearCache, Tracking, cache::Point};

mod orders;

const BOUND: Duration = Duration::from_millis(20);

fn a_cache() -> Arc<Cache> {
    Cache::new(NearCache::default().bound(BOUND).sessions(100))
}

fn a_tag(n: u64) -> Tag {
    Tag::of("user", &n.to_string())
}

fn at(micros: u64) -> Point {
    Point { running: micros, wall: 1 << 50 | micros }
}

/// A record that tells its version.
fn a_record(version: u64) -> Record {
    let time = Timestamp::from_millis(version);
    Record {
        created: time,
        authenticated: time,
        absolute: time,
        idle: time,
        rotated: time,
        fresh: false,
        verifier: Verifier::from_bytes([0; 16]),
        previous: None,
        device: Vec::new(),
        payload: Vec::new(),
    }
}

/// A connection over which a session was read that stays, so that another one can be kept.
fn a_tracking(cache: &Arc<Cache>) -> Tracking {
    let tracking = Tracking::new(Arc::clone(cache));
    let stays = a_tag(0);
    tracking.keep(stays, Uuid::nil(), tracking.stamp(stays), &a_record(0));
    tracking.prove(at(0));
    tracking
}

fn kept(tracking: &Tracking, tag: Tag, id: Uuid) {
    tracking.keep(tag, id, tracking.stamp(tag), &a_record(1));
}

fn is_known(tracking: &Tracking, tag: Tag, id: Uuid, now: Point) -> bool {
    tracking.recall(tag, id, now).is_some()
}

#[test]
fn what_was_read_is_known_until_its_principal_changes() {
    let cache = a_cache();
    let tracking = a_tracking(&cache);
    let (ann, bob, id) = (a_tag(1), a_tag(2), Uuid::from_u128(1));
    kept(&tracking, ann, id);
    kept(&tracking, bob, id);
    assert!(is_known(&tracking, ann, id, at(1)) && is_known(&tracking, bob, id, at(1)));
    assert!(!is_known(&tracking, ann, Uuid::from_u128(2), at(1)));
    cache.changed(ann);
    assert!(!is_known(&tracking, ann, id, at(1)) && is_known(&tracking, bob, id, at(1)));
    cache.changed_at(format!("shop:auth:{bob}").as_bytes());
    assert!(!is_known(&tracking, bob, id, at(1)));
}

#[test]
fn keys_that_are_no_principals_are_taken_for_none() {
    let cache = a_cache();
    for key in ["", "auth:!key", "auth:!count:{AAAAAAAAAAAAAAAA}", "auth:ÄÄÄÄÄÄÄÄ"] {
        cache.changed_at(key.as_bytes());
    }
}

#[test]
fn nothing_is_known_from_the_bound_on_by_either_clock() {
    let cache = a_cache();
    let tracking = a_tracking(&cache);
    let (ann, id) = (a_tag(1), Uuid::from_u128(1));
    kept(&tracking, ann, id);
    let bound = u64::try_from(BOUND.as_micros()).unwrap_or_default();
    assert!(is_known(&tracking, ann, id, at(bound - 1)));
    assert!(!is_known(&tracking, ann, id, at(bound)));
    let slept = Point { running: 1, ..at(bound) };
    let set_back = Point { wall: at(0).wall - 1, ..at(1) };
    assert!(!is_known(&tracking, ann, id, slept) && !is_known(&tracking, ann, id, set_back));
    tracking.prove(at(bound));
    assert!(is_known(&tracking, ann, id, at(bound)));
}

#[test]
fn another_connection_knows_nothing_of_what_was_read_over_this_one() {
    let cache = a_cache();
    let (this, other) = (a_tracking(&cache), a_tracking(&cache));
    let (ann, id) = (a_tag(1), Uuid::from_u128(1));
    kept(&this, ann, id);
    assert!(is_known(&this, ann, id, at(1)) && !is_known(&other, ann, id, at(1)));
    this.forget();
    assert!(!is_known(&this, ann, id, at(1)));
}

#[test]
fn the_first_session_is_the_probe_and_good_when_it_is_read_again() {
    let tracking = Tracking::new(a_cache());
    tracking.prove(at(0));
    let (ann, id) = (a_tag(1), Uuid::from_u128(1));
    kept(&tracking, ann, id);
    assert_eq!(tracking.probe(), Some((ann, id)));
    assert!(!is_known(&tracking, ann, id, at(1)));
    kept(&tracking, ann, id);
    assert!(is_known(&tracking, ann, id, at(1)));
    tracking.forget();
    assert_eq!(tracking.probe(), None);
}

#[test]
fn memory_is_bounded_by_number_and_size() {
    let cache = a_cache();
    let tracking = a_tracking(&cache);
    for n in 1..1000 {
        kept(&tracking, a_tag(n), Uuid::from_u128(n.into()));
    }
    assert!((50..=200).contains(&cache.len()), "{}", cache.len());
    let (ann, id) = (a_tag(1), Uuid::from_u128(1 << 64));
    for (size, fits) in [(4096, true), (4097, false)] {
        cache.changed(ann);
        let record = Record { payload: vec![0; size], ..a_record(1) };
        tracking.keep(ann, id, tracking.stamp(ann), &record);
        assert_eq!(is_known(&tracking, ann, id, at(1)), fits, "{size}");
    }
}
