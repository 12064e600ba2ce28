//! What a program is told of, in which order.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use auth_core::events::{EndReason, Event, EventKind};
use auth_core::session::Tag;
use auth_core::testing::TestClient;
use auth_core::throttle::{Rate, Throttle};
use auth_core::{Auth, Credentials, LoginError, MemoryStore, auth_service};
use auth_tests::World;
use auth_tests::app::{App, PASSWORD};
use auth_tests::world::{USER, sign_in};
use serde::Deserialize;
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Metadata, Subscriber, span};

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Event>>>);

impl Told {
    fn take(&self) -> Vec<EventKind> {
        self.0.lock().unwrap().drain(..).map(|event| event.kind).collect()
    }
}

async fn world() -> (World, Told) {
    let told = Told::default();
    let events = told.clone();
    let mut app = App::new(MemoryStore::new(), MemoryStore::new());
    app.users = app.users.on_event(move |event| events.0.lock().unwrap().push(event.clone()));
    let events = told.clone();
    app.accounts = app.accounts.on_event(move |event| events.0.lock().unwrap().push(event.clone()));
    (World::of(app, None).await, told)
}

#[tokio::test]
async fn the_life_of_a_session_is_told() {
    let (world, told) = world().await;
    let mut client = world.ann().await;
    {
        let events = told.0.lock().unwrap();
        let event = &events[0];
        assert_eq!((event.entity, event.kind), ("user", EventKind::SignedIn));
        assert_eq!(event.principal, Some(Tag::of("user", "7")));
        assert_eq!(event.network.unwrap().to_string(), "127.0.0.0/24");
        assert!(event.session.is_some());
    }
    told.take();
    client.post("/user/refresh").await;
    assert_eq!(told.take(), [EventKind::Refreshed]);
    client
        .post_json("/user/reauthenticate", &json!({ "email": "ann@example.com", "password": PASSWORD }))
        .await;
    assert_eq!(told.take(), [EventKind::Reauthenticated]);
    sign_in(&mut client, "ann@example.com").await;
    assert_eq!(told.take(), [EventKind::SignedIn, EventKind::Ended(EndReason::Replaced)]);
    client.post("/user/logout").await;
    assert_eq!(told.take(), [EventKind::Ended(EndReason::SignedOut)]);
}

#[tokio::test]
async fn what_goes_wrong_is_told() {
    let (world, told) = world().await;
    let wrong = json!({ "email": "Ann@example.com ", "password": "wrong" });
    world.client().post_json("/user/login", &wrong).await;
    assert_eq!(told.0.lock().unwrap()[0].principal, Some(Tag::of("user", "ann@example.com")), "a pseudonym");
    assert_eq!(told.take(), [EventKind::LoginFailed]);

    let mut client = world.ann().await;
    told.take();
    let token = client.cookie(USER).to_owned();
    client.cookies.insert(USER.to_owned(), format!("{}{}", &token[..40], "A".repeat(40)));
    client.get("/orders").await;
    assert_eq!(told.take(), [EventKind::StaleSecret]);

    let mut account = world.account().await;
    told.take();
    world.app.bank.close(7);
    account.post("/account").await;
    assert_eq!(told.take(), [EventKind::Ended(EndReason::EntityGone)]);
}

#[tokio::test]
async fn ends_are_told_with_their_reason() {
    let (world, told) = world().await;
    let (mut one, _two) = (world.ann().await, world.ann().await);
    told.take();
    one.send(reqwest::Method::DELETE, "/user/sessions").await;
    assert_eq!(told.take(), [EventKind::Ended(EndReason::AllEnded)]);
    let id = one.get("/user/session").await.json()["session_id"].as_str().unwrap().to_owned();
    one.send(reqwest::Method::DELETE, &format!("/user/sessions/{id}")).await;
    assert_eq!(told.take(), [EventKind::Ended(EndReason::Revoked)]);
}

#[tokio::test]
async fn a_login_that_is_refused_is_told_with_what_it_was_counted_by() {
    let told = Told::default();
    let events = told.clone();
    let one = Rate { burst: 1, every: std::time::Duration::from_hours(1) };
    let mut app = App::new(MemoryStore::new(), MemoryStore::new());
    app.users = app
        .users
        .with_throttle(Some(Throttle { both: one, ..Throttle::DEFAULT }))
        .on_event(move |event| events.0.lock().unwrap().push(event.clone()));
    let world = World::of(app, None).await;
    let wrong = json!({ "email": "ann@example.com", "password": "wrong" });
    world.client().post_json("/user/login", &wrong).await;
    world.client().post_json("/user/login", &wrong).await.assert_problem(429, "too-many-logins");
    let told = told.take();
    assert!(matches!(
        told[..],
        [EventKind::LoginFailed, EventKind::LoginThrottled(auth_core::events::ThrottledBy::Both, _)]
    ));
}

/// Whoever it is, for whom the database fails with words that hold the name.
#[auth_service("auth.cookies.memory")]
struct Quoted {
    #[auth(id)]
    id: u64,
}

#[derive(Deserialize, Credentials)]
struct Name {
    #[auth(identifier)]
    name: String,
}

#[auth_service]
impl Quoted {
    async fn login(form: Name) -> Result<Self, LoginError> {
        if form.name.is_empty() { Ok(Quoted { id: 1 }) } else { Err(std::io::Error::other(form.name))? }
    }
}

#[tokio::test]
async fn what_a_client_sends_begins_no_line_of_the_log() {
    let log = Written::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let mut client = TestClient::new(Quoted::auth_routes().with_state(Auth::<Quoted>::in_memory()));
    for end in ["\n", "\r\n", "\u{b}", "\u{85}", "\u{1b}[2K"] {
        let name = json!({ "name": format!("ann{end}2026-01-01 INFO auth: forged") });
        assert_eq!(client.post_json("/quoted/login", &name).await.status, 500);
    }
    let values = log.0.lock().unwrap();
    let forged: Vec<_> = values.iter().filter(|value| value.contains("forged")).collect();
    assert_eq!(forged.len(), 5, "{values:?}");
    assert!(!forged.iter().any(|value| value.contains(char::is_control)), "{forged:?}");
}

#[tokio::test]
async fn the_log_names_a_field_that_is_missing_and_nothing_that_a_client_sent() {
    let log = Written::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let mut client = TestClient::new(Quoted::auth_routes().with_state(Auth::<Quoted>::in_memory()));
    for sent in [json!({ "mail": "4711" }), json!({ "name": 4711 }), json!({ "name": "ann", "mail": "4711" })]
    {
        assert_eq!(client.post_json("/quoted/login", &sent).await.status, 422);
    }
    let values = log.0.lock().unwrap();
    assert!(values.iter().any(|value| value == "name"), "{values:?}");
    assert!(!values.iter().any(|value| value.contains("mail") || value.contains("4711")), "{values:?}");
}

/// A log that writes values as they are, as some formats do: others would hide what is not escaped.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<String>>>);

impl Subscriber for Written {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Values(&mut self.0.lock().unwrap()));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Values<'a>(&'a mut Vec<String>);

impl Visit for Values<'_> {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.0.push(value.to_owned());
    }

    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        self.0.push(format!("{value:?}"));
    }
}
