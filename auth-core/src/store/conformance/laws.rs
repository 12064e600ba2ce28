//! The laws. Each takes a candidate whose store is empty, and gives a verdict.
//!
//! [`conformance_tests!`](crate::conformance_tests) and [`check`](super::check) run them all.
#![allow(
    clippy::missing_errors_doc,
    reason = "each gives an error when the law that it is named for is broken"
)]

use std::time::Duration;

use super::{
    Candidate, Verdict, histories,
    kit::{
        MINUTE, a_principal, a_session, a_verifier, activity, an_id, broken, create, equal, holds, is_there,
        limit, open, record, rotated, rotation, same_record, there, word,
    },
    pairs,
    schedule::{Schedule, interleave},
};
use crate::{
    policy::WhenFull,
    session::{Presented, Record, ServerKey, Verifier, lifecycle},
    store::{Created, NewSession, Renew, Renewed, Rotate, Rotated, SessionStore, Touch},
    throttle::{Count, CountKey, Rate},
};

/// A grace time, and a lifetime, that is over soon; long enough that a busy machine comes to the next step within it.
const SHORT: Duration = Duration::from_millis(500);

/// What was opened is read as `lifecycle::open` has it; what was not opened is not there.
pub async fn a_session_is_read_as_it_was_opened<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let new = a_session(store);
    let (when, evicted) = create(store, at, &new).await?;
    equal("evicted by the first session", &Vec::new(), &evicted)?;
    let Some(found) = store.read(at, new.id).await? else {
        return broken("read should have found the session that was opened");
    };
    same_record("a session that was opened", &lifecycle::open(&new, when), &found.record)?;
    let near = found.now.since(when) < 10 * SHORT && when.since(found.now) < SHORT;
    holds("`now` of what was read is the time by the store's clock", near)?;
    holds("a session that was never opened is not there", !is_there(store, at, an_id()).await?)
}

/// `list` gives the sessions of the principal, as they are kept, and none that has expired.
pub async fn a_list_has_the_sessions_that_are_alive<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    equal("sessions of a principal without any", &0, &store.list(at).await?.len())?;
    let (one, two) = (open(store, at).await?, open(store, at).await?);
    let short = NewSession { idle: SHORT, ..a_session(store) };
    create(store, at, &short).await?;
    open(store, a_principal()).await?;
    on.pass(2 * SHORT).await;
    let mut expected = vec![one.id, two.id];
    expected.sort_unstable();
    let mut found = store.list(at).await?;
    found.sort_unstable_by_key(|(id, _)| *id);
    equal("ids in a list", &expected, &found.iter().map(|(id, _)| *id).collect())?;
    for (id, listed) in &found {
        same_record("a record in a list", &record(store, at, *id).await?, listed)?;
    }
    Ok(())
}

/// `renew` follows `lifecycle::renew`: the new secret is good and no other, credentials were checked now, and a check
/// that began before all sessions were ended is refused.
pub async fn a_renewed_session_has_one_good_secret<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let new = open(store, at).await?;
    let step = |have: Verifier, next, began| Renew {
        have: have.into(),
        next,
        payload: b"renewed".to_vec(),
        grace: MINUTE,
        idle: MINUTE,
        began,
    };
    let early = store.login_begins();
    on.pass(Duration::from_millis(5)).await;
    let next = a_verifier();
    let stale = store.renew(at, new.id, step(a_verifier(), next, store.login_begins())).await?;
    equal("renew with another secret", &Renewed::Stale, &stale)?;
    let Renewed::Renewed(renewed) =
        store.renew(at, new.id, step(new.verifier, next, store.login_begins())).await?
    else {
        return broken("renew with the current secret should have renewed");
    };
    let kept = record(store, at, new.id).await?;
    same_record("a renewed session", &renewed, &kept)?;
    equal("payload of a renewed session", &b"renewed".to_vec(), &kept.payload)?;
    holds("credentials were checked later than the session was opened", kept.authenticated > kept.created)?;
    holds("the secret before is dead", !store.touch(at, new.id, activity(new.verifier)).await?)?;
    holds("the new secret is good", store.touch(at, new.id, activity(next)).await?)?;
    let gone = store.renew(at, an_id(), step(next, next, store.login_begins())).await?;
    equal("renew of a session that is not there", &Renewed::Gone, &gone)?;
    store.end_all(at, Some(new.id)).await?;
    let fenced = store.renew(at, new.id, step(next, a_verifier(), early)).await?;
    equal("renew that began before all sessions were ended", &Renewed::Fenced, &fenced)
}

