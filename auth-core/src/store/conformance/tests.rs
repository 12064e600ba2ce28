//! The suite itself: the store in memory keeps every law, and for each law there is a store that breaks it and is found
//! out.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::task::yield_now;
use uuid::Uuid;

use super::{Broken, Candidate, laws, within_patience};
use crate::{
    policy::WhenFull,
    session::{Presented, Record, ServerKey, Tag, lifecycle},
    store::{
        Began, Clock, Created, Found, MemoryStore, NewSession, Renew, Renewed, Rotate, Rotated, SessionStore,
        StoreResult, Timestamp, Touch,
    },
    testing::ManualClock,
    throttle::{Count, Refused},
};

mod memory {
    crate::conformance_tests!(crate::MemoryStore::new());
}

mod memory_with_a_clock_that_stands {
    crate::conformance_tests!({
        let clock = crate::testing::ManualClock::default();
        let store = crate::MemoryStore::with_clock(clock.clone());
        super::Candidate::new(store).with_clock(move |by| clock.advance(by))
    });
}

/// What a store does wrong, named for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    LosesTheDevice,
    KeepsAThousandBytes,
    CreateOverwrites,
    RefusalEndsWhatItWouldReplace,
    LooksForTheIdAlone,
    EvictsTheNewest,
    NeverRefuses,
    WhatIsReplacedTakesRoom,
    WhatHasExpiredTakesRoom,
    IdlePastAbsolute,
    FencesOnlyWhereSessionsAre,
    FencesTheFuture,
    EndsTheOneToKeep,
    EndsTwoHundred,
    EndGivesARecordTwice,
    RotatesTheOldSecretAgain,
    RotatesTooEarly,
    GraceIsForEver,
    GraceCountsFromTheRotation,
    ReuseIsStale,
    KnowsOneServerKey,
    RefreshIsNoActivity,
    TouchMovesBack,
    TouchAsksForNoSecret,
    TouchBringsBack,
    KeepsTheExpired,
    TouchMovesTheAbsoluteLimit,
    RotatesInTwoSteps,
    TheLastServerKeyCounts,
    LateAnswerStartsNoNewTime,
    EndsBetweenTheStepsOfATouch,
    ListsTheExpired,
    RenewKeepsTheOldSecret,
    UpdateForgetsTheDevice,
    CountsWhatItRefuses,
    CountsInTwoSteps,
    GivesNothingBack,
}

/// A store with a fault.
fn faulty(fault: Fault) -> Candidate<Faulty> {
    let clock = ManualClock::default();
    let counts = MemoryStore::with_clock(clock.clone());
    let store = Faulty { fault, clock: clock.clone(), state: Mutex::default(), counts };
    Candidate::new(store).with_clock(move |by| clock.advance(by))
}

/// Runs one law on a store with a fault.
async fn verdict(law: &str, fault: Fault) -> Result<(), Broken> {
    let on = faulty(fault);
    macro_rules! found {
        ($($law:ident)+) => {
            match law {
                $(stringify!($law) => within_patience(laws::$law(&on)).await,)+
                _ => panic!("no law is called `{law}`"),
            }
        };
    }
    crate::conformance_tests!(@list [found])
}

/// A test for each law: a store without a fault keeps it, and one with this fault breaks it.
macro_rules! found_out {
    ($($law:ident: $fault:ident,)+) => {
        $(#[tokio::test] async fn $law() {
            verdict(stringify!($law), Fault::None).await.unwrap();
            let broken = verdict(stringify!($law), Fault::$fault).await;
            assert!(broken.is_err(), "a store with the fault {:?} keeps the law", Fault::$fault);
        })+

        const FOUND_OUT: &[&str] = &[$(stringify!($law)),+];
    };
}

