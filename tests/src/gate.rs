//! A store that stops before each change, or before each step, until the test lets it go on.

use std::sync::Arc;
use std::time::Duration;

use auth_core::SessionStore;
use auth_core::session::{Record, Tag};
use auth_core::store::{Created, Found, NewSession, Renew, Renewed, Rotate, Rotated, StoreResult};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use uuid::Uuid;

/// How long a test waits for what must come: longer than a busy machine takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A store behind a gate. A change waits until the gate is opened for it; reading too, where it is asked for.
pub struct Gate<S> {
    store: Arc<S>,
    holds_reading: bool,
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl<S> Clone for Gate<S> {
    fn clone(&self) -> Self {
        Gate {
            store: Arc::clone(&self.store),
            holds_reading: self.holds_reading,
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
            holds_reading: false,
            arrived: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    /// The same, where reading a session waits as well.
    #[must_use]
    pub fn for_reading_too(self) -> Self {
        Gate { holds_reading: true, ..self }
    }

    /// Waits until a change has come to the gate.
    pub async fn arrival(&self) {
        let arrival = timeout(PATIENCE, self.arrived.acquire()).await;
        arrival.expect("nothing came to the gate").unwrap().forget();
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
    crate::pass_on!(store: place login_begins now watch touch list count refund server_key);

    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        self.pass().await;
        self.store.create(at, new).await
    }

    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        if self.holds_reading {
            self.pass().await;
        }
        self.store.read(at, id).await
    }

    async fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> StoreResult<Rotated> {
        self.pass().await;
        self.store.rotate(at, id, step).await
    }

    async fn renew(&self, at: Tag, id: Uuid, step: Renew) -> StoreResult<Renewed> {
        self.pass().await;
        self.store.renew(at, id, step).await
    }

    async fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> StoreResult<usize> {
        self.pass().await;
        self.store.update(at, only, payload).await
    }

    async fn end(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        self.pass().await;
        self.store.end(at, id).await
    }

    async fn end_all(&self, at: Tag, keep: Option<Uuid>) -> StoreResult<Vec<Uuid>> {
        self.pass().await;
        self.store.end_all(at, keep).await
    }
}