/// `update` changes the payload of all sessions of the principal, or of one, and nothing else of them; a login that
/// began before it is refused.
pub async fn an_update_changes_what_is_carried_and_nothing_else<S: SessionStore>(
    on: &Candidate<S>,
) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let early = store.login_begins();
    on.pass(Duration::from_millis(5)).await;
    let (one, two) = (open(store, at).await?, open(store, at).await?);
    store.rotate(at, one.id, rotation(one.verifier, a_verifier())).await?;
    let before = [record(store, at, one.id).await?, record(store, at, two.id).await?];
    equal("sessions that were updated", &2, &store.update(at, None, b"all".to_vec()).await?)?;
    equal("the one session that was updated", &1, &store.update(at, Some(two.id), b"two".to_vec()).await?)?;
    for (id, before, payload) in [(one.id, &before[0], b"all"), (two.id, &before[1], b"two")] {
        let expected = Record { payload: payload.to_vec(), ..before.clone() };
        same_record("an updated session", &expected, &record(store, at, id).await?)?;
    }
    equal("sessions of nobody that were updated", &0, &store.update(a_principal(), None, Vec::new()).await?)?;
    let late = NewSession { began: early, ..a_session(store) };
    equal("create that began before an update", &Created::Fenced, &store.create(at, late).await?)
}

/// Counts of a kind that no other law has: the same places in the list for the same keys.
fn counts(bursts: [u32; 3]) -> Vec<Count> {
    let id = an_id();
    let count = |(n, burst): (usize, u32)| Count {
        key: CountKey::of("conformance", &format!("{id} {n}")),
        rate: Rate { burst, every: 60 * MINUTE },
    };
    bursts.into_iter().enumerate().map(count).collect()
}

/// A login that one count refuses is counted by none of them.
pub async fn a_login_is_counted_by_all_or_by_none<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, all) = (on.store(), counts([5, 3, 9]));
    for _ in 0..3 {
        equal("a login within all limits", &None, &store.count(all.clone()).await?)?;
    }
    for _ in 0..4 {
        let Some(refused) = store.count(all.clone()).await? else {
            return broken("count should have refused a login beyond a limit");
        };
        equal("the count that refused", &1, &refused.which)?;
        holds("the wait is that until one more is let through", refused.wait > 50 * MINUTE)?;
    }
    // The first count has had three of its five: the refused ones were not counted.
    let first = all[..1].to_vec();
    for _ in 0..2 {
        equal("a login within the first limit", &None, &store.count(first.clone()).await?)?;
    }
    holds("one beyond it is refused", store.count(first).await?.is_some())
}

/// Parallel logins count in full: as many pass as the limit lets through, and no more.
pub async fn logins_at_the_same_time_are_counted_one_by_one<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let store = on.store();
    for seed in 0..20 {
        let (all, mut passed) = (counts([3, 5, 9]), 0);
        for schedule in [Schedule::Within(1), Schedule::Seeded(seed)] {
            let (one, two) =
                interleave(schedule, store.count(all.clone()), store.count(all.clone())).await.outputs;
            passed += usize::from(one?.is_none()) + usize::from(two?.is_none());
        }
        equal("how many of four logins, two at a time, pass a limit of three", &3, &passed)?;
    }
    Ok(())
}

