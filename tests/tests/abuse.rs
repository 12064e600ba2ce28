//! What someone with bad intentions, or bad luck, would try: each was once possible.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::IpAddr;
use std::time::Duration;

use auth_core::testing::{ManualClock, TestAnswer, TestClient};
use auth_core::{
    Auth, Authenticated, ClientAddress, Credentials, LoginError, MemoryStore, Secret, TrustedProxies,
    auth_service,
};
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::routing::get;
use serde::Deserialize;

#[auth_service("auth.cookies.memory", "auth.bearer.memory", login_page = "/login", forms = true)]
struct User {
    #[auth(id)]
    id: u64,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    name: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        match form.password.expose() {
            "open sesame" => Ok(User { id: form.name.len() as u64 }),
            _ => Err(LoginError::InvalidCredentials),
        }
    }
}

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn routes(auth: Auth<User>) -> Router {
    let orders = async |user: Authenticated<User>| user.id.to_string();
    Router::new().merge(User::auth_routes()).route("/orders", get(orders)).with_state(auth)
}

async fn send(
    client: &mut TestClient,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> TestAnswer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// A cookie goes out, whatever the request presents.
#[tokio::test]
async fn a_bearer_header_does_not_switch_off_the_origin_check_of_a_login_that_sets_a_cookie() {
    for (kind, body) in [
        ("application/json", r#"{"name":"mallory","password":"open sesame"}"#),
        ("application/x-www-form-urlencoded", "name=mallory&password=open+sesame"),
    ] {
        let mut client = TestClient::new(routes(Auth::in_memory()));
        let cross =
            [("sec-fetch-site", "same-site"), ("origin", "https://evil.app.example"), ("content-type", kind)];
        let refused = send(&mut client, "POST", "/user/login", &cross, body).await;
        assert_eq!(refused.status, 403, "the control");
        let with = [cross.as_slice(), &[("authorization", "Bearer x")]].concat();
        let answer = send(&mut client, "POST", "/user/login", &with, body).await;
        assert_eq!((answer.status.as_u16(), answer.header("set-cookie").is_some()), (403, false), "{kind}");
    }
}

/// How often of 90 times Ann, from another network and with the right password, is refused, once a minute, while a
/// guesser tries each second from these addresses.
async fn refused_while_guessed_from(addresses: &[&str]) -> (u32, Option<u32>) {
    let clock = ManualClock::default();
    let auth = Auth::<User>::testing(MemoryStore::with_clock(clock.clone()))
        .with_client_address(ClientAddress::header("x-real-ip".parse().unwrap(), TrustedProxies::hops(1)));
    let mut client = TestClient::new(routes(auth));
    let mut try_from = async |address: &str, password: &str| {
        let headers = [("content-type", "application/json"), ("x-real-ip", address)];
        let body = format!(r#"{{"name":"ann","password":"{password}"}}"#);
        send(&mut client, "POST", "/user/login", &headers, &body).await.status.as_u16()
    };
    let (mut refused, mut first) = (0, None);
    for minute in 0..90 {
        for second in 0..60 {
            for mine in addresses {
                try_from(mine, "wrong").await;
            }
            // Not at a moment that is in step with anything.
            if second == minute * 7 % 60 && try_from("198.51.100.7", "open sesame").await == 429 {
                refused += 1;
                first = first.or(Some(minute));
            }
            clock.advance(Duration::from_secs(1));
        }
    }
    (refused, first)
}

/// Who has an IPv4 address and two /64 of one /48 cannot starve an identifier.
#[tokio::test]
async fn one_dual_stack_line_cannot_lock_an_identifier_out() {
    let found = refused_while_guessed_from(&["192.0.2.1", "2001:db8:7:8::1", "2001:db8:7:9::1"]).await;
    assert_eq!(found, (0, None), "times of 90, and the first minute");
}

/// A program that takes HTML too, as Java's own client does, is told that its token has ended.
#[tokio::test]
async fn who_presents_a_bearer_token_is_challenged_and_not_sent_to_a_page() {
    let mut client = TestClient::new(routes(Auth::in_memory()));
    let java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
    for accept in [java, BROWSER] {
        let headers = [("authorization", "Bearer x"), ("accept", accept)];
        let answer = send(&mut client, "GET", "/orders", &headers, "").await;
        let challenge = answer.header("www-authenticate").map(str::to_owned);
        assert_eq!(
            (answer.status.as_u16(), challenge.as_deref()),
            (401, Some("Bearer error=\"invalid_token\""))
        );
    }
}

/// Behind NAT64 (RFC 6052) all of IPv4 would be one /48 and one /64.
#[test]
fn ipv4_clients_of_a_nat64_are_not_one_network() {
    use auth_core::session::Network;
    let network = |text: &str| Network::of(text.parse::<IpAddr>().unwrap());
    assert_ne!(network("64:ff9b::192.0.2.1"), network("64:ff9b::203.0.113.5"));
}

/// The browser's cookie is another session's.
#[tokio::test]
async fn a_bearer_token_that_ends_its_session_leaves_the_cookie() {
    let mut client = TestClient::new(routes(Auth::in_memory()));
    let body = r#"{"name":"ann","password":"open sesame"}"#;
    let json = [("content-type", "application/json")];
    let bearer = send(&mut client, "POST", "/user/login/bearer", &json, body).await;
    let bearer: serde_json::Value = bearer.json();
    assert_eq!(send(&mut client, "POST", "/user/login", &json, body).await.status, 200);
    let id = bearer["session_id"].as_str().unwrap_or_else(|| panic!("{bearer}"));
    let token = format!("Bearer {}", bearer["access_token"].as_str().unwrap());
    let path = format!("/user/sessions/{id}");
    let answer = send(&mut client, "DELETE", &path, &[("authorization", &token)], "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(client.get("/orders").await.status, 200, "the cookie's session is open");
}

/// The way back to a page may hold a secret of the program.
#[tokio::test]
async fn the_debug_of_a_problem_shows_no_query() {
    use axum::extract::FromRequestParts;
    let request = Request::builder().uri("/invite?code=s3cret").header("accept", BROWSER).body(()).unwrap();
    let auth = Auth::<User>::in_memory();
    let mut parts = request.into_parts().0;
    let found = <Authenticated<User> as FromRequestParts<_>>::from_request_parts(&mut parts, &auth);
    let problem = found.await.err().unwrap();
    assert!(!format!("{problem:?}").contains("s3cret"), "{problem:?}");
}

/// When the store is back, nobody is refused as a guesser.
#[tokio::test]
async fn right_credentials_are_given_back_where_the_session_could_not_be_opened() {
    use auth_core::testing::{Operation, Spy};
    for operation in [Operation::Create, Operation::End] {
        let spy = Spy::on(MemoryStore::new());
        let mut client = TestClient::new(routes(Auth::testing(spy.clone()))).at("192.0.2.1".parse().unwrap());
        let login = async |client: &mut TestClient, name: &str| {
            let body = format!(r#"{{"name":"{name}","password":"open sesame"}}"#);
            send(client, "POST", "/user/login", &[("content-type", "application/json")], &body)
                .await
                .status
                .as_u16()
        };
        assert_eq!(login(&mut client, "bob-who-was-here").await, 200);
        // With `durable_end` a missing replica is enough: the end of the other's session is not confirmed.
        spy.fail(operation);
        for _ in 0..10 {
            assert_eq!(login(&mut client, "ann").await, 503);
        }
        spy.recover();
        assert_eq!(login(&mut client, "ann").await, 200, "{operation:?}");
    }
}

/// As a logout does.
#[tokio::test]
async fn an_end_of_the_own_session_clears_what_the_browser_kept() {
    let mut client = TestClient::new(routes(Auth::in_memory()));
    let body = r#"{"name":"ann","password":"open sesame"}"#;
    let json = [("content-type", "application/json")];
    let answer: serde_json::Value = send(&mut client, "POST", "/user/login", &json, body).await.json();
    let answer = client.delete(&format!("/user/sessions/{}", answer["session_id"].as_str().unwrap())).await;
    assert_eq!((answer.status.as_u16(), answer.header("clear-site-data").is_some()), (204, true));
}

#[auth_service("auth.cookies.memory")]
struct Clerk {
    #[auth(id)]
    id: u64,
}

#[auth_service]
impl Clerk {
    async fn login(form: SignIn, row: Row) -> Result<Self, LoginError> {
        if form.password.expose() == row.password {
            Ok(Clerk { id: 7 })
        } else {
            Err(LoginError::InvalidCredentials)
        }
    }
}

/// Of the database. As soon as it has been read, the password is changed by somebody else, who ends all sessions.
struct Row {
    password: &'static str,
}

impl FromRequestParts<Auth<Clerk>> for Row {
    type Rejection = auth_core::Problem;

    async fn from_request_parts(_: &mut Parts, clerks: &Auth<Clerk>) -> Result<Self, Self::Rejection> {
        let row = Row { password: "open sesame" };
        clerks.end_all(&7).await?;
        Ok(row)
    }
}

/// A login has begun before its extractors read what it compares with.
#[tokio::test]
async fn a_password_that_was_read_before_all_sessions_ended_opens_none() {
    let clerks = Auth::<Clerk>::in_memory();
    let mut client = TestClient::new(Clerk::auth_routes().with_state(clerks.clone()));
    let body = r#"{"name":"clerk","password":"open sesame"}"#;
    let json = [("content-type", "application/json")];
    assert_eq!(send(&mut client, "POST", "/clerk/login", &json, body).await.status, 401);
    client.sign_in(&clerks, &Clerk { id: 7 }).await.unwrap();
    assert_eq!(send(&mut client, "GET", "/clerk/session", &json, "").await.status, 200, "the control");
    assert_eq!(send(&mut client, "POST", "/clerk/reauthenticate", &json, body).await.status, 401);
}
