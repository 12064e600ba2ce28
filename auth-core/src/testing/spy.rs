//! A store that counts what it is asked, and fails when it is told to.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use crate::{
    session::{Record, ServerKey, Tag},
    store::{
        Began, Created, Found, NewSession, Recalled, Renew, Renewed, Rotate, Rotated, SessionStore,
        StoreError, StoreResult, Timestamp, Touch, Watch,
    },
    throttle::{Count, Refused},
};

/// A store that counts what it is asked, by operation, and hands it on to another one, or fails.
///
/// Its clones count together: keep one, and give another to [`Auth::testing`](crate::Auth::testing).
///
/// ```
/// use auth_core::{MemoryStore, SessionStore, session::Tag, testing::{Counts, Spy}};
/// use uuid::Uuid;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), auth_core::store::StoreError> {
/// let spy = Spy::on(MemoryStore::new());
/// let auth_has = spy.clone();
/// auth_has.read(Tag::of("user", "7"), Uuid::nil()).await?;
/// assert_eq!(spy.count(), Counts { read: 1, ..Counts::default() });
/// spy.reset();
/// assert_eq!(spy.count().all(), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Spy<S> {
    inner: Arc<Inner<S>>,
}

#[derive(Debug)]
struct Inner<S> {
    store: S,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    failing: HashSet<Operation>,
}

/// An operation of a [`SessionStore`]. What is read from the process's own memory, `login_begins`, `now`,
/// `watch` and `recall`, is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// [`SessionStore::create`]: a login opens a session.
    Create,
    /// [`SessionStore::read`]: a request is authenticated.
    Read,
    /// [`SessionStore::rotate`]: a refresh.
    Rotate,
    /// [`SessionStore::touch`]: activity is noted.
    Touch,
    /// [`SessionStore::renew`]: credentials were checked again.
    Renew,
    /// [`SessionStore::list`]: the sessions of a principal are listed.
    List,
    /// [`SessionStore::update`]: what sessions carry is renewed.
    Update,
    /// [`SessionStore::count`]: a login is counted.
    Count,
    /// [`SessionStore::refund`]: what was counted is given back.
    Refund,
    /// [`SessionStore::end`]: a session ends.
    End,
    /// [`SessionStore::end_all`]: all sessions of a principal end.
    EndAll,
    /// [`SessionStore::server_key`]: the first of all, where a program has no key of its own.
    ServerKey,
}

impl Operation {
    /// All of them.
    pub const ALL: [Operation; 12] = {
        use Operation::{
            Count, Create, End, EndAll, List, Read, Refund, Renew, Rotate, ServerKey, Touch, Update,
        };
        [Create, Read, Rotate, Touch, Renew, List, Update, Count, Refund, End, EndAll, ServerKey]
    };
}

/// How often each [`Operation`] was called.
///
/// ```
/// use auth_core::testing::Counts;
///
/// let counts = Counts { create: 1, read: 2, ..Counts::default() };
/// assert_eq!(counts.all(), 3);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls of [`SessionStore::create`].
    pub create: usize,
    /// Calls of [`SessionStore::read`].
    pub read: usize,
    /// Calls of [`SessionStore::rotate`].
    pub rotate: usize,
    /// Calls of [`SessionStore::touch`].
    pub touch: usize,
    /// Calls of [`SessionStore::renew`].
    pub renew: usize,
    /// Calls of [`SessionStore::list`].
    pub list: usize,
    /// Calls of [`SessionStore::update`].
    pub update: usize,
    /// Calls of [`SessionStore::count`].
    pub count: usize,
    /// Calls of [`SessionStore::refund`].
    pub refund: usize,
    /// Calls of [`SessionStore::end`].
    pub end: usize,
    /// Calls of [`SessionStore::end_all`].
    pub end_all: usize,
    /// Calls of [`SessionStore::server_key`].
    pub server_key: usize,
}

impl Counts {
    /// All calls together.
    ///
    /// ```
    /// assert_eq!(auth_core::testing::Counts::default().all(), 0);
    /// ```
    #[must_use]
    pub fn all(&self) -> usize {
        let Counts {
            create,
            read,
            rotate,
            touch,
            renew,
            list,
            update,
            count,
            refund,
            end,
            end_all,
            server_key,
        } = self;
        create + read + rotate + touch + renew + list + update + count + refund + end + end_all + server_key
    }
}

impl Counts {
    fn of(&mut self, operation: Operation) -> &mut usize {
        match operation {
            Operation::Create => &mut self.create,
            Operation::Read => &mut self.read,
            Operation::Rotate => &mut self.rotate,
            Operation::Touch => &mut self.touch,
            Operation::Renew => &mut self.renew,
            Operation::List => &mut self.list,
            Operation::Update => &mut self.update,
            Operation::Count => &mut self.count,
            Operation::Refund => &mut self.refund,
            Operation::End => &mut self.end,
            Operation::EndAll => &mut self.end_all,
            Operation::ServerKey => &mut self.server_key,
        }
    }
}

impl<S> Spy<S> {
    /// Watches `store`.
    ///
    /// ```
    /// use auth_core::{MemoryStore, testing::Spy};
    ///
    /// assert_eq!(Spy::on(MemoryStore::new()).count().all(), 0);
    /// ```
    pub fn on(store: S) -> Self {
        Spy { inner: Arc::new(Inner { store, state: Mutex::default() }) }
    }

    /// The calls since it was made, or last [`reset`](Self::reset). A call counts when it is made, whether or not it
    /// succeeds.
    ///
    /// ```
    /// # use auth_core::{MemoryStore, testing::Spy};
    /// # let spy = Spy::on(MemoryStore::new());
    /// assert_eq!(spy.count().create, 0);
    /// ```
    #[must_use]
    pub fn count(&self) -> Counts {
        self.state().counts
    }