/// What `refund` took back can be counted again, and no more than that.
pub async fn what_is_given_back_can_be_counted_again<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, all) = (on.store(), counts([2, 2, 2]));
    for _ in 0..5 {
        equal("a login that is given back", &None, &store.count(all.clone()).await?)?;
        store.refund(all.clone()).await?;
    }
    for _ in 0..2 {
        equal("a login within all limits", &None, &store.count(all.clone()).await?)?;
    }
    holds("one beyond them is refused", store.count(all).await?.is_some())
}

/// Payload and device are opaque: whatever bytes they are, and none.
pub async fn what_is_kept_comes_back_byte_for_byte<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let cases = [(Vec::new(), Vec::new()), (all.repeat(64), all[1..].to_vec()), (vec![0], vec![0; 3])];
    for (payload, device) in cases {
        let new = NewSession { payload, device, ..a_session(store) };
        let (when, _) = create(store, at, &new).await?;
        let (opened, next) = (lifecycle::open(&new, when), a_verifier());
        same_record("a session that was opened", &opened, &record(store, at, new.id).await?)?;
        store.rotate(at, new.id, rotation(new.verifier, next)).await?;
        store.touch(at, new.id, activity(next)).await?;
        let found = record(store, at, new.id).await?;
        equal("payload after a refresh and a touch", &opened.payload, &found.payload)?;
        equal("device after a refresh and a touch", &opened.device, &found.device)?;
    }
    Ok(())
}

/// `create` never overwrites a session.
pub async fn an_id_is_used_once<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let first = open(store, at).await?;
    let before = record(store, at, first.id).await?;
    let second = NewSession { id: first.id, payload: b"another".to_vec(), ..a_session(store) };
    equal("create with a used id", &Created::Exists, &store.create(at, second).await?)?;
    same_record("the session that has the id", &before, &record(store, at, first.id).await?)
}

/// `Exists`, `Full` and `Fenced` leave everything as it was: the session to be replaced too.
pub async fn a_login_that_is_refused_changes_nothing<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let early = store.login_begins();
    on.pass(Duration::from_millis(5)).await;
    let (old, other, third) = (open(store, at).await?, open(store, at).await?, open(store, at).await?);
    let over = |id, sessions, when_full| NewSession {
        id,
        limit: limit(sessions, when_full),
        replace: Some(old.id),
        ..a_session(store)
    };
    let used = over(other.id, 1, WhenFull::EndOldest);
    equal("create with a used id", &Created::Exists, &store.create(at, used).await?)?;
    let full = over(an_id(), 2, WhenFull::Refuse);
    equal("create where two others are there already", &Created::Full, &store.create(at, full).await?)?;
    let all = [old.id, other.id, third.id];
    equal("the sessions that are there", &vec![true; 3], &there(store, at, &all).await?)?;
    store.end_all(at, Some(old.id)).await?;
    let fenced = NewSession { began: early, ..over(an_id(), 100, WhenFull::EndOldest) };
    equal("create behind a fence", &Created::Fenced, &store.create(at, fenced).await?)?;
    holds("the session that a fenced login would replace is there", is_there(store, at, old.id).await?)
}

/// What is done to one principal's sessions leaves another's alone, whatever id is named.
pub async fn principals_have_nothing_in_common<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, one, other) = (on.store(), a_principal(), a_principal());
    let begun = a_session(store);
    on.pass(Duration::from_millis(5)).await;
    let new = open(store, one).await?;
    holds("another principal's session is not there", !is_there(store, other, new.id).await?)?;
    equal("end of another principal's session", &None, &store.end(other, new.id).await?)?;
    let touched = store.touch(other, new.id, activity(new.verifier)).await?;
    holds("another principal's session is not touched", !touched)?;
    let refreshed = store.rotate(other, new.id, rotation(new.verifier, a_verifier())).await?;
    equal("rotate of another principal's session", &Rotated::Gone, &refreshed)?;
    equal("ended by end_all of another principal", &Vec::new(), &store.end_all(other, None).await?)?;
    holds("a session outlives the end of another principal's", is_there(store, one, new.id).await?)?;
    create(store, one, &begun).await?;
    let same_id = NewSession { id: new.id, ..a_session(store) };
    create(store, other, &same_id).await.map(|_| ())
}

