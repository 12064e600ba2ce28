//! Sessions in the memory of this process.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use uuid::Uuid;

use super::{
    Began, Created, Found, NewSession, Renew, Renewed, Rotate, Rotated, SessionStore, StoreError,
    StoreResult, Timestamp, Touch,
};
use crate::{
    policy::WhenFull,
    session::{Record, ServerKey, Tag, lifecycle},
    throttle::{self, Arrival, Count, CountKey, Refused},
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

/// How long a fence stands: longer than any login takes.
const FENCE: Duration = Duration::from_mins(10);

/// As many counts of logins are kept at most; then no login is let through.
const MOST_COUNTS: usize = 100_000;

#[derive(Default)]
struct State {
    principals: HashMap<Tag, Principal>,
    /// When each session ends unless it is used before; the fences too, under the nil id.
    expiries: BTreeSet<(Timestamp, Tag, Uuid)>,
    sessions: usize,
    counts: Counts,
    server_key: Option<ServerKey>,
}

#[derive(Default)]
struct Principal {
    sessions: HashMap<Uuid, Record>,
    fence: Option<Fence>,
}

/// Logins that began before it do not succeed.
struct Fence {
    order: u64,
    until: Timestamp,
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

impl State {
    fn forget_expired(&mut self, now: Timestamp) {
        self.counts.forget_expired(now);
        while let Some(&(expiry, tag, id)) = self.expiries.first() {
            if expiry > now.to_millis() {
                break;
            }
            self.expiries.pop_first();
            if id.is_nil() {
                self.lift_fence(tag);
            } else {
                self.remove(tag, id);
            }
        }
    }

    fn record(&self, tag: Tag, id: Uuid) -> Option<&Record> {
        self.principals.get(&tag)?.sessions.get(&id)
    }

    fn put(&mut self, tag: Tag, id: Uuid, record: Record) {
        self.expiries.insert((record.idle, tag, id));
        match self.principals.entry(tag).or_default().sessions.insert(id, record) {
            Some(before) => {
                let same = self.record(tag, id).is_some_and(|now| now.idle == before.idle);
                if !same {
                    self.expiries.remove(&(before.idle, tag, id));
                }
            }
            None => self.sessions += 1,
        }
    }

    fn remove(&mut self, tag: Tag, id: Uuid) -> Option<Record> {
        let principal = self.principals.get_mut(&tag)?;
        let record = principal.sessions.remove(&id)?;
        if principal.sessions.is_empty() && principal.fence.is_none() {
            self.principals.remove(&tag);
        }
        self.expiries.remove(&(record.idle, tag, id));
        self.sessions -= 1;
        Some(record)
    }

    /// Whether what began then was overtaken by an end of all sessions.
    fn is_fenced(&self, tag: Tag, began: Began) -> bool {
        let fence = self.principals.get(&tag).and_then(|principal| principal.fence.as_ref());
        fence.is_some_and(|fence| began.0 < fence.order)
    }

    fn fence(&mut self, tag: Tag, order: u64, now: Timestamp) {
        let until = now + FENCE;
        let before = self.principals.entry(tag).or_default().fence.replace(Fence { order, until });
        if let Some(before) = before {
            self.expiries.remove(&(before.until, tag, Uuid::nil()));
        }
        self.expiries.insert((until, tag, Uuid::nil()));
    }

    fn lift_fence(&mut self, tag: Tag) {
        if let Some(principal) = self.principals.get_mut(&tag) {
            principal.fence = None;
            if principal.sessions.is_empty() {
                self.principals.remove(&tag);
            }
        }
    }

    /// The principal's sessions that are in the way of another one, the oldest first; `None` where none may be ended.
    fn in_the_way(&self, tag: Tag, new: &NewSession) -> Option<Vec<Uuid>> {
        let Some(principal) = self.principals.get(&tag) else {
            return Some(Vec::new());
        };
        let mut others: Vec<_> = principal
            .sessions
            .iter()
            .filter(|(id, _)| Some(**id) != new.replace)
            .map(|(id, r)| (r.created, *id))
            .collect();
        let surplus = (others.len() + 1).saturating_sub(usize::from(new.limit.sessions.get()));
        if surplus > 0 && new.limit.when_full == WhenFull::Refuse {
            return None;
        }
        others.sort_unstable();
        Some(others.into_iter().take(surplus).map(|(_, id)| id).collect())
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
            if state.counts.arrivals.len() > MOST_COUNTS {
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

/// Counts of logins, each until it is as if nothing had been counted.
#[derive(Default)]
struct Counts {
    arrivals: HashMap<CountKey, Arrival>,
    expiries: BTreeSet<(Arrival, CountKey)>,
}

impl Counts {
    fn count(&mut self, counts: &[Count], now: Timestamp) -> Option<Refused> {
        let mut next = Vec::with_capacity(counts.len());
        let mut refused: Option<Refused> = None;
        for (which, Count { key, rate }) in counts.iter().enumerate() {
            match throttle::count(self.arrivals.get(key).copied(), *rate, now) {
                Ok(arrival) => next.push((*key, arrival)),
                Err(wait) if refused.is_none_or(|longest| longest.wait < wait) => {
                    refused = Some(Refused { which, wait });
                }
                Err(_) => {}
            }
        }
        if refused.is_none() {
            for (key, arrival) in next {
                self.set(key, Some(arrival));
            }
        }
        refused
    }

    fn refund(&mut self, counts: &[Count], now: Timestamp) {
        for Count { key, rate } in counts {
            if let Some(last) = self.arrivals.get(key) {
                let left = throttle::refund(*last, *rate, now);
                self.set(*key, left);
            }
        }
    }

    fn set(&mut self, key: CountKey, arrival: Option<Arrival>) {
        let before = match arrival {
            Some(arrival) => {
                self.expiries.insert((arrival, key));
                self.arrivals.insert(key, arrival)
            }
            None => self.arrivals.remove(&key),
        };
        if let Some(before) = before.filter(|before| arrival != Some(*before)) {
            self.expiries.remove(&(before, key));
        }
    }

    fn forget_expired(&mut self, now: Timestamp) {
        while let Some((arrival, key)) = self.expiries.first().copied().filter(|(arrival, _)| *arrival <= now)
        {
            self.expiries.remove(&(arrival, key));
            self.arrivals.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        policy::{Policy, SessionLimit},
        session::Verifier,
    };

    const IDLE: Duration = Duration::from_mins(1);
    const ABSOLUTE: Duration = Duration::from_hours(1);

    /// A clock that the test holds too.
    #[derive(Clone, Default)]
    struct Moved(Arc<Mutex<Timestamp>>);

    impl Moved {
        fn advance(&self, by: Duration) {
            let mut now = self.0.lock().unwrap();
            *now = *now + by;
        }
    }

    impl Clock for Moved {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn store() -> (MemoryStore, Moved) {
        let clock = Moved::default();
        clock.advance(ABSOLUTE);
        (MemoryStore::with_clock(clock.clone()), clock)
    }

    fn tag(principal: u32) -> Tag {
        Tag::of("user", &principal.to_string())
    }

    fn new(store: &MemoryStore, id: u128) -> NewSession {
        NewSession {
            id: Uuid::from_u128(id),
            verifier: Verifier::from_bytes([1; 16]),
            payload: Vec::new(),
            device: Vec::new(),
            idle: IDLE,
            absolute: ABSOLUTE,
            limit: SessionLimit { when_full: WhenFull::Refuse, ..Policy::DEFAULT.limit() },
            began: store.login_begins(),
            replace: None,
        }
    }

    async fn create(store: &MemoryStore, principal: u32, id: u128) -> StoreResult<Created> {
        store.create(tag(principal), new(store, id)).await
    }

    /// Nothing is kept, under no principal.
    fn is_clean(store: &MemoryStore) -> bool {
        store.step(|state, _| state.sessions == 0 && state.principals.is_empty() && state.expiries.is_empty())
    }

    #[tokio::test]
    async fn what_has_expired_is_forgotten_and_makes_room() {
        let (store, clock) = store();
        let store = store.with_capacity(2);
        for id in 1..=2 {
            assert!(matches!(create(&store, 7, id).await, Ok(Created::Opened { .. })));
        }
        assert!(matches!(create(&store, 8, 3).await, Err(StoreError::Full(_))));
        clock.advance(IDLE);
        assert!(is_clean(&store));
        assert!(matches!(create(&store, 8, 4).await, Ok(Created::Opened { .. })));
        assert_eq!(store.len(), 1);
    }

    #[tokio::test]
    async fn what_is_used_is_kept_until_its_new_limit() {
        let (store, clock) = store();
        create(&store, 7, 1).await.unwrap();
        clock.advance(IDLE / 2);
        let have = Verifier::from_bytes([1; 16]).into();
        let step = Touch { have, grace: IDLE, idle: IDLE };
        assert!(store.touch(tag(7), Uuid::from_u128(1), step.clone()).await.unwrap());
        assert!(store.touch(tag(7), Uuid::from_u128(1), step).await.unwrap(), "twice at once does no harm");
        clock.advance(IDLE / 2);
        assert_eq!(store.len(), 1);
        clock.advance(IDLE / 2);
        assert!(is_clean(&store));
    }

    #[tokio::test]
    async fn a_replaced_session_makes_room_in_a_full_store() {
        let (store, _) = store();
        let store = store.with_capacity(1);
        create(&store, 7, 1).await.unwrap();
        let over = NewSession { replace: Some(Uuid::from_u128(1)), ..new(&store, 2) };
        assert!(matches!(store.create(tag(7), over).await, Ok(Created::Opened { .. })));
        assert!(store.read(tag(7), Uuid::from_u128(1)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_fence_is_forgotten_when_no_login_can_be_older() {
        let (store, clock) = store();
        let early = new(&store, 1);
        store.end_all(tag(7), None).await.unwrap();
        assert_eq!(store.create(tag(7), early).await.unwrap(), Created::Fenced);
        clock.advance(FENCE);
        assert!(is_clean(&store));
    }

    #[tokio::test]
    async fn a_fence_is_for_logins_that_began_before_it_whatever_the_clock_says() {
        let (store, clock) = store();
        let early = new(&store, 1);
        store.end_all(tag(7), None).await.unwrap();
        *clock.0.lock().unwrap() = Timestamp::default();
        assert!(matches!(create(&store, 7, 2).await, Ok(Created::Opened { .. })));
        assert_eq!(store.create(tag(7), early).await.unwrap(), Created::Fenced);
    }

    #[tokio::test]
    async fn ending_leaves_nothing_behind() {
        let (store, _) = store();
        create(&store, 7, 1).await.unwrap();
        assert_eq!(create(&store, 7, 1).await.unwrap(), Created::Exists);
        assert!(store.end(tag(8), Uuid::from_u128(1)).await.unwrap().is_none());
        assert!(store.end(tag(7), Uuid::from_u128(1)).await.unwrap().is_some());
        assert!(store.end(tag(7), Uuid::from_u128(1)).await.unwrap().is_none());
        assert!(is_clean(&store));
    }
}