found_out! {
    a_session_is_read_as_it_was_opened: LosesTheDevice,
    a_list_has_the_sessions_that_are_alive: ListsTheExpired,
    a_renewed_session_has_one_good_secret: RenewKeepsTheOldSecret,
    an_update_changes_what_is_carried_and_nothing_else: UpdateForgetsTheDevice,
    a_login_is_counted_by_all_or_by_none: CountsWhatItRefuses,
    logins_at_the_same_time_are_counted_one_by_one: CountsInTwoSteps,
    what_is_given_back_can_be_counted_again: GivesNothingBack,
    what_is_kept_comes_back_byte_for_byte: KeepsAThousandBytes,
    an_id_is_used_once: CreateOverwrites,
    a_login_that_is_refused_changes_nothing: RefusalEndsWhatItWouldReplace,
    principals_have_nothing_in_common: LooksForTheIdAlone,
    the_oldest_session_makes_room: EvictsTheNewest,
    a_full_principal_may_be_refused: NeverRefuses,
    a_session_that_is_replaced_ends_and_makes_room: WhatIsReplacedTakesRoom,
    what_has_expired_takes_no_room: WhatHasExpiredTakesRoom,
    the_limits_are_those_of_the_lifecycle: IdlePastAbsolute,
    a_login_that_began_before_all_sessions_ended_is_refused: FencesOnlyWhereSessionsAre,
    a_login_that_begins_after_all_sessions_ended_succeeds_at_once: FencesTheFuture,
    all_sessions_end_but_the_one_that_is_kept: EndsTheOneToKeep,
    many_sessions_end_at_once: EndsTwoHundred,
    ending_gives_the_record_once: EndGivesARecordTwice,
    a_refresh_is_the_same_for_all_who_come_with_the_old_secret: RotatesTheOldSecretAgain,
    nothing_rotates_while_the_old_secret_is_good: RotatesTooEarly,
    the_old_secret_is_good_until_its_successor_is_used_and_grace_has_passed: GraceIsForEver,
    a_successor_that_was_lost_does_not_end_the_session: GraceCountsFromTheRotation,
    an_older_secret_ends_the_session_at_a_refresh: ReuseIsStale,
    a_secret_is_good_under_any_of_the_server_keys: KnowsOneServerKey,
    a_refresh_moves_the_idle_limit: RefreshIsNoActivity,
    activity_moves_the_idle_limit_and_never_back: TouchMovesBack,
    activity_needs_a_good_secret: TouchAsksForNoSecret,
    nothing_brings_an_ended_session_back: TouchBringsBack,
    an_expired_session_is_gone: KeepsTheExpired,
    nothing_outlives_the_absolute_limit: TouchMovesTheAbsoluteLimit,
    refreshes_at_the_same_time_agree: RotatesInTwoSteps,
    the_first_server_key_is_everybodys: TheLastServerKeyCounts,
    each_step_of_a_history_follows_the_rules: LateAnswerStartsNoNewTime,
    of_two_operations_at_once_one_comes_first: EndsBetweenTheStepsOfATouch,
}

#[test]
fn for_each_law_there_is_a_store_that_breaks_it() {
    macro_rules! names {
        ($($law:ident)+) => { [$(stringify!($law)),+] };
    }
    assert_eq!(FOUND_OUT, crate::conformance_tests!(@list [names]));
}

#[tokio::test]
async fn what_is_broken_says_what_was_expected_and_when() {
    let law = "of_two_operations_at_once_one_comes_first";
    let broken = verdict(law, Fault::EndsBetweenTheStepsOfATouch).await.unwrap_err();
    let expected = "\
`touch` and `create that evicts all others` at once on a session that was just opened, where the second runs at the \
first one's await number 1, come to what neither sequence does.
  the first before the second: what is kept of session 1: expected no record, found one
  the second before the first: the first: expected false, found true";
    assert_eq!(broken.to_string(), expected);
    let law = "an_id_is_used_once";
    let broken = verdict(law, Fault::CreateOverwrites).await.unwrap_err().to_string();
    assert!(broken.starts_with("create with a used id: expected Exists, found Opened"), "{broken}");
}

#[tokio::test]
#[should_panic(expected = "the store breaks the law `an id is used once`: create with a used id")]
async fn check_names_the_law() {
    super::check(async || faulty(Fault::CreateOverwrites)).await;
}

#[tokio::test]
async fn a_store_that_fails_is_broken() {
    let full = Candidate::new(MemoryStore::new().with_capacity(0));
    let broken = laws::an_id_is_used_once(&full).await.unwrap_err();
    assert_eq!(broken.to_string(), "the session store is full: it holds 0 sessions");
}