/// Beyond the limit the oldest sessions end, and the answer names them, the oldest first.
pub async fn the_oldest_session_makes_room<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let mut opened = Vec::new();
    for _ in 0..3 {
        opened.push(open(store, at).await?.id);
        on.pass(Duration::from_millis(2)).await;
    }
    let new = NewSession { limit: limit(2, WhenFull::EndOldest), ..a_session(store) };
    let (_, evicted) = create(store, at, &new).await?;
    equal("evicted at a limit of two", &opened[..2].to_vec(), &evicted)?;
    opened.push(new.id);
    let there = there(store, at, &opened).await?;
    equal("the sessions that are there", &vec![false, false, true, true], &there)
}

/// With `WhenFull::Refuse` nobody makes room.
pub async fn a_full_principal_may_be_refused<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let (one, two) = (open(store, at).await?, open(store, at).await?);
    let over = |sessions| NewSession { limit: limit(sessions, WhenFull::Refuse), ..a_session(store) };
    equal("create at a limit of two", &Created::Full, &store.create(at, over(2)).await?)?;
    let there = there(store, at, &[one.id, two.id]).await?;
    equal("the sessions that are there", &vec![true; 2], &there)?;
    create(store, at, &over(3)).await.map(|_| ())
}

/// A session that the new one replaces ends in the same step, and counts neither as one too many nor as evicted.
pub async fn a_session_that_is_replaced_ends_and_makes_room<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let mut old = open(store, at).await?.id;
    for when_full in [WhenFull::Refuse, WhenFull::EndOldest] {
        let new = NewSession { limit: limit(1, when_full), replace: Some(old), ..a_session(store) };
        let (_, evicted) = create(store, at, &new).await?;
        equal("evicted beside the session that was replaced", &Vec::new(), &evicted)?;
        let there = there(store, at, &[old, new.id]).await?;
        equal("the old and the new session are there", &vec![false, true], &there)?;
        old = new.id;
    }
    let new = NewSession { replace: Some(an_id()), ..a_session(store) };
    create(store, at, &new).await?;
    let there = there(store, at, &[old, new.id]).await?;
    equal("both are there where the session to replace is not", &vec![true; 2], &there)
}

/// A session that has expired is in nobody's way.
pub async fn what_has_expired_takes_no_room<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let short = NewSession { idle: Duration::from_millis(20), ..a_session(store) };
    create(store, at, &short).await?;
    let long = open(store, at).await?;
    on.pass(Duration::from_millis(20)).await;
    let new = NewSession { limit: limit(2, WhenFull::Refuse), ..a_session(store) };
    let (_, evicted) = create(store, at, &new).await?;
    equal("evicted beside one that had expired", &Vec::new(), &evicted)?;
    holds("the session that had not expired is there", is_there(store, at, long.id).await?)
}

/// The idle limit is cut at the absolute one.
pub async fn the_limits_are_those_of_the_lifecycle<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let new = NewSession { idle: 20 * MINUTE, absolute: MINUTE, ..a_session(store) };
    let (when, _) = create(store, at, &new).await?;
    let (limit, record) = (when.to_millis() + MINUTE, record(store, at, new.id).await?);
    equal("idle and absolute limit", &(limit, limit), &(record.idle, record.absolute))
}

/// `end_all` fences off logins that have begun, where there were sessions, where there were none, where one is kept.
pub async fn a_login_that_began_before_all_sessions_ended_is_refused<S: SessionStore>(
    on: &Candidate<S>,
) -> Verdict {
    let store = on.store();
    for (sessions, keep) in [(2, false), (1, true), (0, false)] {
        let (at, mut kept) = (a_principal(), None);
        for _ in 0..sessions {
            kept = keep.then_some(open(store, at).await?.id);
        }
        let begun = a_session(store);
        on.pass(Duration::from_millis(5)).await;
        let ended = store.end_all(at, kept).await?.len();
        equal("sessions that end_all ended", &(sessions - usize::from(keep)), &ended)?;
        for _ in 0..2 {
            let answer = store.create(at, begun.clone()).await?;
            equal("create of a login that began before end_all", &Created::Fenced, &answer)?;
            holds("it opened no session", !is_there(store, at, begun.id).await?)?;
            // A login that begins later lifts the fence for none that began earlier.
            open(store, at).await?;
        }
    }
    Ok(())
}

