//! The rules of a session's life, at their boundaries.
#![allow(clippy::expect_used, clippy::unchecked_time_subtraction)]

use super::*;
use crate::{policy::Policy, store::Began};

pub(in crate::session) const IDLE: Duration = Duration::from_mins(10);
pub(in crate::session) const ABSOLUTE: Duration = Duration::from_hours(1);
const GRACE: Duration = Duration::from_secs(30);
const MILLI: Duration = Duration::from_millis(1);
pub(in crate::session) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// The verifiers of a session's first, second, third … secret.
fn verifier(n: u8) -> Verifier {
    Verifier::from_bytes([n; 16])
}

pub(in crate::session) fn opened() -> Record {
    let new = NewSession {
        id: uuid::Uuid::nil(),
        verifier: verifier(1),
        payload: b"payload".to_vec(),
        device: b"device".to_vec(),
        idle: IDLE,
        absolute: ABSOLUTE,
        limit: Policy::DEFAULT.limit(),
        began: Began(0),
        replace: None,
    };
    open(&new, START)
}

fn refresh(record: &Record, have: u8, next: u8, now: Timestamp) -> Rotated {
    let step = Rotate {
        have: verifier(have).into(),
        next: verifier(next),
        nonce: [next; 16],
        grace: GRACE,
        idle: IDLE,
    };
    rotate(record, &step, now)
}

fn use_of(record: &Record, have: u8, now: Timestamp) -> Option<Record> {
    touch(record, &Touch { have: verifier(have).into(), grace: GRACE, idle: IDLE }, now)
}

fn stands(record: &Record, have: u8, now: Timestamp) -> Standing {
    standing(record, &verifier(have).into(), now, GRACE)
}

/// A session whose first secret was rotated to the second, a minute after it was opened.
fn rotated() -> (Record, Timestamp) {
    let now = START + 2 * GRACE;
    let Rotated::Next(record) = refresh(&opened(), 1, 2, now) else { panic!("the first refresh rotates") };
    (record, now)
}

#[test]
fn the_idle_limit_ends_a_session_to_the_millisecond() {
    let record = opened();
    assert_eq!(stands(&record, 1, START + (IDLE - MILLI)), Standing::Current);
    assert_eq!(stands(&record, 1, START + IDLE), Standing::Expired);
    assert_eq!(refresh(&record, 1, 2, START + IDLE), Rotated::Gone);
    assert_eq!(use_of(&record, 1, START + IDLE), None);
}

#[test]
fn activity_moves_the_idle_limit_and_never_past_the_absolute_one() {
    let mut record = opened();
    let mut now = START;
    while now + IDLE / 2 < START + ABSOLUTE {
        now = now + IDLE / 2;
        record = use_of(&record, 1, now).expect("alive");
        assert_eq!(record.idle, (now + IDLE).min(START + ABSOLUTE));
    }
    assert_eq!(stands(&record, 1, START + (ABSOLUTE - MILLI)), Standing::Current);
    assert_eq!(stands(&record, 1, START + ABSOLUTE), Standing::Expired);
    assert_eq!(use_of(&record, 1, START + ABSOLUTE), None);
}

#[test]
fn a_clock_that_steps_back_shortens_nothing() {
    let later = use_of(&opened(), 1, START + IDLE / 2).expect("alive");
    let back = use_of(&later, 1, START).expect("alive");
    assert_eq!(back.idle, later.idle);
}

#[test]
fn another_secret_is_stale() {
    assert_eq!(stands(&opened(), 9, START), Standing::Stale);
    assert_eq!(use_of(&opened(), 9, START), None);
}

#[test]
fn refresh_rotates_the_secret_and_keeps_the_rest() {
    let (record, now) = rotated();
    let before = opened();
    assert_eq!(record.verifier, verifier(2));
    assert_eq!(record.previous, Some(Previous { verifier: verifier(1), nonce: [2; 16] }));
    assert!(record.fresh);
    assert_eq!((record.created, record.authenticated, record.absolute), (START, START, before.absolute));
    assert_eq!((record.rotated, record.idle), (now, now + IDLE));
    assert_eq!(record.payload, before.payload);
}

#[test]
fn r1_the_previous_secret_authenticates_for_as_long_as_it_refreshes() {
    let (record, now) = rotated();
    let used = use_of(&record, 2, now + GRACE).expect("alive");
    for (record, now) in [(&record, now), (&used, now + GRACE), (&used, now + (2 * GRACE - MILLI))] {
        assert_eq!(stands(record, 1, now), Standing::Previous);
        assert!(matches!(refresh(record, 1, 9, now), Rotated::Again(_)));
    }
    let over = now + 2 * GRACE;
    assert_eq!(stands(&used, 1, over), Standing::Stale);
    assert!(matches!(refresh(&used, 1, 9, over), Rotated::Reuse(_)));
}

