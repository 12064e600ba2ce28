//! What is remembered is good for as long as it must be, and no longer.

use std::{sync::Arc, time::Duration};

use auth_core::{
    session::{Record, Tag, Verifier},
    store::Timestamp,
};
use uuid::Uuid;

use super::{Cache, Changing, NearCache, Tracking, cache::Point, canaries::Canaries};

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

/// A connection that was proven.
fn a_tracking(cache: &Arc<Cache>) -> Tracking {
    let tracking = Tracking::new(Arc::clone(cache));
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
    cache.changed_at(bob.as_bytes());
    assert!(!is_known(&tracking, bob, id, at(1)));
}

#[test]
fn a_change_counts_unless_it_is_said_that_there_was_none() {
    let cache = a_cache();
    let tracking = a_tracking(&cache);
    let (ann, id) = (a_tag(1), Uuid::from_u128(1));
    kept(&tracking, ann, id);
    Changing::new(Some(&cache), ann).nothing_happened();
    assert!(is_known(&tracking, ann, id, at(1)));
    drop(Changing::new(Some(&cache), ann));
    assert!(!is_known(&tracking, ann, id, at(1)));
}

#[test]
fn canaries_are_alive_when_both_were_told_of_and_are_as_they_were_written() {
    let told = |canaries: &mut Canaries, keys: &[&str], before| {
        canaries.begin();
        for key in keys {
            canaries.hear(key.as_bytes());
        }
        canaries.are_alive(before)
    };
    let mut canaries = Canaries::new(["a", "b"].map(str::to_owned));
    assert!(!told(&mut canaries, &["a", "b"], [None; 2]));
    assert!(told(&mut canaries, &["a", "b"], [Some(1); 2]));
    assert!(!told(&mut canaries, &["b", "c"], [Some(2); 2]));
    assert!(!told(&mut canaries, &[], [Some(3); 2]));
    assert!(told(&mut canaries, &["b", "a"], [Some(4); 2]));
    assert!(!told(&mut canaries, &["a", "b"], [Some(5), Some(4)]));
    assert!(!told(&mut canaries, &["a", "b"], [None; 2]));
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
fn the_first_that_is_read_says_where_canaries_are_kept() {
    let tracking = Tracking::new(a_cache());
    let (ann, bob, id) = (a_tag(1), a_tag(2), Uuid::from_u128(1));
    kept(&tracking, ann, id);
    kept(&tracking, bob, id);
    assert_eq!(tracking.beside(), Some(ann));
    tracking.forget();
    assert_eq!(tracking.beside(), None);
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