/// A fence is in nobody's way who begins behind it.
pub async fn a_login_that_begins_after_all_sessions_ended_succeeds_at_once<S: SessionStore>(
    on: &Candidate<S>,
) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    for _ in 0..50 {
        store.end_all(at, None).await?;
        open(store, at).await?;
    }
    Ok(())
}

/// `end_all` ends all but the one to keep, which need not be there.
pub async fn all_sessions_end_but_the_one_that_is_kept<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(open(store, at).await?.id);
    }
    let (one, kept, two) = (ids[0], ids[1], ids[2]);
    let mut ended = store.end_all(at, Some(kept)).await?;
    ended.sort_unstable();
    equal("ended by end_all but one", &vec![one, two], &ended)?;
    let there = there(store, at, &ids).await?;
    equal("the sessions that are there", &vec![false, true, false], &there)?;
    let ended = store.end_all(at, Some(an_id())).await?;
    equal("ended by end_all but one that is not there", &vec![kept], &ended)?;
    equal("ended by end_all where none is left", &Vec::new(), &store.end_all(at, None).await?)
}

/// A thousand sessions of one principal end in one call, which names them all.
pub async fn many_sessions_end_at_once<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let mut opened = Vec::new();
    for _ in 0..1000 {
        let new = NewSession { limit: limit(2000, WhenFull::Refuse), ..a_session(store) };
        create(store, at, &new).await?;
        opened.push(new.id);
    }
    let mut ended = store.end_all(at, None).await?;
    ended.sort_unstable();
    equal("how many end_all of a thousand ended", &opened.len(), &ended.len())?;
    equal("the ids that it names", &opened, &ended)?;
    equal("ended by end_all where none is left", &Vec::new(), &store.end_all(at, None).await?)
}

/// `end` gives the last record to one caller, and from then on there is none.
pub async fn ending_gives_the_record_once<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let (new, other) = (open(store, at).await?, open(store, at).await?);
    let before = record(store, at, new.id).await?;
    match store.end(at, new.id).await? {
        Some(last) => same_record("what end gave", &before, &last)?,
        None => return broken("end of a session that is open should have given its record"),
    }
    equal("end of a session that was ended", &None, &store.end(at, new.id).await?)?;
    let there = there(store, at, &[new.id, other.id]).await?;
    equal("the ended session and another are there", &vec![false, true], &there)
}

/// The first refresh makes the successor, and each one that comes with the old secret is given the same.
pub async fn a_refresh_is_the_same_for_all_who_come_with_the_old_secret<S: SessionStore>(
    on: &Candidate<S>,
) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let new = open(store, at).await?;
    let first = Rotate { nonce: [1; 16], ..rotation(new.verifier, a_verifier()) };
    let second = Rotate { nonce: [2; 16], ..rotation(new.verifier, a_verifier()) };
    let found = store.rotate(at, new.id, first.clone()).await?;
    let next = rotated("the first refresh", "Next", found)?;
    holds("the verifier is the successor's", next.verifier == first.next)?;
    holds("the successor counts as not yet used", next.fresh)?;
    let Some(previous) = next.previous.clone() else {
        return broken("a refresh should have kept the previous secret's verifier");
    };
    holds("the previous verifier is the old secret's", previous.verifier == new.verifier)?;
    equal("the nonce", &first.nonce, &previous.nonce)?;
    same_record("what is kept", &next, &record(store, at, new.id).await?)?;
    let again = rotated("the second", "Again", store.rotate(at, new.id, second).await?)?;
    holds("the second refresh leads to the same successor", again.verifier == first.next)?;
    holds("by the same nonce", again.previous == Some(previous))
}

