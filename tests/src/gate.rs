//! A store that stops before each change until the test lets it go on.

use std::sync::Arc;

use auth_core::session::{Record, Tag};
use auth_core::store::{
    Began, Created, Found, NewSession, Renew, Renewed, Rotate, Rotated, StoreResult, Timestamp, Touch, Watch,
};
use auth_core::throttle::{Count, Refused};
use auth_core::{ServerKey, SessionStore};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// A store behind a gate. Reading passes; a change waits until the gate is opened for it.
pub struct Gate<S> {
    store: Arc<S>,
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl<S> Clone for Gate<S> {
    fn clone(&self) -> Self {
        Gate {
            store: Arc::clone(&self.store),
            arrived: Arc::clone(&self.arrived),
            open: Arc::clone(&self.open),
        }
    }
}

impl<S: SessionStore> Gate<S> {
    /// A gate before `store`; closed.
    pub fn before(store: S) -> Self {
        Gate {
            store: Arc::new(store),
            arrived: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    /// Waits until a change has come to the gate.
    pub async fn arrival(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    /// Lets as many changes pass.
    pub fn open_for(&self, changes: usize) {
        self.open.add_permits(changes);
    }

    async fn pass(&self) {
        self.arrived.add_permits(1);
        self.open.acquire().await.unwrap().forget();
    }
}

impl<S: SessionStore> SessionStore for Gate<S> {
    fn place(&self) -> Option<String> {
        self.store.place()
    }

    fn login_begins(&self) -> Began {
        self.store.login_begins()
    }

    fn now(&self, at: Tag) -> Timestamp {
        self.store.now(at)
    }

    fn watch(&self, at: Tag) -> Option<Watch> {
        self.store.watch(at)
    }

    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        self.pass().await;
        self.store.create(at, new).await
    }

    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        self.store.read(at, id).await
    }

    async fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> StoreResult<Rotated> {
        self.pass().await;
        self.store.rotate(at, id, step).await
    }

    async fn touch(&self, at: Tag, id: Uuid, step: Touch) -> StoreResult<bool> {
        self.store.touch(at, id, step).await
    }

    async fn renew(&self, at: Tag, id: Uuid, step: Renew) -> StoreResult<Renewed> {
        self.pass().await;
        self.store.renew(at, id, step).await
    }

    async fn list(&self, at: Tag) -> StoreResult<Vec<(Uuid, Record)>> {
        self.store.list(at).await
    }

    async fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> StoreResult<usize> {
        self.pass().await;
        self.store.update(at, only, payload).await
    }

    async fn count(&self, counts: Vec<Count>) -> StoreResult<Option<Refused>> {
        self.store.count(counts).await
    }

    async fn refund(&self, counts: Vec<Count>) -> StoreResult<()> {
        self.store.refund(counts).await
    }

    async fn end(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        self.pass().await;
        self.store.end(at, id).await
    }

    async fn end_all(&self, at: Tag, keep: Option<Uuid>) -> StoreResult<Vec<Uuid>> {
        self.pass().await;
        self.store.end_all(at, keep).await
    }

    async fn server_key(&self, proposed: ServerKey) -> StoreResult<ServerKey> {
        self.store.server_key(proposed).await
    }
}