/// A store that follows the rules, but for one fault.
struct Faulty {
    fault: Fault,
    clock: ManualClock,
    state: Mutex<State>,
    counts: MemoryStore,
}

#[derive(Default)]
struct State {
    sessions: BTreeMap<(Tag, Uuid), Record>,
    graveyard: BTreeMap<(Tag, Uuid), Record>,
    fences: BTreeMap<Tag, Timestamp>,
    server_key: Option<ServerKey>,
}

impl State {
    fn remove(&mut self, at: Tag, id: Uuid) -> Option<Record> {
        let record = self.sessions.remove(&(at, id))?;
        self.graveyard.insert((at, id), record.clone());
        Some(record)
    }

    fn of(&self, at: Tag) -> Vec<(Timestamp, Uuid)> {
        let own = self.sessions.range((at, Uuid::nil())..=(at, Uuid::max()));
        own.map(|((_, id), record)| (record.created, *id)).collect()
    }
}

impl Faulty {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// The state, without what has expired of a principal.
    fn state(&self, at: Tag) -> MutexGuard<'_, State> {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap();
        let keeps = [Fault::KeepsTheExpired, Fault::WhatHasExpiredTakesRoom, Fault::ListsTheExpired];
        if !keeps.contains(&self.fault) {
            let own = state.sessions.range((at, Uuid::nil())..=(at, Uuid::max()));
            let expired = own.filter(|(_, record)| lifecycle::is_expired(record, now));
            for key in expired.map(|(key, _)| *key).collect::<Vec<_>>() {
                state.sessions.remove(&key);
            }
        }
        state
    }

    /// The sessions that a new one must make room for, the one to end first in front.
    fn others(&self, state: &State, at: Tag, new: &NewSession) -> Vec<Uuid> {
        let mut others = state.of(at);
        if !self.is(Fault::WhatIsReplacedTakesRoom) {
            others.retain(|(_, id)| Some(*id) != new.replace);
        }
        others.sort_unstable();
        if self.is(Fault::EvictsTheNewest) {
            others.reverse();
        }
        others.into_iter().map(|(_, id)| id).collect()
    }

    /// Why a login is refused.
    fn refusal(&self, state: &State, at: Tag, new: &NewSession, surplus: usize) -> Option<Created> {
        let late = u64::from(self.is(Fault::FencesTheFuture));
        let fenced = state.fences.get(&at).is_some_and(|fence| new.began.0 < fence.as_micros() + late);
        let used = state.sessions.contains_key(&(at, new.id)) && !self.is(Fault::CreateOverwrites);
        let full = new.limit.when_full == WhenFull::Refuse && !self.is(Fault::NeverRefuses) && surplus > 0;
        let reasons = [(fenced, Created::Fenced), (used, Created::Exists), (full, Created::Full)];
        reasons.into_iter().find_map(|(holds, refusal)| holds.then_some(refusal))
    }

    /// What is kept of a session that is opened.
    fn kept(&self, new: &NewSession, now: Timestamp) -> Record {
        let mut record = lifecycle::open(new, now);
        match self.fault {
            Fault::LosesTheDevice => record.device.clear(),
            Fault::KeepsAThousandBytes => record.payload.truncate(1000),
            Fault::IdlePastAbsolute => record.idle = now.to_millis() + new.idle,
            _ => {}
        }
        record
    }

    fn presented(&self, have: Presented) -> Presented {
        let first = have.verifiers().iter().take(1).copied();
        if self.is(Fault::KnowsOneServerKey) { first.collect() } else { have }
    }

    /// What a refresh comes to where a rule is not kept.
    fn rotated(&self, record: &Record, step: &Rotate, now: Timestamp) -> Rotated {
        let by_the_rules = lifecycle::rotate(record, step, now);
        let next = |record: &Record| Record { verifier: step.next, fresh: true, ..record.clone() };
        match (self.fault, by_the_rules) {
            (Fault::RotatesTheOldSecretAgain, Rotated::Again(record)) => Rotated::Again(next(&record)),
            (Fault::RotatesTooEarly, Rotated::Same(record)) => Rotated::Next(next(&record)),
            (Fault::GraceCountsFromTheRotation, Rotated::Again(_))
                if now.since(record.rotated) >= step.grace =>
            {
                Rotated::Stale
            }
            (Fault::ReuseIsStale, Rotated::Reuse(_)) => Rotated::Stale,
            (Fault::RefreshIsNoActivity, Rotated::Next(next)) => {
                Rotated::Next(Record { idle: record.idle, ..next })
            }
            (Fault::LateAnswerStartsNoNewTime, Rotated::Again(again)) => {
                Rotated::Again(Record { rotated: record.rotated, ..again })
            }
            (_, by_the_rules) => by_the_rules,
        }
    }

    fn touched(&self, record: &Record, step: &Touch, now: Timestamp) -> Option<Record> {
        let mut record = record.clone();
        let mut step = step.clone();
        match self.fault {
            Fault::TouchAsksForNoSecret => step.have = Presented::from(record.verifier),
            Fault::GraceIsForEver => record.rotated = now.to_millis(),
            Fault::KeepsTheExpired => record.idle = record.absolute,
            Fault::TouchMovesTheAbsoluteLimit => record.absolute = record.absolute + step.idle,
            Fault::TouchMovesBack => record.idle = now.to_millis() + Duration::from_millis(1),
            _ => {}
        }
        lifecycle::touch(&record, &step, now)
    }
}

