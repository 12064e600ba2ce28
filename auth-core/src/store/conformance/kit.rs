//! Principals, sessions and secrets for the laws, and how they say what they expected.

use std::{
    fmt,
    num::NonZeroU16,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use uuid::Uuid;

use super::Broken;
use crate::{
    policy::{SessionLimit, WhenFull},
    session::{Presented, Record, Tag, Verifier, token},
    store::{Began, Created, NewSession, Renew, Rotate, Rotated, SessionStore, Timestamp, Touch},
};

pub(super) const MINUTE: Duration = Duration::from_mins(1);

/// A number that no other call gives.
fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What sets this run apart from others on the same store.
fn run() -> u64 {
    static RUN: OnceLock<u64> = OnceLock::new();
    *RUN.get_or_init(|| token::random().map_or(0, |bytes| u64::from_be_bytes(*bytes)))
}

/// A principal that no other law uses.
pub(super) fn a_principal() -> Tag {
    Tag::of("conformance", &format!("{}-{}", run(), number()))
}

/// An id that was never used; a later one is greater.
pub(super) fn an_id() -> Uuid {
    Uuid::from_u64_pair(run(), number())
}

pub(super) fn a_verifier() -> Verifier {
    let mut bytes = [0xa5; 16];
    bytes[..8].copy_from_slice(&number().to_be_bytes());
    Verifier::from_bytes(bytes)
}

pub(super) fn limit(sessions: u16, when_full: WhenFull) -> SessionLimit {
    SessionLimit { sessions: NonZeroU16::new(sessions).unwrap_or(NonZeroU16::MIN), when_full }
}

/// A session to open, of a login that begins now.
pub(super) fn a_session<S: SessionStore>(store: &S) -> NewSession {
    NewSession {
        id: an_id(),
        verifier: a_verifier(),
        payload: b"payload".to_vec(),
        device: b"a device".to_vec(),
        idle: MINUTE,
        absolute: 10 * MINUTE,
        limit: limit(100, WhenFull::EndOldest),
        began: store.login_begins(),
        replace: None,
    }
}

/// Opens a session, and gives what it was opened with.
pub(super) async fn open<S: SessionStore>(store: &S, at: Tag) -> Result<NewSession, Broken> {
    let new = a_session(store);
    create(store, at, &new).await?;
    Ok(new)
}

/// Opens this session; when, and what was evicted for it.
pub(super) async fn create<S: SessionStore>(
    store: &S,
    at: Tag,
    new: &NewSession,
) -> Result<(Timestamp, Vec<Uuid>), Broken> {
    match store.create(at, new.clone()).await? {
        Created::Opened { at, evicted } => Ok((at, evicted)),
        other => broken(format!("create should have opened a session, and answered {other:?}")),
    }
}

pub(super) fn rotation(have: Verifier, next: Verifier) -> Rotate {
    Rotate { have: Presented::from(have), next, nonce: [7; 16], grace: MINUTE, idle: MINUTE }
}

pub(super) fn activity(have: Verifier) -> Touch {
    Touch { have: Presented::from(have), grace: MINUTE, idle: MINUTE }
}

pub(super) fn renewal(have: Verifier, began: Began) -> Renew {
    Renew {
        have: Presented::from(have),
        next: a_verifier(),
        payload: b"renewed".to_vec(),
        grace: MINUTE,
        idle: MINUTE,
        began,
    }
}

pub(super) async fn is_there<S: SessionStore>(store: &S, at: Tag, id: Uuid) -> Result<bool, Broken> {
    Ok(store.read(at, id).await?.is_some())
}

/// The record of a session that must be there.
pub(super) async fn record<S: SessionStore>(store: &S, at: Tag, id: Uuid) -> Result<Record, Broken> {
    match store.read(at, id).await? {
        Some(found) => Ok(found.record),
        None => broken("a session that is open was not found"),
    }
}

/// Says which of the ids are there.
pub(super) async fn there<S: SessionStore>(store: &S, at: Tag, ids: &[Uuid]) -> Result<Vec<bool>, Broken> {
    let mut there = Vec::with_capacity(ids.len());
    for id in ids {
        there.push(is_there(store, at, *id).await?);
    }
    Ok(there)
}

/// What a refresh was answered.
pub(super) fn word(rotated: &Rotated) -> &'static str {
    match rotated {
        Rotated::Next(_) => "Next",
        Rotated::Again(_) => "Again",
        Rotated::Same(_) => "Same",
        Rotated::Stale => "Stale",
        Rotated::Reuse(_) => "Reuse",
        Rotated::Gone => "Gone",
    }
}

