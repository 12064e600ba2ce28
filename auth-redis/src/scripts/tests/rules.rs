//! One step at a time, from any record that may be met.

use std::collections::BTreeMap;

use auth_core::{
    session::{Previous, lifecycle},
    store::{Renewed, Rotated},
    throttle::{self, Rate},
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

#[test]
fn renew_is_the_rule() {
    let input = (a_record(), a_secret(), select(GRACES.to_vec()), an_idle_time());
    run(1500, &input, &async |bench, (met, secret, grace, idle)| {
        let (at, id) = (Tag::of("user", "renew"), Uuid::from_u128(7));
        let before = met.at(bench.now().await);
        bench.put(at, id, &before).await;
        let step = Renew {
            have: Presented::from(secret.0),
            next: next(),
            payload: b"another payload".to_vec(),
            grace: Duration::from_micros(grace),
            idle,
            began: Began(0),
        };
        let mut call = Call::renew(at, id, &step, NEVER, NEVER);
        call.arguments[1] = among_others(secret);
        let reply = bench.call(&call).await;
        let (expected, kept) = match lifecycle::renew(&before, &step, reply.time) {
            Renewed::Renewed(record) => ("renewed", Some(record)),
            Renewed::Stale => ("stale", Some(before.clone())),
            Renewed::Gone => ("gone", None),
            Renewed::Fenced => ("fenced", Some(before.clone())),
        };
        assert_eq!(reply.word, expected);
        assert_eq!(bench.kept(at, id).await, kept);
        if expected == "renewed" {
            assert_eq!(reply.record().ok(), kept);
        }
    });
}

#[test]
fn counting_is_the_rule() {
    let rate = || {
        (1_u32..4, select(vec![1_u64, 3, 1_000, 3_600_000]))
            .prop_map(|(burst, millis)| Rate { burst, every: Duration::from_millis(millis) })
    };
    // Steps: count by one, two or three of the counts, or give back.
    let steps = proptest::collection::vec((1_usize..4, any::<bool>()), 1..12);
    run(300, &((rate(), rate(), rate()), steps, any::<u64>()), &async |bench, ((a, b, c), steps, salt)| {
        // Each has a place of its own, as an identifier, it from a network, and a network have.
        let counts = [(1, a), (2, b), (3, c)].map(|(place, rate)| {
            let key = format!("{salt}{place}{rate:?}");
            Count { key: CountKey::of("user", &key), rate }
        });
        let mut arrivals: BTreeMap<CountKey, Timestamp> = BTreeMap::new();
        for (n, give_back) in steps {
            let counts = &counts[..n];
            if give_back {
                let reply = bench.call(&Call::refund(&Counted::list(counts), NEVER)).await;
                for Count { key, rate } in counts {
                    // A count that has expired is kept no longer.
                    let last = arrivals.remove(key).filter(|last| *last > reply.time);
                    if let Some(left) = last.and_then(|last| throttle::refund(last, *rate, reply.time)) {
                        arrivals.insert(*key, left);
                    }
                }
                continue;
            }
            let reply = bench.call(&Call::count(&Counted::list(counts), NEVER)).await;
            let outcomes: Vec<_> = counts
                .iter()
                .map(|Count { key, rate }| throttle::count(arrivals.get(key).copied(), *rate, reply.time))
                .collect();
            let longest = outcomes.iter().filter_map(|outcome| outcome.err()).max();
            assert_eq!(reply.word, if longest.is_some() { "refused" } else { "counted" });
            if let Some(longest) = longest {
                let refused = reply.refused().unwrap();
                assert_eq!((refused.wait, outcomes[refused.which]), (longest, Err(longest)));
                continue;
            }
            for (Count { key, .. }, arrival) in counts.iter().zip(outcomes) {
                arrivals.insert(*key, arrival.unwrap());
            }
        }
    });
}
