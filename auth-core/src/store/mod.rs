//! Where sessions are kept, and what such a place must do.
//!
//! A [`SessionStore`] keeps all sessions of a principal together, under the principal's [`Tag`]; each operation
//! concerns one tag and is one atomic step. The rules that a step follows are pure functions in
//! [`lifecycle`](crate::session::lifecycle).

use std::{future::Future, ops::Add, pin::Pin, sync::Arc, time::Duration};

use uuid::Uuid;

use crate::{
    policy::SessionLimit,
    session::{Presented, Record, ServerKey, Tag, Verifier},
    throttle::{Count, Refused},
};

#[cfg(feature = "testing")]
pub mod conformance;
pub(crate) mod memory;
mod watch;

pub use memory::{Clock, MemoryStore, SystemClock};
pub use watch::{Watch, Watchers};

/// A point in time by the store's clock, in microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The point `micros` microseconds after the epoch.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Timestamp(micros)
    }

    /// The point `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Timestamp(millis.saturating_mul(1000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Milliseconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1000
    }

    /// The same point, rounded down to a millisecond: what a [`Record`] can hold.
    #[must_use]
    pub const fn to_millis(self) -> Self {
        Timestamp::from_millis(self.as_millis())
    }

    /// The point so much earlier, not before the epoch.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Timestamp(self.0.saturating_sub(u64::try_from(by.as_micros()).unwrap_or(u64::MAX)))
    }

    /// The time since `earlier`; zero where that is later.
    #[must_use]
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, later: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(u64::try_from(later.as_micros()).unwrap_or(u64::MAX)))
    }
}

/// The moment at which a login began, on a scale of the store's own; see [`SessionStore::login_begins`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Began(pub u64);

/// A session to open.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id. An id is used for one attempt only.
    pub id: Uuid,
    /// The verifier of its secret.
    pub verifier: Verifier,
    /// What it carries.
    pub payload: Vec<u8>,
    /// What it was opened from; see [`Record::device`].
    pub device: Vec<u8>,
    /// How long it lives unused.
    pub idle: Duration,
    /// How long it lives at most.
    pub absolute: Duration,
    /// How many sessions the principal may have.
    pub limit: SessionLimit,
    /// When the login began: after a later [`SessionStore::end_all`] it must not succeed.
    pub began: Began,
    /// A session of the same principal that ends in the same step.
    pub replace: Option<Uuid>,
}

/// The outcome of [`SessionStore::create`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// The session is open.
    Opened {
        /// When, by the store's clock.
        at: Timestamp,
        /// The sessions that were ended to make room.
        evicted: Vec<Uuid>,
    },
    /// All sessions of the principal were ended after this login began.
    Fenced,
    /// The principal has as many sessions as the limit allows, and the limit says to refuse.
    Full,
    /// There is a session with this id. Nothing was changed.
    Exists,
    /// The store got to it too late. Nothing was changed; try once more, with another id.
    Late,
}

/// A record that was read.
#[derive(Clone, Debug)]
pub struct Found {
    /// The record.
    pub record: Record,
    /// The time by the store's clock, as well as the store can tell it.
    pub now: Timestamp,
}

/// A record that a store knows without asking; see [`SessionStore::recall`].
#[derive(Clone, Debug)]
pub struct Recalled {
    /// The record.
    pub record: Arc<Record>,
    /// The time by the store's clock, as well as the store can tell it.
    pub now: Timestamp,
}

/// A refresh.
#[derive(Clone, Debug)]
pub struct Rotate {
    /// The secret that the client presented.
    pub have: Presented,
    /// The verifier of its successor.
    pub next: Verifier,
    /// The nonce that the successor was made with.
    pub nonce: [u8; 16],
    /// How long a previous secret stays good after its successor has been seen in use.
    pub grace: Duration,
    /// How long the session lives unused.
    pub idle: Duration,
}

/// The outcome of [`SessionStore::rotate`]; with the record as it is kept now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The presented secret was rotated.
    Next(Record),
    /// The previous secret was presented, and is still good: its successor follows from the record's nonce.
    Again(Record),
    /// It is too early for another rotation; the presented secret stays.
    Same(Record),
    /// The secret is not good, but may have been a moment ago.
    Stale,
    /// A secret that was rotated away long ago: the session, with this record, has been ended.
    Reuse(Record),
    /// There is no such session.
    Gone,
}

