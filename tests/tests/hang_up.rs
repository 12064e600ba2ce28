//! Clients that hang up, and logins that are overtaken: what has begun completes, and what is too late does not.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use auth_core::{MemoryStore, SessionStore};
use auth_redis::RedisStore;
use auth_tests::app::{App, PASSWORD};
use auth_tests::world::{USER, enter, sign_in};
use auth_tests::{Client, Gate, RedisServer, Server, World};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Tells when a request is dropped before it is answered.
struct Abandoned(Arc<Notify>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// A program behind a gate, which tells of requests whose client has hung up.
struct Stage<S> {
    gate: Gate<S>,
    server: Server,
    abandoned: Arc<Notify>,
}

impl<S: SessionStore> Stage<S> {
    async fn new(store: S) -> Self {
        let gate = Gate::before(store);
        let abandoned = Arc::new(Notify::new());
        let notify = Arc::clone(&abandoned);
        let watch = from_fn(move |request: Request, next: Next| {
            let guard = Abandoned(Arc::clone(&notify));
            async move {
                let answer = next.run(request).await;
                std::mem::forget(guard);
                answer
            }
        });
        let routes = App::new(gate.clone(), MemoryStore::new()).routes().layer(watch);
        Stage { gate, server: Server::start(routes).await, abandoned }
    }

    async fn ann(&self) -> Client {
        let mut client = self.server.client();
        self.gate.open_for(1);
        assert_eq!(sign_in(&mut client, "ann@example.com").await.status, 200);
        self.gate.arrival().await;
        client
    }

    /// Sends a request, hangs up when it has come to the store, and only then lets the store go on.
    async fn hang_up(&self, path: &str, cookie: &str, body: &str) {
        let mut stream = TcpStream::connect(self.server.address()).await.unwrap();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        self.gate.arrival().await;
        drop(stream);
        self.abandoned.notified().await;
        self.gate.open_for(1);
    }
}

async fn what_has_begun_completes(stage: Stage<impl SessionStore>) {
    // A logout: the session is dead.
    let mut client = stage.ann().await;
    let cookie = format!("{USER}={}", client.cookie(USER));
    stage.hang_up("/user/logout", &cookie, "").await;
    while client.get("/orders").await.status == 200 {}

    // A refresh: the secret is rotated, and the client, which still has the one before, gets its successor.
    let mut client = stage.ann().await;
    let cookie = format!("{USER}={}", client.cookie(USER));
    stage.hang_up("/user/refresh", &cookie, "").await;
    let (mut one, mut two) = (client.clone(), client.clone());
    stage.gate.open_for(2);
    assert_eq!(one.post("/user/refresh").await.status, 200);
    assert_eq!(two.post("/user/refresh").await.status, 200);
    assert_eq!(one.cookies, two.cookies);
    stage.gate.arrival().await;
    stage.gate.arrival().await;

    // A login: the session that was presented is replaced.
    let cookie = format!("{USER}={}", one.cookie(USER));
    let body = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
    stage.hang_up("/user/login", &cookie, &body).await;
    while client.get("/orders").await.status == 200 {}
    one.get("/orders").await.assert_problem(401, "not-signed-in");
}

#[tokio::test]
async fn what_has_begun_completes_in_memory() {
    what_has_begun_completes(Stage::new(MemoryStore::new()).await).await;
}

#[tokio::test]
async fn what_has_begun_completes_in_redis() {
    let redis = RedisServer::start().await;
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    what_has_begun_completes(Stage::new(store).await).await;
}

/// A login whose credentials were checked before all sessions of its principal were ended, and which comes to the
/// store afterwards, is refused.
async fn no_login_outlives_an_end_all<S: SessionStore>(store: S) {
    let store = Arc::new(store);
    let stage = Stage::new(Arc::clone(&store)).await;
    let mut before = stage.ann().await;
    let mut slow = stage.server.client();
    let login = tokio::spawn(async move {
        let answer = sign_in(&mut slow, "ann@example.com").await;
        (slow, answer)
    });
    stage.gate.arrival().await;
    let ended = store.end_all(auth_core::session::Tag::of("user", "7"), None).await.unwrap();
    assert_eq!(ended.len(), 1);
    stage.gate.open_for(1);
    let (mut slow, answer) = login.await.unwrap();
    answer.assert_problem(401, "invalid-credentials");
    slow.get("/orders").await.assert_problem(401, "not-signed-in");
    before.get("/orders").await.assert_problem(401, "not-signed-in");
    assert_eq!(stage.ann().await.get("/orders").await.status, 200, "one that begins afterwards succeeds");
}

#[tokio::test]
async fn no_login_outlives_an_end_all_in_memory() {
    no_login_outlives_an_end_all(MemoryStore::new()).await;
}

#[tokio::test]
async fn no_login_outlives_an_end_all_in_redis() {
    let redis = RedisServer::start().await;
    no_login_outlives_an_end_all(RedisStore::connect(&redis.url()).await.unwrap()).await;
}

/// The same where the credentials were still being looked at: a login begins when its request comes, not later.
#[tokio::test]
async fn no_login_that_was_checked_meanwhile_outlives_an_end_all() {
    World::each(async |world| {
        let mut before = world.account().await;
        world.app.bank.arrival().await;
        world.app.bank.shut_the_door();
        let mut slow = world.client();
        let login = tokio::spawn(async move {
            let answer = enter(&mut slow, 7).await;
            (slow, answer)
        });
        world.app.bank.arrival().await;
        assert_eq!(world.app.accounts.end_all(&7).await.unwrap(), 1);
        world.app.bank.open_the_door();
        let (mut slow, answer) = login.await.unwrap();
        answer.assert_problem(401, "invalid-credentials");
        slow.post("/account").await.assert_problem(401, "not-signed-in");
        before.post("/account").await.assert_problem(401, "not-signed-in");
        assert_eq!(world.account().await.post("/account").await.status, 200);
    })
    .await;
}
