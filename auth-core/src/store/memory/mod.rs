//! Sessions in the memory of this process.

mod counts;
mod state;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use uuid::Uuid;

use self::{counts::MOST_COUNTS, state::State};
use super::{
    Began, Created, Found, NewSession, Renew, Renewed, Rotate, Rotated, SessionStore, StoreError,
    StoreResult, Timestamp, Touch,
};
use crate::{
    session::{Record, ServerKey, Tag, lifecycle},
    throttle::{Count, Refused},
};

/// Where a store reads the time.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::default() + since
    }
}

/// Sessions in the memory of this process: gone when it ends, and unknown to any other.
///
/// It holds 100,000 sessions unless [`with_capacity`](Self::with_capacity) says otherwise; what has expired makes room,
/// and where there is none a login is refused with 503.
pub struct MemoryStore {
    /// No other store of this process has it.
    number: u64,
    /// How many logins and fences there were: which was first does not depend on a clock.
    order: AtomicU64,
    clock: Arc<dyn Clock>,
    capacity: usize,
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(SystemClock)
    }

    /// An empty store that reads the time elsewhere.
    #[must_use]
    pub fn with_clock(clock: impl Clock) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        MemoryStore {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            order: AtomicU64::new(0),
            clock: Arc::new(clock),
            capacity: 100_000,
            state: Mutex::default(),
        }
    }

    /// The same with room for this many sessions.
    #[must_use]
    pub fn with_capacity(self, capacity: usize) -> Self {
        MemoryStore { capacity, ..self }
    }

    /// How many sessions are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.step(|state, _| state.sessions)
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of a login or of a fence in their order.
    fn next(&self) -> u64 {
        self.order.fetch_add(1, Ordering::SeqCst)
    }

    /// One atomic step, on a state without what has expired.
    fn step<T>(&self, step: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let mut state: MutexGuard<'_, State> = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        state.forget_expired(now);
        step(&mut state, now)
    }
}

impl SessionStore for MemoryStore {
    fn place(&self) -> Option<String> {
        Some(format!("memory {}", self.number))
    }

    fn login_begins(&self) -> Began {
        Began(self.next())
    }

    fn now(&self, _: Tag) -> Timestamp {
        self.clock.now()
    }

    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        self.step(|state, now| {
            if state.is_fenced(at, new.began) {
                return Ok(Created::Fenced);
            }
            if state.record(at, new.id).is_some() {
                return Ok(Created::Exists);
            }
            let Some(evicted) = state.in_the_way(at, &new) else {
                return Ok(Created::Full);
            };
            for id in new.replace.iter().chain(&evicted) {
                state.remove(at, *id);
            }
            if state.sessions >= self.capacity {
                return Err(StoreError::Full(format!("it holds {} sessions", self.capacity)));
            }
            state.put(at, new.id, lifecycle::open(&new, now));
            Ok(Created::Opened { at: now, evicted })
        })
    }

    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        Ok(self.step(|state, now| state.record(at, id).map(|record| Found { record: record.clone(), now })))
    }

    async fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> StoreResult<Rotated> {
        Ok(self.step(|state, now| {
            let Some(record) = state.record(at, id) else {
                return Rotated::Gone;
            };
            let rotated = lifecycle::rotate(record, &step, now);
            match &rotated {
                Rotated::Next(record) | Rotated::Again(record) | Rotated::Same(record) => {
                    state.put(at, id, record.clone());
                }
                Rotated::Reuse(_) | Rotated::Gone => {
                    state.remove(at, id);
                }
                Rotated::Stale => {}
            }
            rotated
        }))
    }

    async fn touch(&self, at: Tag, id: Uuid, step: Touch) -> StoreResult<bool> {
        Ok(self.step(|state, now| {
            let touched = state.record(at, id).and_then(|record| lifecycle::touch(record, &step, now));
            touched.map(|record| state.put(at, id, record)).is_some()
        }))
    }

    async fn renew(&self, at: Tag, id: Uuid, step: Renew) -> StoreResult<Renewed> {
        Ok(self.step(|state, now| {
            let Some(record) = state.record(at, id) else {
                return Renewed::Gone;
            };
            if state.is_fenced(at, step.began) {
                return Renewed::Fenced;
            }
            let renewed = lifecycle::renew(record, &step, now);
            if let Renewed::Renewed(record) = &renewed {
                state.put(at, id, record.clone());
            }
            renewed
        }))
    }

    async fn list(&self, at: Tag) -> StoreResult<Vec<(Uuid, Record)>> {
        Ok(self.step(|state, _| {
            let sessions = state.principals.get(&at).map(|principal| &principal.sessions);
            sessions.into_iter().flatten().map(|(id, record)| (*id, record.clone())).collect()
        }))
    }

    async fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> StoreResult<usize> {
        Ok(self.step(|state, now| {
            state.fence(at, self.next(), now);
            let sessions = state.principals.get_mut(&at).map(|principal| &mut principal.sessions);
            let concerned =
                sessions.into_iter().flatten().filter(|(id, _)| only.is_none_or(|only| only == **id));
            concerned.map(|(_, record)| record.payload.clone_from(&payload)).count()
        }))
    }

    async fn count(&self, counts: Vec<Count>) -> StoreResult<Option<Refused>> {
        self.step(|state, now| {
            if state.counts.are_too_many() {
                return Err(StoreError::Full(format!("it holds {MOST_COUNTS} counts of logins")));
            }
            Ok(state.counts.count(&counts, now))
        })
    }

    async fn refund(&self, counts: Vec<Count>) -> StoreResult<()> {
        self.step(|state, now| state.counts.refund(&counts, now));
        Ok(())
    }

    async fn end(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        Ok(self.step(|state, _| state.remove(at, id)))
    }

    async fn end_all(&self, at: Tag, keep: Option<Uuid>) -> StoreResult<Vec<Uuid>> {
        Ok(self.step(|state, now| {
            let ids = state.principals.get(&at).map(|principal| principal.sessions.keys().copied());
            let ended: Vec<_> = ids.into_iter().flatten().filter(|id| Some(*id) != keep).collect();
            state.fence(at, self.next(), now);
            for id in &ended {
                state.remove(at, *id);
            }
            ended
        }))
    }

    async fn server_key(&self, proposed: ServerKey) -> StoreResult<ServerKey> {
        Ok(self.step(|state, _| state.server_key.get_or_insert(proposed).clone()))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows how much is in it, and nothing of what.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("sessions", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