/// A sign of activity.
#[derive(Clone, Debug)]
pub struct Touch {
    /// The secret that the client presented.
    pub have: Presented,
    /// How long a previous secret stays good after its successor has been seen in use.
    pub grace: Duration,
    /// How long the session lives unused.
    pub idle: Duration,
}

/// Credentials that were checked again.
#[derive(Clone, Debug)]
pub struct Renew {
    /// The secret that the client presented.
    pub have: Presented,
    /// The verifier of the new one.
    pub next: Verifier,
    /// What the session carries from now on.
    pub payload: Vec<u8>,
    /// How long a previous secret stays good after its successor has been seen in use.
    pub grace: Duration,
    /// How long the session lives unused.
    pub idle: Duration,
    /// When the check began: after a later [`SessionStore::end_all`] it must not succeed.
    pub began: Began,
}

/// The outcome of [`SessionStore::renew`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// The session has a new secret; its record.
    Renewed(Record),
    /// All sessions of the principal were ended after this check began.
    Fenced,
    /// The secret is not good (any more).
    Stale,
    /// There is no such session.
    Gone,
}

/// Why a store did not do what it was asked to.
///
/// To a client every one of these is the same: 503, with the cookie left as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached, or did not answer in time. What it was asked to do may have been done.
    #[error("the session store is unavailable: {0}")]
    Unavailable(String),
    /// It has no room for another session.
    #[error("the session store is full: {0}")]
    Full(String),
}

impl StoreError {
    /// A store that cannot be reached or did not answer in time; `reason` goes to the log, never to a client.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        StoreError::Unavailable(reason.into())
    }
}

/// The result of an operation on a store.
pub type StoreResult<T> = Result<T, StoreError>;

/// A place where sessions are kept. Implement it with plain `async fn`s.
///
/// Each method is one atomic step: of two at once, one sees all that the other did. None hangs: a store that gets no
/// answer gives up after a time that it documents.
pub trait SessionStore: Send + Sync + 'static {
    /// What tells this place from others, such as a server's address: two entities of one name that would share a place
    /// are refused. None where it cannot be told.
    fn place(&self) -> Option<String> {
        None
    }

    /// The moment at which a login begins, to be handed back in [`NewSession::began`].
    ///
    /// It may be earlier than the store's clock says, and never later: a login that is taken to have begun too early
    /// is refused after an [`end_all`](Self::end_all), one that is taken to have begun too late would outlive it.
    fn login_begins(&self) -> Began;

    /// The time by the store's clock at `at`, as well as it is known without asking.
    fn now(&self, at: Tag) -> Timestamp;

    /// Has the answer [woken](Watch::woken) when a session of the principal may have ended, in whichever program, for as
    /// long as it is held; also when the store has begun to be told of ends, or may have missed one. Called by those who
    /// wait for an end, again and again.
    ///
    /// None where the store is not told: then those who wait ask it every 15 seconds, which they do in any case.
    fn watch(&self, at: Tag) -> Option<Watch> {
        let _ = at;
        None
    }

    /// A session as the store knows it without asking, which may be older than what [`read`](Self::read) gives, by as
    /// much as the store documents; never older than what an operation of this same store has been answered since.
    ///
    /// A request is let in by it and never refused: whatever speaks against one is asked of the store.
    fn recall(&self, at: Tag, id: Uuid) -> Option<Recalled> {
        let _ = (at, id);
        None
    }

    /// Opens a session. Never overwrites one.
    fn create(&self, at: Tag, new: NewSession) -> impl Future<Output = StoreResult<Created>> + Send;

    /// Reads a session, expired or not. A record that cannot be read counts as none.
    fn read(&self, at: Tag, id: Uuid) -> impl Future<Output = StoreResult<Option<Found>>> + Send;

    /// Refreshes a session as [`lifecycle::rotate`](crate::session::lifecycle::rotate) says.
    fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> impl Future<Output = StoreResult<Rotated>> + Send;

    /// Notes activity as [`lifecycle::touch`](crate::session::lifecycle::touch) says; whether the secret was good.
    fn touch(&self, at: Tag, id: Uuid, step: Touch) -> impl Future<Output = StoreResult<bool>> + Send;

    /// Gives a session a new secret as [`lifecycle::renew`](crate::session::lifecycle::renew) says.
    fn renew(&self, at: Tag, id: Uuid, step: Renew) -> impl Future<Output = StoreResult<Renewed>> + Send;

    /// The sessions of a principal that are alive.
    fn list(&self, at: Tag) -> impl Future<Output = StoreResult<Vec<(Uuid, Record)>>> + Send;

    /// Gives all sessions of a principal, or `only` one, another payload, each in one atomic step, and fences off logins
    /// that have begun, which carry what was true before. Gives the number of sessions.
    fn update(
        &self,
        at: Tag,
        only: Option<Uuid>,
        payload: Vec<u8>,
    ) -> impl Future<Output = StoreResult<usize>> + Send;

    /// Counts a login by each of `counts`, or by none where one of them has too many.
    fn count(&self, counts: Vec<Count>) -> impl Future<Output = StoreResult<Option<Refused>>> + Send;

    /// Takes back what one [`count`](Self::count) counted.
    fn refund(&self, counts: Vec<Count>) -> impl Future<Output = StoreResult<()>> + Send;

    /// Ends a session, and gives its last record where there was one; of one that has expired it may or may not.
    fn end(&self, at: Tag, id: Uuid) -> impl Future<Output = StoreResult<Option<Record>>> + Send;

    /// Ends all sessions of a principal but `keep`, and fences off logins that have begun: their
    /// [`create`](Self::create) answers [`Created::Fenced`]. Gives the ids of those that were ended.
    fn end_all(&self, at: Tag, keep: Option<Uuid>) -> impl Future<Output = StoreResult<Vec<Uuid>>> + Send;

    /// The server key that all programs with this store share: `proposed`, unless there is one already.
    ///
    /// Asked for by programs that have no key of their own.
    fn server_key(&self, proposed: ServerKey) -> impl Future<Output = StoreResult<ServerKey>> + Send;
}

