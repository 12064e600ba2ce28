//! One step at a time, from any record that may be met.

use auth_core::{
    session::{Previous, lifecycle},
    store::Rotated,
};
use proptest::sample::select;

use super::*;

/// A record as it may be met, its times relative to now in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Met {
    pub(super) rotated: i64,
    pub(super) idle: i64,
    pub(super) absolute: i64,
    pub(super) fresh: bool,
    pub(super) previous: bool,
    pub(super) payload: Vec<u8>,
}

impl Met {
    pub(super) fn at(&self, now: Timestamp) -> Record {
        let moment = |millis: i64| Timestamp::from_millis(now.as_millis().saturating_add_signed(millis));
        Record {
            created: moment(-5_000),
            authenticated: moment(-4_000),
            absolute: moment(self.absolute),
            idle: moment(self.idle),
            rotated: moment(self.rotated),
            fresh: self.fresh,
            verifier: current(),
            previous: self.previous.then_some(Previous { verifier: previous(), nonce: [9; 16] }),
            device: b"a device".to_vec(),
            payload: self.payload.clone(),
        }
    }
}

/// The grace time in microseconds, with the limits around which something changes.
const GRACES: [u64; 4] = [0, 30_000, 2_500, 1_000];

fn a_record() -> impl Strategy<Value = Met> {
    // A step takes less than a millisecond, so that each side of a limit is met.
    let rotated = prop_oneof![
        select(vec![0_i64, -1, -2, -3, -4, -5, -6, -29, -30, -31, -32, -59, -60, -61, -62, -4_000, 5, 1_000]),
        -70_i64..1,
    ];
    let left = || prop_oneof![3 => 1_000_i64..1_000_000, 1 => select(vec![-100_i64, -1, 0, 1, 2, 3])];
    let payload = proptest::collection::vec(any::<u8>(), 0..80);
    (rotated, left(), left(), any::<bool>(), any::<bool>(), payload).prop_map(
        |(rotated, idle, absolute, fresh, previous, payload)| Met {
            rotated,
            idle,
            absolute,
            fresh,
            previous,
            payload,
        },
    )
}

/// Presented secrets: the verifier that counts, and where among others it stands.
fn a_secret() -> impl Strategy<Value = (Verifier, usize, usize)> {
    (select(vec![current(), current(), previous(), verifiers()[3]]), 0_usize..3, 0_usize..3)
}

/// The verifiers of server keys that have nothing to do with it, around one.
fn among_others((verifier, before, behind): (Verifier, usize, usize)) -> Value {
    let other = [0xee; 16];
    bytes(&[vec![other; before], vec![*verifier.as_bytes()], vec![other; behind]].concat().concat())
}

fn an_idle_time() -> impl Strategy<Value = Duration> {
    select(vec![0_u64, 1, 1_500, 30_000, 3_000_000]).prop_map(Duration::from_millis)
}

#[test]
fn rotate_is_the_rule() {
    let input = (a_record(), a_secret(), select(GRACES.to_vec()), an_idle_time());
    run(1500, &input, &async |bench, (met, secret, grace, idle)| {
        let (at, id) = (Tag::of("user", "rotate"), Uuid::from_u128(7));
        let before = met.at(bench.now().await);
        bench.put(at, id, &before).await;
        let untouched = bench.expiry(at).await;
        let have = Presented::from(secret.0);
        let step = Rotate { have, next: next(), nonce: [5; 16], grace: Duration::from_micros(grace), idle };
        let mut call = Call::rotate(at, id, &step, Timestamp::default());
        call.arguments[1] = among_others(secret);
        let reply = bench.call(&call).await;
        let (expected, kept) = match lifecycle::rotate(&before, &step, reply.time) {
            Rotated::Next(record) => ("next", Some(record)),
            Rotated::Again(record) => ("again", Some(record)),
            Rotated::Same(record) => ("same", Some(record)),
            Rotated::Stale => ("stale", Some(before.clone())),
            Rotated::Reuse(record) => {
                assert_eq!(reply.record().unwrap(), record);
                ("reuse", None)
            }
            Rotated::Gone => ("gone", None),
        };
        assert_eq!(reply.word, expected);
        assert_eq!(bench.kept(at, id).await, kept);
        if let ("next" | "again" | "same", Some(record)) = (expected, kept) {
            assert_eq!(reply.record().unwrap(), record);
            assert_eq!(
                bench.expiry(at).await,
                untouched.max(if record == before { untouched } else { record.idle })
            );
        }
    });
}

#[test]
fn touch_is_the_rule() {
    let input = (a_record(), a_secret(), select(GRACES.to_vec()), an_idle_time());
    run(1500, &input, &async |bench, (met, secret, grace, idle)| {
        let (at, id) = (Tag::of("user", "touch"), Uuid::from_u128(7));
        let before = met.at(bench.now().await);
        bench.put(at, id, &before).await;
        let untouched = bench.expiry(at).await;
        let step = Touch { have: Presented::from(secret.0), grace: Duration::from_micros(grace), idle };
        let mut call = Call::touch(at, id, &step, Timestamp::default());
        call.arguments[1] = among_others(secret);
        let reply = bench.call(&call).await;
        if let Some(record) = lifecycle::touch(&before, &step, reply.time) {
            assert_eq!(reply.word, "touched");
            assert_eq!(bench.expiry(at).await, untouched.max(record.idle));
            assert_eq!(bench.kept(at, id).await, Some(record));
        } else {
            assert_eq!(reply.word, "refused");
            let gone = lifecycle::is_expired(&before, reply.time);
            assert_eq!(bench.kept(at, id).await, (!gone).then_some(before));
        }
    });
}