/// At most two secrets are good: R3 and R5 of [`lifecycle`].
pub async fn nothing_rotates_while_the_old_secret_is_good<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let (new, next) = (open(store, at).await?, a_verifier());
    store.rotate(at, new.id, rotation(new.verifier, next)).await?;
    // The successor's first use is this refresh; then it is too early.
    for refresh in ["the successor's first refresh", "its second, within grace"] {
        let found = store.rotate(at, new.id, rotation(next, a_verifier())).await?;
        let same = rotated(refresh, "Same", found)?;
        holds("the successor stays", same.verifier == next)?;
        holds("it counts as used", !same.fresh)?;
        let previous = same.previous.map(|previous| previous.verifier);
        holds("the old secret stays good", previous == Some(new.verifier))?;
    }
    Ok(())
}

/// R1, R2 and R4 of [`lifecycle`].
pub async fn the_old_secret_is_good_until_its_successor_is_used_and_grace_has_passed<S: SessionStore>(
    on: &Candidate<S>,
) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let (new, next) = (open(store, at).await?, a_verifier());
    let step = |have| Rotate { grace: SHORT, ..rotation(have, next) };
    let touch = |have| Touch { grace: SHORT, ..activity(have) };
    store.rotate(at, new.id, step(new.verifier)).await?;
    on.pass(SHORT).await;
    let good = store.touch(at, new.id, touch(new.verifier)).await?;
    holds("the old secret is good before its successor was used", good)?;
    holds("the successor is good", store.touch(at, new.id, touch(next)).await?)?;
    let used = record(store, at, new.id).await?;
    holds("the successor's first use is noted", !used.fresh && used.previous.is_some())?;
    let good = store.touch(at, new.id, touch(new.verifier)).await?;
    holds("the old secret is good within grace", good)?;
    let found = store.rotate(at, new.id, step(new.verifier)).await?;
    rotated("a refresh with the old secret within grace", "Again", found)?;
    on.pass(SHORT).await;
    let good = store.touch(at, new.id, touch(new.verifier)).await?;
    holds("the old secret is no good after grace", !good)?;
    holds("the successor still is", store.touch(at, new.id, touch(next)).await?)?;
    holds("the old secret is forgotten", record(store, at, new.id).await?.previous.is_none())
}

/// Where the answer to a refresh was lost, the old secret leads to the same successor, however late: R2.
pub async fn a_successor_that_was_lost_does_not_end_the_session<S: SessionStore>(
    on: &Candidate<S>,
) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let (new, next, grace) = (open(store, at).await?, a_verifier(), Duration::from_millis(20));
    let step = || Rotate { grace, ..rotation(new.verifier, next) };
    store.rotate(at, new.id, step()).await?;
    for _ in 0..2 {
        on.pass(3 * grace).await;
        let found = store.rotate(at, new.id, step()).await?;
        let record =
            rotated("a refresh with the old secret, of which no one used the successor", "Again", found)?;
        holds("it leads to the same successor", record.verifier == next)?;
    }
    Ok(())
}

/// A secret that was rotated away long ago ends the session when somebody refreshes with it, and is just stale when
/// that was a moment ago.
pub async fn an_older_secret_ends_the_session_at_a_refresh<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let (new, stolen) = (open(store, at).await?, a_verifier());
    let step = |have| Rotate { grace: SHORT, ..rotation(have, a_verifier()) };
    let found = store.rotate(at, new.id, step(stolen)).await?;
    equal("a refresh with a secret that may have been good just now", &"Stale", &word(&found))?;
    on.pass(SHORT).await;
    let before = record(store, at, new.id).await?;
    let found = store.rotate(at, new.id, step(stolen)).await?;
    let last = rotated("a refresh with a secret of long ago", "Reuse", found)?;
    same_record("the last record of the session that it ended", &before, &last)?;
    holds("the session has ended", !is_there(store, at, new.id).await?)?;
    let found = store.rotate(at, new.id, step(new.verifier)).await?;
    equal("a refresh with the secret that was good", &"Gone", &word(&found))
}