/// One store for several entities of a program.
impl<T: SessionStore> SessionStore for Arc<T> {
    fn place(&self) -> Option<String> {
        T::place(self)
    }

    fn login_begins(&self) -> Began {
        T::login_begins(self)
    }

    fn now(&self, at: Tag) -> Timestamp {
        T::now(self, at)
    }

    fn watch(&self, at: Tag) -> Option<Watch> {
        T::watch(self, at)
    }

    fn recall(&self, at: Tag, id: Uuid) -> Option<Recalled> {
        T::recall(self, at, id)
    }

    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        T::create(self, at, new).await
    }

    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        T::read(self, at, id).await
    }

    async fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> StoreResult<Rotated> {
        T::rotate(self, at, id, step).await
    }

    async fn touch(&self, at: Tag, id: Uuid, step: Touch) -> StoreResult<bool> {
        T::touch(self, at, id, step).await
    }

    async fn renew(&self, at: Tag, id: Uuid, step: Renew) -> StoreResult<Renewed> {
        T::renew(self, at, id, step).await
    }

    async fn list(&self, at: Tag) -> StoreResult<Vec<(Uuid, Record)>> {
        T::list(self, at).await
    }

    async fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> StoreResult<usize> {
        T::update(self, at, only, payload).await
    }

    async fn count(&self, counts: Vec<Count>) -> StoreResult<Option<Refused>> {
        T::count(self, counts).await
    }

    async fn refund(&self, counts: Vec<Count>) -> StoreResult<()> {
        T::refund(self, counts).await
    }

    async fn end(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        T::end(self, at, id).await
    }

    async fn end_all(&self, at: Tag, keep: Option<Uuid>) -> StoreResult<Vec<Uuid>> {
        T::end_all(self, at, keep).await
    }

    async fn server_key(&self, proposed: ServerKey) -> StoreResult<ServerKey> {
        T::server_key(self, proposed).await
    }
}