/// The record of a refresh that should have been answered with this word.
pub(super) fn rotated(what: &str, expected: &str, found: Rotated) -> Result<Record, Broken> {
    equal(what, &expected, &word(&found))?;
    match found {
        Rotated::Next(record) | Rotated::Again(record) | Rotated::Same(record) | Rotated::Reuse(record) => {
            Ok(record)
        }
        Rotated::Stale | Rotated::Gone => broken(format!("{what} has no record")),
    }
}

pub(super) fn broken<T>(what: impl Into<String>) -> Result<T, Broken> {
    Err(Broken(what.into()))
}

pub(super) fn holds(what: &str, holds: bool) -> Result<(), Broken> {
    if holds { Ok(()) } else { broken(format!("expected that {what}, and it is not so")) }
}

pub(super) fn equal<T: PartialEq + fmt::Debug>(what: &str, expected: &T, found: &T) -> Result<(), Broken> {
    if expected == found {
        return Ok(());
    }
    broken(format!("{what}: expected {expected:?}, found {found:?}"))
}

/// As [`equal`], naming the first field that differs: a verifier shows nothing of itself.
pub(super) fn same_record(what: &str, expected: &Record, found: &Record) -> Result<(), Broken> {
    match difference(expected, found, Duration::ZERO) {
        Some(difference) => broken(format!("{what}: {difference}")),
        None => Ok(()),
    }
}

/// The first field in which two records differ; times may by `slack`.
pub(super) fn difference(expected: &Record, found: &Record, slack: Duration) -> Option<String> {
    let times = [
        ("created", expected.created, found.created),
        ("authenticated", expected.authenticated, found.authenticated),
        ("absolute", expected.absolute, found.absolute),
        ("idle", expected.idle, found.idle),
        ("rotated", expected.rotated, found.rotated),
    ];
    if let Some((name, expected, found)) = times.into_iter().find(|(_, a, b)| !near(*a, *b, slack)) {
        return Some(format!("`{name}` of the record: expected {expected:?}, found {found:?}"));
    }
    let fields = [
        ("fresh", expected.fresh == found.fresh),
        ("verifier", expected.verifier == found.verifier),
        ("previous", expected.previous == found.previous),
        ("device", expected.device == found.device),
        ("payload", expected.payload == found.payload),
    ];
    let (name, _) = fields.into_iter().find(|(_, same)| !same)?;
    Some(format!("`{name}` of the record is not what it should be: expected {expected:?}, found {found:?}"))
}

/// Whether two times are at most so far apart.
pub(super) fn near(one: Timestamp, other: Timestamp, slack: Duration) -> bool {
    one.since(other) <= slack && other.since(one) <= slack
}

/// Numbers that follow from a seed, well mixed: `SplitMix64` (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
/// Generators, OOPSLA 2014).
pub(super) struct Seeded(u64);

impl Seeded {
    pub(super) fn new(seed: u64) -> Self {
        Seeded(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn coin(&mut self) -> bool {
        self.next() & 1 == 1
    }

    /// One of several.
    pub(super) fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(among.len()).unwrap_or(u64::MAX);
        among.get(usize::try_from(self.next().checked_rem(count)?).ok()?)
    }
}