/// A client's secret has a verifier under each server key, and any of them will do.
pub async fn a_secret_is_good_under_any_of_the_server_keys<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let mut have = open(store, at).await?;
    let among = |good: Verifier, place: usize| -> Presented {
        (0..3).map(|n| if n == place { good } else { a_verifier() }).collect()
    };
    for place in 0..3 {
        let touch = Touch { have: among(have.verifier, place), ..activity(have.verifier) };
        holds("a touch with one good verifier of three is good", store.touch(at, have.id, touch).await?)?;
        let next = a_verifier();
        let first = Rotate { have: among(have.verifier, place), ..rotation(have.verifier, next) };
        let found = store.rotate(at, have.id, first.clone()).await?;
        rotated("a refresh with one good verifier of three", "Next", found)?;
        let found = store.rotate(at, have.id, first).await?;
        rotated("the same once more", "Again", found)?;
        have = open(store, at).await?;
    }
    let none: Presented = std::iter::empty().collect();
    let touch = Touch { have: none, ..activity(have.verifier) };
    holds("a touch without any verifier is refused", !store.touch(at, have.id, touch).await?)
}

/// A refresh is a sign of activity.
pub async fn a_refresh_moves_the_idle_limit<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let new = open(store, at).await?;
    let before = record(store, at, new.id).await?;
    let next = a_verifier();
    let mut least = before.idle;
    for (have, minutes) in [(new.verifier, 3), (new.verifier, 5), (next, 7)] {
        let step = Rotate { idle: minutes * MINUTE, ..rotation(have, next) };
        store.rotate(at, new.id, step).await?;
        let after = record(store, at, new.id).await?;
        holds("a refresh moves the idle limit forward", after.idle >= least + MINUTE)?;
        equal("the absolute limit", &before.absolute, &after.absolute)?;
        least = after.idle;
    }
    Ok(())
}

/// Activity moves the idle limit forward only, and the absolute one not at all.
pub async fn activity_moves_the_idle_limit_and_never_back<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let new = open(store, at).await?;
    let before = record(store, at, new.id).await?;
    let step = |idle| Touch { idle, ..activity(new.verifier) };
    holds("a touch is good", store.touch(at, new.id, step(3 * MINUTE)).await?)?;
    let after = record(store, at, new.id).await?;
    holds("it moved the idle limit", after.idle >= before.idle + 2 * MINUTE)?;
    equal("the absolute limit", &before.absolute, &after.absolute)?;
    holds("a touch with a shorter idle time is good", store.touch(at, new.id, step(MINUTE)).await?)?;
    same_record("the session after it", &after, &record(store, at, new.id).await?)
}

/// A touch with another secret, or of another session, is refused and changes nothing.
pub async fn activity_needs_a_good_secret<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let new = open(store, at).await?;
    let before = record(store, at, new.id).await?;
    let step = Touch { idle: 5 * MINUTE, ..activity(a_verifier()) };
    let touched = store.touch(at, new.id, step.clone()).await?;
    holds("a touch with a secret of no one is refused", !touched)?;
    holds("a touch of no session is refused", !store.touch(at, an_id(), step).await?)?;
    same_record("the session after it", &before, &record(store, at, new.id).await?)
}

/// What comes after the end finds nothing, and leaves nothing.
pub async fn nothing_brings_an_ended_session_back<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    for way in ["end", "end_all", "replace"] {
        let new = open(store, at).await?;
        match way {
            "end" => drop(store.end(at, new.id).await?),
            "end_all" => drop(store.end_all(at, None).await?),
            _ => {
                let over = NewSession { replace: Some(new.id), ..a_session(store) };
                create(store, at, &over).await?;
            }
        }
        let touched = store.touch(at, new.id, activity(new.verifier)).await?;
        holds("a touch after the end is refused", !touched)?;
        let found = store.rotate(at, new.id, rotation(new.verifier, a_verifier())).await?;
        equal("a refresh after the end", &"Gone", &word(&found))?;
        holds(&format!("a session ended by {way} stays away"), !is_there(store, at, new.id).await?)?;
    }
    Ok(())
}

