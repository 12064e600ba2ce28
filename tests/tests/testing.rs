//! What a program's own tests are given: the same answers as over a socket, and nothing of it in a release build.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use auth_core::testing::{ManualClock, Operation, Spy, TestClient};
use auth_core::throttle::{Rate, Throttle};
use auth_core::{Auth, MemoryStore};
use auth_tests::World;
use auth_tests::app::{App, PASSWORD, User};
use auth_tests::world::USER;
use axum::Router;
use axum::body::Body;
use axum::extract::RawForm;
use axum::http::{HeaderMap, Request, header::COOKIE};
use axum::response::AppendHeaders;
use axum::routing::{get, post};
use serde_json::{Value, json};

fn ann() -> User {
    User::renamed(7, "ann@example.com")
}

/// The program with a store that fails when it is told to, and a client of it.
fn program() -> (App, Spy<MemoryStore>, TestClient) {
    let spy = Spy::on(MemoryStore::new());
    let app = App::new(spy.clone(), MemoryStore::new());
    (app.clone(), spy, TestClient::new(app.routes()))
}

#[tokio::test]
async fn a_session_without_credentials_is_one_like_any_other() {
    let (app, spy, mut client) = program();
    assert_eq!(client.get("/orders").await.problem().as_deref(), Some("not-signed-in"));
    client.sign_in(&app.users, &ann()).await.unwrap();
    assert_eq!(spy.count().count, 0, "no login was counted");
    assert_eq!(client.get("/orders").await.text(), "ann@example.com");
    assert_eq!(client.get("/user/sessions").await.json::<Value>()[0]["current"], true);
    let first = client.cookie(USER).unwrap().to_owned();
    assert_eq!(client.post("/user/refresh").await.status, 200);
    assert_ne!(client.cookie(USER).unwrap(), first);
    assert_eq!(client.get("/orders").await.status, 200);
    assert_eq!(client.post("/user/logout").await.status, 204);
    assert_eq!(client.cookie(USER), None);
    assert_eq!(client.get("/orders").await.status, 401);
}

#[tokio::test]
async fn the_cookie_is_good_over_a_socket_too() {
    let world = World::redis().await;
    let cookie = world.app.users.sign_in_as(&ann()).await.unwrap();
    let request = world.client().request(reqwest::Method::GET, "/orders").header("cookie", cookie.clone());
    let answer = world.client().finish(request).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ann@example.com"));
    let shown = format!("{cookie:?}");
    assert!(!shown.contains(cookie.to_str().unwrap()), "{shown}");

    let mut client = TestClient::new(world.app.clone().routes());
    let request = Request::get("/orders").header(COOKIE, cookie).body(Body::empty()).unwrap();
    assert_eq!(client.send(request).await.status, 200);
    assert_eq!(client.get("/orders").await.status, 401, "what one request brought, the client does not keep");
}

#[tokio::test]
async fn entities_have_sessions_side_by_side() {
    let (app, _, mut client) = program();
    client.sign_in(&app.users, &ann()).await.unwrap();
    client.sign_in(&app.users, &ann()).await.unwrap();
    let pin = json!({ "number": 8, "pin": "1234" });
    assert_eq!(client.post_json("/bank/enter", &pin).await.status, 201);
    assert_eq!(client.get("/maybe").await.text(), "ann@example.com, 8");
    let mut thief = client.clone();
    client.clear_cookies();
    assert_eq!(client.get("/maybe").await.text(), "nobody, none");
    assert_eq!(thief.get("/maybe").await.text(), "ann@example.com, 8");
}

#[tokio::test]
async fn the_client_speaks_as_a_browser_does_unless_it_is_told_otherwise() {
    let (app, _, mut client) = program();
    client.sign_in(&app.users, &ann()).await.unwrap();
    for (name, value, status) in [
        ("accept", "*/*", 200),
        ("sec-fetch-site", "same-origin", 200),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
    ] {
        let request = Request::post("/orders").header(name, value).body(Body::empty()).unwrap();
        assert_eq!(client.send(request).await.status, status, "{name}: {value}");
    }
    let said = async |headers: HeaderMap| {
        let said =
            ["host", "origin", "sec-fetch-site"].map(|name| headers.get(name).map(|v| v.to_str().unwrap()));
        format!("{said:?}")
    };
    let mut client = TestClient::new(Router::new().route("/", get(said).post(said)));
    let get = r#"[Some("app.example"), None, Some("same-origin")]"#;
    let post = r#"[Some("app.example"), Some("https://app.example"), Some("same-origin")]"#;
    assert_eq!(client.get("/").await.text(), get);
    assert_eq!(client.post("/").await.text(), post);
}