/// Reads what a store kept; what cannot be read counts as expired, and is logged.
#[must_use]
pub fn readable(bytes: &[u8]) -> Option<Record> {
    Record::decode(bytes)
        .inspect_err(
            |reason| tracing::warn!(%reason, "a session record cannot be read and counts as expired"),
        )
        .ok()
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = StoreResult<T>> + Send + 'a>>;

/// [`SessionStore`] as an object.
pub(crate) trait DynStore: Send + Sync + 'static {
    fn login_begins(&self) -> Began;
    fn now(&self, at: Tag) -> Timestamp;
    fn watch(&self, at: Tag) -> Option<Watch>;
    fn recall(&self, at: Tag, id: Uuid) -> Option<Recalled>;
    fn create(&self, at: Tag, new: NewSession) -> Answer<'_, Created>;
    fn read(&self, at: Tag, id: Uuid) -> Answer<'_, Option<Found>>;
    fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> Answer<'_, Rotated>;
    fn touch(&self, at: Tag, id: Uuid, step: Touch) -> Answer<'_, bool>;
    fn renew(&self, at: Tag, id: Uuid, step: Renew) -> Answer<'_, Renewed>;
    fn list(&self, at: Tag) -> Answer<'_, Vec<(Uuid, Record)>>;
    fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> Answer<'_, usize>;
    fn count(&self, counts: Vec<Count>) -> Answer<'_, Option<Refused>>;
    fn refund(&self, counts: Vec<Count>) -> Answer<'_, ()>;
    fn end(&self, at: Tag, id: Uuid) -> Answer<'_, Option<Record>>;
    fn end_all(&self, at: Tag, keep: Option<Uuid>) -> Answer<'_, Vec<Uuid>>;
    fn server_key(&self, proposed: ServerKey) -> Answer<'_, ServerKey>;
}

impl<T: SessionStore> DynStore for T {
    fn login_begins(&self) -> Began {
        SessionStore::login_begins(self)
    }

    fn now(&self, at: Tag) -> Timestamp {
        SessionStore::now(self, at)
    }

    fn watch(&self, at: Tag) -> Option<Watch> {
        SessionStore::watch(self, at)
    }

    fn recall(&self, at: Tag, id: Uuid) -> Option<Recalled> {
        SessionStore::recall(self, at, id)
    }

    fn create(&self, at: Tag, new: NewSession) -> Answer<'_, Created> {
        Box::pin(SessionStore::create(self, at, new))
    }

    fn read(&self, at: Tag, id: Uuid) -> Answer<'_, Option<Found>> {
        Box::pin(SessionStore::read(self, at, id))
    }

    fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> Answer<'_, Rotated> {
        Box::pin(SessionStore::rotate(self, at, id, step))
    }

    fn touch(&self, at: Tag, id: Uuid, step: Touch) -> Answer<'_, bool> {
        Box::pin(SessionStore::touch(self, at, id, step))
    }

    fn renew(&self, at: Tag, id: Uuid, step: Renew) -> Answer<'_, Renewed> {
        Box::pin(SessionStore::renew(self, at, id, step))
    }

    fn list(&self, at: Tag) -> Answer<'_, Vec<(Uuid, Record)>> {
        Box::pin(SessionStore::list(self, at))
    }

    fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> Answer<'_, usize> {
        Box::pin(SessionStore::update(self, at, only, payload))
    }

    fn count(&self, counts: Vec<Count>) -> Answer<'_, Option<Refused>> {
        Box::pin(SessionStore::count(self, counts))
    }

    fn refund(&self, counts: Vec<Count>) -> Answer<'_, ()> {
        Box::pin(SessionStore::refund(self, counts))
    }

    fn end(&self, at: Tag, id: Uuid) -> Answer<'_, Option<Record>> {
        Box::pin(SessionStore::end(self, at, id))
    }

    fn end_all(&self, at: Tag, keep: Option<Uuid>) -> Answer<'_, Vec<Uuid>> {
        Box::pin(SessionStore::end_all(self, at, keep))
    }

    fn server_key(&self, proposed: ServerKey) -> Answer<'_, ServerKey> {
        Box::pin(SessionStore::server_key(self, proposed))
    }
}