/// A session that may live until 12:00 is dead at 12:00, whatever is asked of it.
pub async fn an_expired_session_is_gone<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let new = NewSession { idle: Duration::from_millis(20), ..a_session(store) };
    create(store, at, &new).await?;
    open(store, at).await?;
    on.pass(Duration::from_millis(20)).await;
    is_dead(on, at, &new).await
}

/// The absolute limit holds, however active the session is.
pub async fn nothing_outlives_the_absolute_limit<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    let new = NewSession { absolute: SHORT, ..a_session(store) };
    let (when, _) = create(store, at, &new).await?;
    let (limit, next) = (when.to_millis() + SHORT, a_verifier());
    store.touch(at, new.id, activity(new.verifier)).await?;
    store.rotate(at, new.id, rotation(new.verifier, next)).await?;
    store.touch(at, new.id, activity(next)).await?;
    if let Some(found) = store.read(at, new.id).await? {
        let limits = (found.record.idle, found.record.absolute);
        equal("idle and absolute limit after activity", &(limit, limit), &limits)?;
    }
    on.pass(SHORT).await;
    is_dead(on, at, &NewSession { verifier: next, ..new }).await
}

/// Whether a session that has expired is past use.
async fn is_dead<S: SessionStore>(on: &Candidate<S>, at: crate::session::Tag, new: &NewSession) -> Verdict {
    let store = on.store();
    if let Some(found) = store.read(at, new.id).await? {
        let expired = lifecycle::is_expired(&found.record, found.now);
        holds("a session that has expired and is read counts as expired at `now`", expired)?;
    }
    let touched = store.touch(at, new.id, activity(new.verifier)).await?;
    holds("a touch of a session that has expired is refused", !touched)?;
    let found = store.rotate(at, new.id, rotation(new.verifier, a_verifier())).await?;
    equal("a refresh of a session that has expired", &"Gone", &word(&found))
}

/// Of refreshes at the same time one makes the successor, and the others are given the same.
pub async fn refreshes_at_the_same_time_agree<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let (store, at) = (on.store(), a_principal());
    for round in 0..50 {
        let new = open(store, at).await?;
        let step = || store.rotate(at, new.id, rotation(new.verifier, a_verifier()));
        let others = interleave(Schedule::Seeded(round), step(), step());
        let run = interleave(Schedule::Seeded(!round), step(), others).await;
        let (one, others) = run.outputs;
        let (two, three) = others.outputs;
        let mut successors = Vec::new();
        for found in [one?, two?, three?] {
            match found {
                Rotated::Next(record) | Rotated::Again(record) => successors.push(record.verifier),
                other => equal("one of three refreshes at once", &"Next or Again", &word(&other))?,
            }
        }
        let first = successors[0];
        holds("three refreshes at once lead to one successor", successors.iter().all(|next| *next == first))?;
    }
    Ok(())
}

/// The first key that is proposed is the one that everybody gets, of two at once too.
pub async fn the_first_server_key_is_everybodys<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    let store = on.store();
    let [one, two, three] = [1, 2, 3].map(|byte| ServerKey::from([byte; 32]));
    let run =
        interleave(Schedule::Within(1), store.server_key(one.clone()), store.server_key(two.clone())).await;
    let (first, second) = run.outputs;
    let (first, second, later) = (first?, second?, store.server_key(three).await?);
    holds("the key is one that was proposed", [one.expose(), two.expose()].contains(&first.expose()))?;
    holds("two that propose a key at once get the same", first.expose() == second.expose())?;
    holds("a later one gets the same", first.expose() == later.expose())
}

/// Random sequences of steps, by seed: each answer, and all that is kept, is what the rules give at the store's time.
pub async fn each_step_of_a_history_follows_the_rules<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    histories::check(on).await
}

/// Every pair of operations, one run whole at each await of the other, and both interleaved by seed: what comes out is
/// what one of the two sequences gives.
pub async fn of_two_operations_at_once_one_comes_first<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    pairs::check(on).await
}