#[test]
fn r2_the_previous_secret_stays_good_until_its_successor_is_used() {
    let (record, now) = rotated();
    let much_later = now + (IDLE - MILLI);
    assert_eq!(stands(&record, 1, much_later), Standing::Previous);
    let Rotated::Again(again) = refresh(&record, 1, 9, much_later) else {
        panic!("a lost answer is no theft")
    };
    assert_eq!((again.verifier, again.previous), (record.verifier, record.previous.clone()));
    assert_eq!(use_of(&record, 1, much_later).map(|record| record.fresh), Some(true));
}

#[test]
fn r3_nothing_rotates_while_a_previous_secret_is_good() {
    let (record, now) = rotated();
    let used = use_of(&record, 2, now).expect("alive");
    assert_eq!(refresh(&used, 2, 3, now + (GRACE - MILLI)), Rotated::Same(used.clone()));
    assert!(matches!(refresh(&used, 2, 3, now + GRACE), Rotated::Next(_)));
}

#[test]
fn r4_grace_counts_from_the_first_use_of_the_successor() {
    let (record, now) = rotated();
    let first_use = now + GRACE;
    let used = use_of(&record, 2, first_use).expect("alive");
    assert_eq!((used.fresh, used.rotated), (false, first_use));
    assert_eq!(stands(&used, 1, first_use + (GRACE - MILLI)), Standing::Previous);
    assert_eq!(stands(&used, 1, first_use + GRACE), Standing::Stale);
    // A refresh with the successor is a first use as well.
    let Rotated::Same(used) = refresh(&record, 2, 3, first_use) else { panic!("too early to rotate") };
    assert_eq!((used.fresh, used.rotated), (false, first_use));
}

#[test]
fn a_secret_of_long_ago_ends_the_session_and_a_recent_one_does_not() {
    let (record, now) = rotated();
    let used = use_of(&record, 2, now).expect("alive");
    let Rotated::Next(second) = refresh(&used, 2, 3, now + GRACE) else { panic!("grace is over") };
    assert_eq!(refresh(&second, 1, 9, now + (2 * GRACE - MILLI)), Rotated::Stale);
    assert!(matches!(refresh(&second, 1, 9, now + 2 * GRACE), Rotated::Reuse(_)));
}

#[test]
fn the_previous_secret_is_forgotten_after_the_grace_time() {
    let (record, now) = rotated();
    let used = use_of(&record, 2, now).expect("alive");
    assert!(use_of(&used, 2, now + (GRACE - MILLI)).expect("alive").previous.is_some());
    assert!(use_of(&used, 2, now + GRACE).expect("alive").previous.is_none());
}

#[test]
fn activity_is_noted_at_the_first_use_of_a_successor_and_each_twentieth_of_the_idle_time() {
    let record = opened();
    let wants = |record: &Record, standing, now| wants_touch(record, standing, now, IDLE);
    assert!(!wants(&record, Standing::Current, START + (IDLE / 20 - MILLI)));
    assert!(wants(&record, Standing::Current, START + IDLE / 20));
    let (rotated, now) = rotated();
    assert!(wants(&rotated, Standing::Current, now));
    assert!(!wants(&rotated, Standing::Previous, now));
    // At the absolute limit there is nothing to move.
    let last = Record { idle: record.absolute, ..record };
    assert!(!wants(&last, Standing::Current, START + (ABSOLUTE - MILLI)));
}

#[test]
fn renew_gives_a_secret_that_follows_from_no_other_and_ends_the_old_ones_at_once() {
    let (record, now) = rotated();
    let later = now + GRACE / 2;
    let step = Renew {
        have: verifier(2).into(),
        next: verifier(9),
        payload: b"another".to_vec(),
        grace: GRACE,
        idle: IDLE,
        began: Began(0),
    };
    let Renewed::Renewed(renewed) = renew(&record, &step, later) else { panic!("it is good") };
    assert_eq!(renewed.verifier, verifier(9));
    assert_eq!(renewed.payload, b"another");
    assert_eq!(
        (renewed.rotated, renewed.authenticated),
        (later, later),
        "a reuse is told from a race by the first"
    );
    assert!(!renewed.fresh && renewed.previous.is_none());
    assert_eq!(stands(&renewed, 2, later), Standing::Stale);
    assert_eq!(stands(&renewed, 1, later), Standing::Stale);
    assert_eq!(stands(&renewed, 9, later), Standing::Current);
}
