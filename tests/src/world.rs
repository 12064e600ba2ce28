//! The program under test, running, with its sessions in a store of one kind or the other.

use std::sync::Arc;

use auth_core::testing::ManualClock;
use auth_core::{MemoryStore, SessionStore};
use auth_redis::RedisStore;
use serde_json::json;

use crate::app::{App, PASSWORD};
use crate::{Answer, Client, RedisServer, Server};

/// The program under test, running; both entities keep their sessions in one store.
pub struct World {
    /// The program's state.
    pub app: App,
    /// The program.
    pub server: Server,
    /// Where the sessions are, if not in memory.
    pub redis: Option<RedisServer>,
}

/// The name of the users' cookie.
pub const USER: &str = "__Host-user";
/// The name of the accounts' cookie.
pub const ACCOUNT: &str = "__Host-bank";

impl World {
    /// With sessions in memory.
    pub async fn memory() -> Self {
        Self::on(Arc::new(MemoryStore::new()), None).await
    }

    /// With sessions in memory, and a clock that can be moved.
    pub async fn at(clock: &ManualClock) -> Self {
        Self::on(Arc::new(MemoryStore::with_clock(clock.clone())), None).await
    }

    /// With sessions in a Redis of its own.
    pub async fn redis() -> Self {
        Self::with(RedisServer::start().await).await
    }

    /// With sessions in this Redis.
    pub async fn with(redis: RedisServer) -> Self {
        let store = RedisStore::connect(&redis.url()).await.unwrap();
        Self::on(Arc::new(store), Some(redis)).await
    }

    async fn on<S: SessionStore>(store: Arc<S>, redis: Option<RedisServer>) -> Self {
        Self::of(App::new(Arc::clone(&store), store), redis).await
    }

    /// With a state of one's own.
    pub async fn of(app: App, redis: Option<RedisServer>) -> Self {
        let server = Server::start(app.clone().routes()).await;
        World { app, server, redis }
    }

    /// Runs a test once with each kind of store.
    pub async fn each(test: impl AsyncFn(World)) {
        test(World::memory().await).await;
        test(World::redis().await).await;
    }

    /// A client that has not signed in.
    pub fn client(&self) -> Client {
        self.server.client()
    }

    /// A client that has signed in as user 7.
    pub async fn ann(&self) -> Client {
        let mut client = self.client();
        assert_eq!(sign_in(&mut client, "ann@example.com").await.status, 200);
        client
    }

    /// A client that has signed in as account 7.
    pub async fn account(&self) -> Client {
        let mut client = self.client();
        assert_eq!(enter(&mut client, 7).await.status, 201);
        client
    }
}

/// Signs a user in.
pub async fn sign_in(client: &mut Client, email: &str) -> Answer {
    client.post_json("/user/login", &json!({ "email": email, "password": PASSWORD })).await
}

/// Signs an account in.
pub async fn enter(client: &mut Client, number: u64) -> Answer {
    client.post_json("/bank/enter", &json!({ "number": number, "pin": "1234" })).await
}
