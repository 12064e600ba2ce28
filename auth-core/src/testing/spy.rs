//! A store that counts what it is asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::{
    session::{Record, ServerKey, Tag},
    store::{
        Began, Created, Found, NewSession, Renew, Renewed, Rotate, Rotated, SessionStore, StoreResult,
        Timestamp, Touch,
    },
    throttle::{Count, Refused},
};

/// A store that counts what it is asked, by operation, and hands it on to another one.
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
    counts: Mutex<Counts>,
}

/// How often each operation of a [`SessionStore`] was called. What is read from the process's own memory,
/// `login_begins` and `now`, does not count.
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

impl<S> Spy<S> {
    /// Watches `store`.
    ///
    /// ```
    /// use auth_core::{MemoryStore, testing::Spy};
    ///
    /// assert_eq!(Spy::on(MemoryStore::new()).count().all(), 0);
    /// ```
    pub fn on(store: S) -> Self {
        Spy { inner: Arc::new(Inner { store, counts: Mutex::default() }) }
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
        *self.counts()
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
        *self.counts() = Counts::default();
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

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.inner.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call, and gives the store that is to do it.
    fn noting(&self, operation: impl FnOnce(&mut Counts) -> &mut usize) -> &S {
        *operation(&mut self.counts()) += 1;
        self.store()
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

    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        self.noting(|counts| &mut counts.create).create(at, new).await
    }

    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        self.noting(|counts| &mut counts.read).read(at, id).await
    }

    async fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> StoreResult<Rotated> {
        self.noting(|counts| &mut counts.rotate).rotate(at, id, step).await
    }

    async fn touch(&self, at: Tag, id: Uuid, step: Touch) -> StoreResult<bool> {
        self.noting(|counts| &mut counts.touch).touch(at, id, step).await
    }

    async fn renew(&self, at: Tag, id: Uuid, step: Renew) -> StoreResult<Renewed> {
        self.noting(|counts| &mut counts.renew).renew(at, id, step).await
    }

    async fn list(&self, at: Tag) -> StoreResult<Vec<(Uuid, Record)>> {
        self.noting(|counts| &mut counts.list).list(at).await
    }

    async fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> StoreResult<usize> {
        self.noting(|counts| &mut counts.update).update(at, only, payload).await
    }

    async fn count(&self, counts: Vec<Count>) -> StoreResult<Option<Refused>> {
        self.noting(|counts| &mut counts.count).count(counts).await
    }

    async fn refund(&self, counts: Vec<Count>) -> StoreResult<()> {
        self.noting(|counts| &mut counts.refund).refund(counts).await
    }

    async fn end(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        self.noting(|counts| &mut counts.end).end(at, id).await
    }

    async fn end_all(&self, at: Tag, keep: Option<Uuid>) -> StoreResult<Vec<Uuid>> {
        self.noting(|counts| &mut counts.end_all).end_all(at, keep).await
    }

    async fn server_key(&self, proposed: ServerKey) -> StoreResult<ServerKey> {
        self.noting(|counts| &mut counts.server_key).server_key(proposed).await
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

    mod keeps_the_laws {
        crate::conformance_tests!(crate::testing::Spy::on(crate::MemoryStore::new()));
    }
}
