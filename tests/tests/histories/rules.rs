//! Each of the five rules of refresh is needed: without it some honest browser is refused, or taken for a thief.

use std::collections::BTreeMap;
use std::sync::Mutex;

use auth_core::session::{Presented, Record, Tag, Verifier};
use auth_core::store::{Found, MemoryStore, Rotate, Rotated, SessionStore, StoreResult, Timestamp, Touch};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use uuid::Uuid;

use super::browser::{Browsing, Kept, Which, browsing, is_served};
use super::world::{World, runtime};

/// Within so many histories one is found that fails.
const HISTORIES: u32 = 1_000;

/// The rules that a store keeps: R5 is about answers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    R1,
    R2,
    R3,
    R4,
}

/// A store that keeps all rules but one.
struct Without {
    rule: Option<Rule>,
    store: MemoryStore,
    /// When the secret of each session was rotated, whenever its successor was used.
    rotations: Mutex<BTreeMap<Uuid, Timestamp>>,
}

impl Without {
    fn lacks(&self, rule: Rule) -> bool {
        self.rule == Some(rule)
    }

    async fn record(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        Ok(self.store.read(at, id).await?.map(|found| found.record))
    }

    fn rotation(&self, id: Uuid) -> Option<Timestamp> {
        self.rotations.lock().unwrap().get(&id).copied()
    }
}

fn is(have: &Presented, verifier: Verifier) -> bool {
    have.verifiers().contains(&verifier)
}

impl SessionStore for Without {
    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        let Some(mut found) = self.store.read(at, id).await? else { return Ok(None) };
        // R1: the previous secret refreshes, and signs nobody in.
        if self.lacks(Rule::R1) {
            found.record.previous = None;
        }
        // R4: the grace time counts from the rotation.
        if self.lacks(Rule::R4) && !found.record.fresh {
            found.record.rotated = self.rotation(id).unwrap_or(found.record.rotated);
        }
        Ok(Some(found))
    }

    async fn rotate(&self, at: Tag, id: Uuid, mut step: Rotate) -> StoreResult<Rotated> {
        let Some(record) = self.record(at, id).await? else { return Ok(Rotated::Gone) };
        // R3: the current secret rotates, whatever previous one is still good.
        if self.lacks(Rule::R3) && is(&step.have, record.verifier) {
            step.grace = std::time::Duration::ZERO;
        }
        if self.lacks(Rule::R4) && !record.fresh {
            let since = self.rotation(id).map(|rotation| record.rotated.since(rotation));
            step.grace = step.grace.saturating_sub(since.unwrap_or_default());
        }
        let (touch, next) =
            (Touch { have: step.have.clone(), grace: step.grace, idle: step.idle }, step.next);
        let rotated = self.store.rotate(at, id, step).await?;
        if let Rotated::Next(record) = &rotated {
            self.rotations.lock().unwrap().insert(id, record.rotated);
            // R2: the previous secret goes whether or not its successor has been seen.
            if self.lacks(Rule::R2) {
                self.store.touch(at, id, Touch { have: next.into(), ..touch }).await?;
            }
        }
        Ok(rotated)
    }

    auth_tests::pass_on!(store: login_begins now create touch renew list update count refund end end_all server_key);
}

/// Half a grace time at each step of waiting: answers come late, and not too late.
fn late_answers() -> impl Strategy<Value = Vec<Browsing>> {
    let which = prop_oneof![Just(Which::Oldest), Just(Which::Newest)];
    let step = prop_oneof![
        Just(Browsing::Use),
        Just(Browsing::Refresh),
        which.prop_map(Browsing::Arrives),
        Just(Browsing::Later(14_000)),
    ];
    proptest::collection::vec(step, 60..61)
}

/// Whether one of many histories, the same each time, fails.
fn fails(histories: &impl Strategy<Value = Vec<Browsing>>, rule: Option<Rule>, kept: Kept) -> bool {
    let world = World::memory(|store| Without { rule, store, rotations: Mutex::default() });
    let runtime = runtime();
    let config = ProptestConfig {
        cases: HISTORIES,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    };
    let same_each_time = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, same_each_time)
        .run(histories, |history| runtime.block_on(is_served(&world, &history, kept)))
        .is_err()
}

#[test]
fn with_all_rules_no_history_fails() {
    assert!(!fails(&browsing(), None, Kept::SetsNoCookie));
    assert!(!fails(&late_answers(), None, Kept::SetsNoCookie));
}

#[test]
fn without_r1_a_request_with_the_previous_secret_is_refused() {
    assert!(fails(&browsing(), Some(Rule::R1), Kept::SetsNoCookie));
}

#[test]
fn without_r2_a_lost_answer_is_a_theft() {
    assert!(fails(&browsing(), Some(Rule::R2), Kept::SetsNoCookie));
}

#[test]
fn without_r3_a_slow_tab_is_refused() {
    assert!(fails(&browsing(), Some(Rule::R3), Kept::SetsNoCookie));
}

#[test]
fn without_r4_a_late_first_use_refuses_what_is_on_its_way() {
    assert!(fails(&browsing(), Some(Rule::R4), Kept::SetsNoCookie));
}

#[test]
fn without_r5_a_late_answer_brings_an_old_cookie_back() {
    assert!(fails(&late_answers(), None, Kept::SetsTheCookieAgain));
}