    /// Counts from zero again.
    ///
    /// ```
    /// # use auth_core::{MemoryStore, testing::Spy};
    /// # let spy = Spy::on(MemoryStore::new());
    /// spy.reset();
    /// assert_eq!(spy.count().all(), 0);
    /// ```
    pub fn reset(&self) {
        self.state().counts = Counts::default();
    }

    /// Lets an operation fail from now on, as that of a store that cannot be reached: nothing of it is done.
    ///
    /// ```
    /// # use auth_core::{MemoryStore, SessionStore, session::Tag, testing::{Operation, Spy}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let spy = Spy::on(MemoryStore::new());
    /// spy.fail(Operation::List);
    /// assert!(spy.list(Tag::of("user", "7")).await.is_err());
    /// spy.recover();
    /// assert!(spy.list(Tag::of("user", "7")).await.is_ok());
    /// # }
    /// ```
    pub fn fail(&self, operation: Operation) {
        self.state().failing.insert(operation);
    }

    /// Lets all operations fail from now on.
    pub fn fail_all(&self) {
        self.state().failing.extend(Operation::ALL);
    }

    /// Lets no operation fail any more.
    pub fn recover(&self) {
        self.state().failing.clear();
    }

    /// The store that is watched.
    ///
    /// ```
    /// # use auth_core::{MemoryStore, testing::Spy};
    /// assert!(Spy::on(MemoryStore::new()).store().is_empty());
    /// ```
    pub fn store(&self) -> &S {
        &self.inner.store
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call, and gives the store that is to do it.
    fn noting(&self, operation: Operation) -> StoreResult<&S> {
        let mut state = self.state();
        *state.counts.of(operation) += 1;
        if state.failing.contains(&operation) {
            return Err(StoreError::unavailable(format!("{operation:?} is to fail in this test")));
        }
        Ok(self.store())
    }
}

impl<S> Clone for Spy<S> {
    fn clone(&self) -> Self {
        Spy { inner: Arc::clone(&self.inner) }
    }
}

impl<S: SessionStore> SessionStore for Spy<S> {
    fn place(&self) -> Option<String> {
        self.store().place()
    }

    fn login_begins(&self) -> Began {
        self.store().login_begins()
    }

    fn now(&self, at: Tag) -> Timestamp {
        self.store().now(at)
    }

    fn watch(&self, at: Tag) -> Option<Watch> {
        self.store().watch(at)
    }

    fn recall(&self, at: Tag, id: Uuid) -> Option<Recalled> {
        self.store().recall(at, id)
    }

    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        self.noting(Operation::Create)?.create(at, new).await
    }

    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        self.noting(Operation::Read)?.read(at, id).await
    }

    async fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> StoreResult<Rotated> {
        self.noting(Operation::Rotate)?.rotate(at, id, step).await
    }

    async fn touch(&self, at: Tag, id: Uuid, step: Touch) -> StoreResult<bool> {
        self.noting(Operation::Touch)?.touch(at, id, step).await
    }

    async fn renew(&self, at: Tag, id: Uuid, step: Renew) -> StoreResult<Renewed> {
        self.noting(Operation::Renew)?.renew(at, id, step).await
    }

    async fn list(&self, at: Tag) -> StoreResult<Vec<(Uuid, Record)>> {
        self.noting(Operation::List)?.list(at).await
    }

    async fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> StoreResult<usize> {
        self.noting(Operation::Update)?.update(at, only, payload).await
    }

    async fn count(&self, counts: Vec<Count>) -> StoreResult<Option<Refused>> {
        self.noting(Operation::Count)?.count(counts).await
    }

    async fn refund(&self, counts: Vec<Count>) -> StoreResult<()> {
        self.noting(Operation::Refund)?.refund(counts).await
    }

    async fn end(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        self.noting(Operation::End)?.end(at, id).await
    }

    async fn end_all(&self, at: Tag, keep: Option<Uuid>) -> StoreResult<Vec<Uuid>> {
        self.noting(Operation::EndAll)?.end_all(at, keep).await
    }

    async fn server_key(&self, proposed: ServerKey) -> StoreResult<ServerKey> {
        self.noting(Operation::ServerKey)?.server_key(proposed).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_operation_counts_once_and_for_itself() {
        let spy = Spy::on(crate::MemoryStore::new());
        let (at, id) = (Tag::of("user", "7"), Uuid::nil());
        for _ in 0..2 {
            _ = spy.read(at, id).await;
        }
        _ = spy.end(at, id).await;
        _ = spy.end_all(at, None).await;
        _ = spy.clone().server_key(ServerKey::from([1; 32])).await;
        let expected = Counts { read: 2, end: 1, end_all: 1, server_key: 1, ..Counts::default() };
        assert_eq!((spy.count(), spy.count().all()), (expected, 5));
    }

    #[tokio::test]
    async fn what_is_to_fail_fails_alone_and_is_counted() {
        let spy = Spy::on(crate::MemoryStore::new());
        let (at, id) = (Tag::of("user", "7"), Uuid::nil());
        spy.fail(Operation::Read);
        assert!(spy.read(at, id).await.is_err());
        assert!(spy.end(at, id).await.is_ok());
        assert_eq!(spy.count(), Counts { read: 1, end: 1, ..Counts::default() });
        spy.fail_all();
        assert!(spy.end(at, id).await.is_err());
        spy.clone().recover();
        assert!(spy.read(at, id).await.is_ok());
    }

    mod keeps_the_laws {
        crate::conformance_tests!(crate::testing::Spy::on(crate::MemoryStore::new()));
    }
}
