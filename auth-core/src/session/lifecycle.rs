//! The rules of a session's life, as functions of a record and a time: no I/O, no clock.
//!
//! A store applies them in one atomic step; [`MemoryStore`](crate::MemoryStore) calls them, and the Lua scripts of
//! `auth-redis` say the same. Five rules make refresh safe under concurrency and lost answers:
//!
//! - **R1** The previous secret authenticates for as long as it refreshes.
//! - **R2** It stays good until its successor has been seen in use and the grace time has passed.
//! - **R3** Nothing rotates while a previous secret is good: at most two secrets are good at any time.
//! - **R4** The grace time counts from the first use of the successor, not from the rotation.
//! - **R5** A refresh that comes too early leaves the secret as it is.

use std::time::Duration;

use super::{
    keys::{Presented, Verifier},
    record::{Previous, Record},
};
use crate::store::{NewSession, Renew, Renewed, Rotate, Rotated, Timestamp, Touch};

/// What a presented secret is to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The current secret.
    Current,
    /// The one before it, which is still good.
    Previous,
    /// No secret of this session, or not any more.
    Stale,
    /// The session is past its idle or its absolute limit.
    Expired,
}

/// What the secret `presented` is to the session at the time `now`.
#[must_use]
pub fn standing(record: &Record, presented: &Presented, now: Timestamp, grace: Duration) -> Standing {
    if is_expired(record, now) {
        Standing::Expired
    } else if presented.matches(&record.verifier) {
        Standing::Current
    } else if good_previous(record, presented, now, grace).is_some() {
        Standing::Previous
    } else {
        Standing::Stale
    }
}

/// Whether a limit has been reached: a session that may live until 12:00 is dead at 12:00.
#[must_use]
pub fn is_expired(record: &Record, now: Timestamp) -> bool {
    now.to_millis() >= record.absolute || now.to_millis() >= record.idle
}

/// The record of a session opened at `now`.
#[must_use]
pub fn open(new: &NewSession, now: Timestamp) -> Record {
    let now = now.to_millis();
    let absolute = now + new.absolute;
    Record {
        created: now,
        authenticated: now,
        absolute,
        idle: absolute.min(now + new.idle),
        rotated: now,
        fresh: false,
        verifier: new.verifier,
        previous: None,
        device: new.device.clone(),
        payload: new.payload.clone(),
    }
}

/// Refresh. The record in the answer is the one to keep; after [`Rotated::Reuse`] and [`Rotated::Gone`] none is kept.
#[must_use]
pub fn rotate(record: &Record, step: &Rotate, now: Timestamp) -> Rotated {
    let now = now.to_millis();
    if is_expired(record, now) {
        return Rotated::Gone;
    }
    let since = now.since(record.rotated);
    let young = since < step.grace;
    if step.have.matches(&record.verifier) {
        if record.fresh && since <= 2 * step.grace {
            // The successor's first use is this refresh (R4).
            return Rotated::Same(prolonged(
                Record { fresh: false, rotated: now, ..record.clone() },
                step.idle,
                now,
            ));
        }
        if record.previous.is_some() && young && !record.fresh {
            return Rotated::Same(record.clone()); // R3, R5
        }
        let previous = Some(Previous { verifier: record.verifier, nonce: step.nonce });
        let next = Record { fresh: true, rotated: now, verifier: step.next, previous, ..record.clone() };
        return Rotated::Next(prolonged(next, step.idle, now));
    }
    if good_previous(record, &step.have, now, step.grace).is_some() {
        let rotated = if record.fresh { now } else { record.rotated };
        return Rotated::Again(prolonged(Record { rotated, ..record.clone() }, step.idle, now));
    }
    if young { Rotated::Stale } else { Rotated::Reuse(record.clone()) }
}

/// Activity: the record to keep, or `None` when the secret is not good (any more).
#[must_use]
pub fn touch(record: &Record, step: &Touch, now: Timestamp) -> Option<Record> {
    let now = now.to_millis();
    let record = record.clone();
    let used = match standing(&record, &step.have, now, step.grace) {
        Standing::Current if record.fresh => Record { fresh: false, rotated: now, ..record },
        Standing::Current if now.since(record.rotated) >= step.grace => Record { previous: None, ..record },
        Standing::Current | Standing::Previous => record,
        Standing::Stale | Standing::Expired => return None,
    };
    Some(prolonged(used, step.idle, now))
}

/// Credentials were checked again: a new secret that follows from no other, and the old ones dead at once.
#[must_use]
pub fn renew(record: &Record, step: &Renew, now: Timestamp) -> Renewed {
    let now = now.to_millis();
    match standing(record, &step.have, now, step.grace) {
        Standing::Expired => Renewed::Gone,
        Standing::Stale => Renewed::Stale,
        Standing::Current | Standing::Previous => {
            let renewed = Record {
                authenticated: now,
                rotated: now,
                fresh: false,
                verifier: step.next,
                previous: None,
                payload: step.payload.clone(),
                ..record.clone()
            };
            Renewed::Renewed(prolonged(renewed, step.idle, now))
        }
    }
}

/// Whether a request that authenticated with the current secret should be followed by a touch: where it is the
/// first use of a successor, and where it would move the idle limit by a twentieth of the idle time at least.
#[must_use]
pub fn wants_touch(record: &Record, standing: Standing, now: Timestamp, idle: Duration) -> bool {
    let limit = record.absolute.min(now.to_millis() + idle);
    let first_use = record.fresh && standing == Standing::Current;
    first_use || (limit > record.idle && limit.since(record.idle) >= idle / 20)
}

/// The idle limit moves forward only, and never past the absolute one.
fn prolonged(record: Record, idle: Duration, now: Timestamp) -> Record {
    let limit = record.absolute.min(now + idle);
    Record { idle: record.idle.max(limit), ..record }
}

/// The previous secret's verifier where that is what was presented, and it is still good (R1, R2).
fn good_previous<'a>(
    record: &'a Record,
    presented: &Presented,
    now: Timestamp,
    grace: Duration,
) -> Option<&'a Verifier> {
    let previous = record.previous.as_ref().map(|previous| &previous.verifier)?;
    let good = record.fresh || now.to_millis().since(record.rotated) < grace;
    (good && presented.matches(previous)).then_some(previous)
}

#[cfg(test)]
pub(super) mod tests;
