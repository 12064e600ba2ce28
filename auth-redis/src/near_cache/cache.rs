//! What was read, and what of it is still good. No I/O; what time it is, is said.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use auth_core::session::{Record, Tag};
use tokio::sync::Notify;
use uuid::Uuid;

use super::NearCache;
use crate::clock::Moment;

/// What a session may carry, in bytes, to be kept.
const LARGEST: usize = 4096;

/// What a store has read lately, over all of its connections.
pub(crate) struct Cache {
    sessions: quick_cache::sync::Cache<(Tag, Uuid), Kept>,
    /// How often something of these principals has changed; a principal shares one with some others.
    epochs: Box<[AtomicU64]>,
    /// The last generation that was given to a connection.
    generations: AtomicU64,
    pub(super) bound: Duration,
}

#[derive(Clone)]
struct Kept {
    stamp: Stamp,
    record: Arc<Record>,
}

/// What must not have changed since before a command was sent, for its answer to be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    generation: u64,
    epoch: u64,
}

/// The part of one connection: what was read over it, since it last may have missed a change.
pub(crate) struct Tracking {
    pub(super) cache: Arc<Cache>,
    generation: AtomicU64,
    /// See [`prove`](Self::prove); by both clocks.
    proven: (AtomicU64, AtomicU64),
    /// A principal that was read over this connection: what is kept beside it is on the same server.
    beside: Mutex<Option<Tag>>,
    /// Somebody could use a proof since the last one was begun.
    is_wanted: AtomicBool,
    pub(super) wanted: Notify,
}

/// A point in time by two clocks, in microseconds: one stands still while the machine sleeps, the other may be set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(super) running: u64,
    pub(super) wall: u64,
}

impl Cache {
    pub(crate) fn new(settings: NearCache) -> Arc<Self> {
        let epochs = settings.sessions.clamp(64, 1 << 20).next_power_of_two();
        Arc::new(Cache {
            sessions: quick_cache::sync::Cache::new(settings.sessions),
            epochs: (0..epochs).map(|_| AtomicU64::new(0)).collect(),
            generations: AtomicU64::new(0),
            bound: settings.bound,
        })
    }

    /// Something of a principal has changed, or may have.
    pub(crate) fn changed(&self, at: Tag) {
        self.changed_at(at.as_bytes());
    }

    /// The same, with the bytes of the principal's tag.
    pub(super) fn changed_at(&self, tag: &[u8]) {
        self.epoch(tag).fetch_add(1, SeqCst);
    }

    /// How many sessions there are, good or not.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// A tag is a hash already.
    fn epoch(&self, tag: &[u8]) -> &AtomicU64 {
        let hash = tag.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        &self.epochs[hash as usize & (self.epochs.len() - 1)]
    }

    /// One that nothing has been read in.
    fn generation(&self) -> u64 {
        self.generations.fetch_add(1, SeqCst) + 1
    }
}

/// Something of a principal will have changed, or may have, when this is dropped.
pub(crate) struct Changing<'a>(Option<&'a Cache>, Tag);

impl<'a> Changing<'a> {
    pub(crate) fn new(cache: Option<&'a Cache>, at: Tag) -> Self {
        Changing(cache, at)
    }

    /// The server has said so: else whoever makes up tokens would have sessions of others read again.
    pub(crate) fn nothing_happened(mut self) {
        self.0 = None;
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        if let Some(cache) = self.0 {
            cache.changed(self.1);
        }
    }
}

impl Tracking {
    /// For a new connection.
    pub(crate) fn new(cache: Arc<Cache>) -> Self {
        Tracking {
            generation: AtomicU64::new(cache.generation()),
            cache,
            proven: (AtomicU64::new(0), AtomicU64::new(0)),
            beside: Mutex::new(None),
            is_wanted: AtomicBool::new(false),
            wanted: Notify::new(),
        }
    }

    /// To be taken before a command is sent.
    pub(crate) fn stamp(&self, at: Tag) -> Stamp {
        let epoch = self.cache.epoch(at.as_bytes()).load(SeqCst);
        Stamp { generation: self.generation.load(SeqCst), epoch }
    }

    /// Keeps what was read by a command that was sent after `stamp` was taken.
    pub(crate) fn keep(&self, at: Tag, id: Uuid, stamp: Stamp, record: &Record) {
        self.lock().get_or_insert(at);
        let fits = record.payload.len() + record.device.len() <= LARGEST;
        if fits && stamp == self.stamp(at) {
            self.cache.sessions.insert((at, id), Kept { stamp, record: Arc::new(record.clone()) });
        }
        self.want_proof();
    }

    /// What is known of a session, if it is still good.
    pub(crate) fn recall(&self, at: Tag, id: Uuid, now: Point) -> Option<Arc<Record>> {
        let kept = self.cache.sessions.get(&(at, id))?;
        self.want_proof();
        // In this order: what a proof says was heard of has been applied before it was noted.
        (self.is_proven(now) && kept.stamp == self.stamp(at)).then_some(kept.record)
    }

    /// Changes may have been missed: nothing that was read until now is good.
    pub(crate) fn forget(&self) {
        *self.lock() = None;
        self.generation.store(self.cache.generation(), SeqCst);
    }

    /// All changes until `sent` have been heard of, and applied.
    pub(super) fn prove(&self, sent: Point) {
        self.proven.0.store(sent.running, SeqCst);
        self.proven.1.store(sent.wall, SeqCst);
    }

    pub(super) fn beside(&self) -> Option<Tag> {
        *self.lock()
    }

    /// From now on the next use asks for a proof again.
    pub(super) fn begins_proof(&self) {
        self.is_wanted.store(false, SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Tag>> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn want_proof(&self) {
        if !self.is_wanted.load(SeqCst) && !self.is_wanted.swap(true, SeqCst) {
            self.wanted.notify_one();
        }
    }

    fn is_proven(&self, now: Point) -> bool {
        let proven = Point { running: self.proven.0.load(SeqCst), wall: self.proven.1.load(SeqCst) };
        now.is_within(self.cache.bound, proven)
    }
}

impl Point {
    pub(crate) fn now() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Point {
            running: Moment::now().as_micros(),
            wall: u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
        }
    }

    /// Less than `bound` after `earlier`, by either clock.
    fn is_within(self, bound: Duration, earlier: Point) -> bool {
        let less = |now: u64, earlier: u64| {
            now.checked_sub(earlier).is_some_and(|passed| u128::from(passed) < bound.as_micros())
        };
        less(self.running, earlier.running) && less(self.wall, earlier.wall)
    }
}