#[tokio::test]
async fn forms_paths_and_cookies_are_a_browsers() {
    let set = async || {
        AppendHeaders([
            ("set-cookie", "all=1; Path=/"),
            ("set-cookie", "here=2"),
            ("set-cookie", "__Host-bad=3; Path=/"),
            ("set-cookie", "gone=; Path=/; Max-Age=0"),
        ])
    };
    let shown = async |headers: HeaderMap| {
        headers.get(COOKIE).map_or("none".to_owned(), |cookies| cookies.to_str().unwrap().to_owned())
    };
    let form = async |RawForm(form): RawForm| form;
    let routes = Router::new()
        .route("/set/it", get(set))
        .route("/set/show", get(shown))
        .route("/show", get(shown))
        .route("/form", post(form));
    let mut client = TestClient::new(routes);
    client.set_cookie("gone", "0");
    assert_eq!(client.get("/show").await.text(), "gone=0");
    let answer = client.get("/set/it?a=1").await;
    assert!(!format!("{answer:?}").contains("here=2"), "{answer:?}");
    assert_eq!(client.get("/set/show").await.text(), "here=2; all=1");
    assert_eq!(client.get("/show?a=1").await.text(), "all=1");
    let answer = client.post_form("/form", &[("name", "Ann & Bob"), ("e", "é")]).await;
    assert_eq!(answer.text(), "name=Ann+%26+Bob&e=%C3%A9");
}

#[tokio::test]
async fn the_clock_ends_sessions_and_the_address_counts_logins() {
    let clock = ManualClock::default();
    let store = MemoryStore::with_clock(clock.clone());
    let mut app = App::new(store, MemoryStore::new());
    let one = Rate { burst: 1, every: Duration::from_hours(1) };
    app.users = app.users.with_throttle(Some(Throttle { both: one, ..Throttle::DEFAULT }));
    let mut client = TestClient::new(app.clone().routes()).at("203.0.113.5".parse().unwrap());
    let wrong = json!({ "email": "ann@example.com", "password": "wrong" });
    assert_eq!(client.post_json("/user/login", &wrong).await.status, 401);
    assert_eq!(client.post_json("/user/login", &wrong).await.status, 429);
    let right = json!({ "email": "ann@example.com", "password": PASSWORD });
    let mut elsewhere = client.clone().at("192.0.2.5".parse().unwrap());
    assert_eq!(elsewhere.post_json("/user/login", &right).await.status, 200);
    assert_eq!(elsewhere.get("/user/sessions").await.json::<Value>()[0]["network"], "192.0.2.0/24");
    clock.advance(Duration::from_mins(31));
    assert_eq!(elsewhere.get("/orders").await.status, 401);
}

#[tokio::test]
async fn each_operation_can_fail_and_no_answer_lets_anybody_in_or_takes_a_cookie() {
    let login = json!({ "email": "ann@example.com", "password": PASSWORD });
    for operation in Operation::ALL {
        let (app, spy, mut client) = program();
        client.sign_in(&app.users, &ann()).await.unwrap();
        let before = client.cookie(USER).unwrap().to_owned();
        spy.fail(operation);
        let answer = match operation {
            Operation::Create | Operation::Count => client.post_json("/user/login", &login).await,
            Operation::Renew => client.post_json("/user/reauthenticate", &login).await,
            Operation::Read => client.get("/orders").await,
            Operation::Rotate => client.post("/user/refresh").await,
            Operation::List => client.get("/user/sessions").await,
            Operation::End => client.post("/user/logout").await,
            Operation::EndAll => client.delete("/user/sessions").await,
            Operation::Update => {
                assert!(app.users.update(&ann()).await.is_err());
                continue;
            }
            // What is done behind the request's back does not fail it.
            Operation::Touch | Operation::Refund => {
                assert_eq!(client.post_json("/user/login", &login).await.status, 200);
                continue;
            }
            Operation::ServerKey => {
                let spy = Spy::on(MemoryStore::new());
                spy.fail(Operation::ServerKey);
                assert!(Auth::<User>::testing(spy).sign_in_as(&ann()).await.is_err());
                continue;
            }
        };
        assert_eq!(answer.problem().as_deref(), Some("unavailable"), "{operation:?}");
        assert_eq!((answer.status.as_u16(), client.cookie(USER)), (503, Some(before.as_str())));
        spy.recover();
        assert_eq!(client.get("/orders").await.status, 200, "{operation:?}");
    }
}

/// What rustc says of the library's source: the dependencies are missing, so it says much more than the guard does.
fn rustc_says(debug_assertions: &str, features: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut rustc = Command::new("rustc");
    rustc.current_dir(root).args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata"]);
    rustc.args(["-C", &format!("debug-assertions={debug_assertions}"), "-o", "-"]);
    for feature in features {
        rustc.args(["--cfg", &format!("feature=\"{feature}\"")]);
    }
    let output = rustc.arg("auth-core/src/lib.rs").output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_release_build_with_the_feature_does_not_compile() {
    const GUARD: &str = "the feature `testing` of auth-core is in a release build";
    assert!(rustc_says("no", &["testing"]).contains(GUARD));
    for (debug_assertions, features) in
        [("yes", vec!["testing"]), ("no", vec![]), ("no", vec!["testing", "testing-in-release"])]
    {
        assert!(!rustc_says(debug_assertions, &features).contains(GUARD), "{debug_assertions} {features:?}");
    }
}
