//! A changed password, where its hash is a stamp: the session that changed it goes on, and all others end at their next
//! request.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use auth_core::events::{EndReason, EventKind};
use auth_core::{
    Auth, Authenticated, Credentials, LoginError, MemoryStore, Problem, Secret, Session, SessionStore,
    auth_service,
};
use auth_redis::RedisStore;
use auth_tests::{Client, RedisServer, Server};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;

#[auth_service("auth.cookies.redis")]
struct Member {
    #[auth(id)]
    id: u64,
    #[auth(stamp)]
    password_hash: String,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    id: u64,
    #[auth(secret)]
    password: Secret,
}

/// The hash of everybody's password.
#[derive(Clone)]
struct Database {
    hash: Arc<Mutex<String>>,
    /// The next request is held.
    held: Arc<Mutex<Option<Held>>>,
}

/// Tells that a request has come to the database, and lets it go on.
type Held = (oneshot::Sender<()>, oneshot::Receiver<()>);

impl Database {
    fn new() -> Self {
        Database { hash: Arc::new(Mutex::new("a hash".to_owned())), held: Arc::default() }
    }

    fn member(&self, id: u64) -> Member {
        Member { id, password_hash: self.hash.lock().unwrap().clone() }
    }
}

#[auth_service]
impl Member {
    async fn login(form: SignIn, State(database): State<Database>) -> Result<Self, LoginError> {
        if form.password.expose() == "open sesame" {
            Ok(database.member(form.id))
        } else {
            Err(LoginError::InvalidCredentials)
        }
    }

    async fn authenticate(
        session: Session<Self>,
        State(database): State<Database>,
    ) -> Result<Option<Self>, Infallible> {
        let held = database.held.lock().unwrap().take();
        if let Some((has_come, may_go_on)) = held {
            has_come.send(()).unwrap();
            may_go_on.await.unwrap();
        }
        Ok(Some(database.member(*session.principal())))
    }
}

#[derive(Clone, FromRef)]
struct App {
    members: Auth<Member>,
    database: Database,
}

async fn me(member: Authenticated<Member>) -> String {
    member.id.to_string()
}

async fn change_password(session: Session<Member>, State(app): State<App>) -> Result<(), Problem> {
    *app.database.hash.lock().unwrap() += ", changed";
    let member = app.database.member(*session.principal());
    assert!(app.members.restamp(&session, &member).await?);
    Ok(())
}

/// A program, with all that it told.
async fn program(store: impl SessionStore) -> (Server, App, Arc<Mutex<Vec<EventKind>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&told);
    let members = Auth::testing(store).on_event(move |event| events.lock().unwrap().push(event.kind));
    let app = App { members, database: Database::new() };
    let routes = Router::new()
        .merge(Member::auth_routes())
        .route("/me", get(me))
        .route("/password", post(change_password))
        .with_state(app.clone());
    (Server::start(routes).await, app, told)
}

async fn sign_in(server: &Server) -> Client {
    let mut client = server.client();
    let answer = client.post_json("/member/login", &json!({ "id": 7, "password": "open sesame" })).await;
    assert_eq!(answer.status, 200);
    client
}

async fn others_end_and_the_own_one_stays(store: impl SessionStore) {
    let (server, app, told) = program(store).await;
    let ends = || {
        told.lock().unwrap().iter().filter(|kind| **kind == EventKind::Ended(EndReason::StampChanged)).count()
    };
    let (mut own, mut other, mut third) =
        (sign_in(&server).await, sign_in(&server).await, sign_in(&server).await);
    for client in [&mut own, &mut other, &mut third] {
        assert_eq!(client.get("/me").await.status, 200);
    }
    assert_eq!(own.post("/password").await.status, 200);
    assert_eq!(app.members.sessions(&7).await.unwrap().len(), 3);
    assert_eq!(own.get("/me").await.status, 200);
    other.get("/me").await.assert_problem(401, "not-signed-in");
    assert_eq!((ends(), app.members.sessions(&7).await.unwrap().len()), (1, 2), "it has ended in the store");
    // A refresh is a request as well.
    third.post("/member/refresh").await.assert_problem(401, "not-signed-in");
    assert_eq!((ends(), app.members.sessions(&7).await.unwrap().len()), (2, 1));
    assert_eq!(own.post("/member/refresh").await.status, 200);
    assert_eq!(own.get("/me").await.status, 200);
    assert_eq!(sign_in(&server).await.get("/me").await.status, 200);
}

#[tokio::test]
async fn others_end_and_the_own_one_stays_in_memory() {
    others_end_and_the_own_one_stays(MemoryStore::new()).await;
}

#[tokio::test]
async fn others_end_and_the_own_one_stays_in_redis() {
    let redis = RedisServer::start().await;
    others_end_and_the_own_one_stays(RedisStore::connect(redis.url()).await.unwrap()).await;
}

/// What a request is answered that read the session before the password was changed, and the member after; with
/// `again`, credentials were checked again meanwhile, which gives the session another secret.
async fn a_request_under_way(again: bool) -> u16 {
    let (server, app, told) = program(MemoryStore::new()).await;
    let mut own = sign_in(&server).await;
    let ((has_come, came), (go_on, may_go_on)) = (oneshot::channel(), oneshot::channel());
    *app.database.held.lock().unwrap() = Some((has_come, may_go_on));
    let mut same = own.clone();
    let under_way = tokio::spawn(async move { same.get("/me").await.status });
    came.await.unwrap();
    assert_eq!(own.post("/password").await.status, 200);
    if again {
        let form = json!({ "id": 7, "password": "open sesame" });
        assert_eq!(own.post_json("/member/reauthenticate", &form).await.status, 200);
    }
    go_on.send(()).unwrap();
    let status = under_way.await.unwrap();
    assert_eq!(own.get("/me").await.status, 200, "the session goes on");
    assert!(!told.lock().unwrap().iter().any(|kind| matches!(kind, EventKind::Ended(_))));
    status
}

#[tokio::test]
async fn a_request_under_way_does_not_end_the_session_that_goes_on() {
    assert_eq!(a_request_under_way(false).await, 200);
}

#[tokio::test]
async fn a_request_under_way_is_refused_when_its_secret_is_good_no_more() {
    assert_eq!(a_request_under_way(true).await, 401);
}

/// A change that stamps no session anew, by an administrator, say.
#[tokio::test]
async fn a_change_from_elsewhere_ends_every_session() {
    let (server, app, _) = program(MemoryStore::new()).await;
    let (mut one, mut two) = (sign_in(&server).await, sign_in(&server).await);
    *app.database.hash.lock().unwrap() += ", changed";
    for client in [&mut one, &mut two] {
        client.get("/me").await.assert_problem(401, "not-signed-in");
    }
    assert!(app.members.sessions(&7).await.unwrap().is_empty());
}