impl SessionStore for Faulty {
    fn login_begins(&self) -> Began {
        Began(self.clock.now().as_micros())
    }

    fn now(&self, _: Tag) -> Timestamp {
        self.clock.now()
    }

    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        let (mut state, now) = (self.state(at), self.clock.now());
        let others = self.others(&state, at, &new);
        let surplus = (others.len() + 1).saturating_sub(usize::from(new.limit.sessions.get()));
        let refusal = self.refusal(&state, at, &new, surplus);
        if refusal.is_none() || self.is(Fault::RefusalEndsWhatItWouldReplace) {
            new.replace.map(|id| state.remove(at, id));
        }
        if let Some(refusal) = refusal {
            return Ok(refusal);
        }
        let evicted: Vec<Uuid> = others.into_iter().take(surplus).collect();
        for id in &evicted {
            state.remove(at, *id);
        }
        state.sessions.insert((at, new.id), self.kept(&new, now));
        Ok(Created::Opened { at: now, evicted })
    }

    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        let (state, now) = (self.state(at), self.clock.now());
        let mut all = state.sessions.iter();
        let found = if self.is(Fault::LooksForTheIdAlone) {
            all.find(|((_, other), _)| *other == id).map(|(_, record)| record)
        } else {
            state.sessions.get(&(at, id))
        };
        Ok(found.map(|record| Found { record: record.clone(), now }))
    }

    async fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> StoreResult<Rotated> {
        let step = Rotate { have: self.presented(step.have), ..step };
        let before = self.state(at).sessions.get(&(at, id)).cloned();
        if self.is(Fault::RotatesInTwoSteps) {
            yield_now().await;
        }
        let Some(before) = before else { return Ok(Rotated::Gone) };
        let rotated = self.rotated(&before, &step, self.clock.now());
        let mut state = self.state(at);
        match &rotated {
            Rotated::Next(next) | Rotated::Again(next) | Rotated::Same(next) => {
                state.sessions.insert((at, id), next.clone());
            }
            Rotated::Stale => {}
            Rotated::Reuse(_) | Rotated::Gone => drop(state.remove(at, id)),
        }
        Ok(rotated)
    }

    async fn touch(&self, at: Tag, id: Uuid, step: Touch) -> StoreResult<bool> {
        let step = Touch { have: self.presented(step.have), ..step };
        let mut before = self.state(at).sessions.get(&(at, id)).cloned();
        if self.is(Fault::EndsBetweenTheStepsOfATouch) {
            yield_now().await;
        }
        if self.is(Fault::TouchBringsBack) {
            before = before.or_else(|| self.state(at).graveyard.get(&(at, id)).cloned());
        }
        let touched = before.and_then(|before| self.touched(&before, &step, self.clock.now()));
        Ok(touched.map(|record| self.state(at).sessions.insert((at, id), record)).is_some())
    }

    async fn renew(&self, at: Tag, id: Uuid, step: Renew) -> StoreResult<Renewed> {
        let (mut state, now) = (self.state(at), self.clock.now());
        let Some(before) = state.sessions.get(&(at, id)).cloned() else { return Ok(Renewed::Gone) };
        if state.fences.get(&at).is_some_and(|fence| step.began.0 < fence.as_micros()) {
            return Ok(Renewed::Fenced);
        }
        let renewed = lifecycle::renew(&before, &step, now);
        if let Renewed::Renewed(record) = &renewed {
            let kept = if self.is(Fault::RenewKeepsTheOldSecret) {
                Record { verifier: before.verifier, ..record.clone() }
            } else {
                record.clone()
            };
            state.sessions.insert((at, id), kept);
        }
        Ok(renewed)
    }

    async fn list(&self, at: Tag) -> StoreResult<Vec<(Uuid, Record)>> {
        let (state, now) = (self.state(at), self.clock.now());
        let own = state.sessions.iter().filter(|((tag, _), _)| *tag == at);
        let alive =
            own.filter(|(_, record)| self.is(Fault::ListsTheExpired) || !lifecycle::is_expired(record, now));
        Ok(alive.map(|((_, id), record)| (*id, record.clone())).collect())
    }

    async fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> StoreResult<usize> {
        let (mut state, now) = (self.state(at), self.clock.now());
        state.fences.insert(at, now);
        let own = state
            .sessions
            .iter_mut()
            .filter(|((tag, _), record)| *tag == at && !lifecycle::is_expired(record, now));
        let concerned = own.filter(|((_, id), _)| only.is_none_or(|only| only == *id));
        Ok(concerned
            .map(|(_, record)| {
                record.payload.clone_from(&payload);
                if self.is(Fault::UpdateForgetsTheDevice) {
                    record.device.clear();
                }
            })
            .count())
    }

    async fn count(&self, counts: Vec<Count>) -> StoreResult<Option<Refused>> {
        if self.is(Fault::CountsInTwoSteps) {
            let refused = self.counts.count(counts.clone()).await?;
            self.counts.refund(counts.clone()).await?;
            yield_now().await;
            if refused.is_none() {
                _ = self.counts.count(counts).await?;
            }
            return Ok(refused);
        }
        if !self.is(Fault::CountsWhatItRefuses) {
            return self.counts.count(counts).await;
        }
        let mut refused = None;
        for (which, count) in counts.into_iter().enumerate() {
            if let Some(found) = self.counts.count(vec![count]).await? {
                refused = Some(Refused { which, ..found });
            }
        }
        Ok(refused)
    }

    async fn refund(&self, counts: Vec<Count>) -> StoreResult<()> {
        if self.is(Fault::GivesNothingBack) { Ok(()) } else { self.counts.refund(counts).await }
    }

    async fn end(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        let mut state = self.state(at);
        let late = state.graveyard.get(&(at, id)).cloned().filter(|_| self.is(Fault::EndGivesARecordTwice));
        Ok(state.remove(at, id).or(late))
    }

    async fn end_all(&self, at: Tag, keep: Option<Uuid>) -> StoreResult<Vec<Uuid>> {
        let (mut state, now) = (self.state(at), self.clock.now());
        let keep = keep.filter(|_| !self.is(Fault::EndsTheOneToKeep));
        let mut ids: Vec<Uuid> = state.of(at).into_iter().map(|(_, id)| id).collect();
        ids.retain(|id| Some(*id) != keep);
        if self.is(Fault::EndsTwoHundred) {
            ids.truncate(200);
        }
        if !ids.is_empty() || !self.is(Fault::FencesOnlyWhereSessionsAre) {
            state.fences.insert(at, now);
        }
        for id in &ids {
            state.remove(at, *id);
        }
        Ok(ids)
    }

    async fn server_key(&self, proposed: ServerKey) -> StoreResult<ServerKey> {
        let mut state = self.state.lock().unwrap();
        if self.is(Fault::TheLastServerKeyCounts) {
            state.server_key = None;
        }
        Ok(state.server_key.get_or_insert(proposed).clone())
    }
}
