//! The HTTP side: cookies to the letter, methods, bodies, origins, broken input.
#![allow(clippy::unwrap_used, reason = "tests")]

use auth_core::Auth;
use auth_tests::app::{App, PASSWORD};
use auth_tests::world::{ACCOUNT, USER, enter, sign_in};
use auth_tests::{Client, World};
use proptest::prelude::*;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What every endpoint that there is answers to a client that is signed in.
const UNSAFE_ENDPOINTS: [&str; 6] =
    ["/user/login", "/user/logout", "/user/refresh", "/bank/enter", "/bank/leave", "/bank/refresh"];

#[tokio::test]
async fn the_cookie_is_set_and_removed_to_the_letter() {
    World::each(async |world| {
        let mut client = world.client();
        let answer = sign_in(&mut client, "ann@example.com").await;
        let token = client.cookie(USER).to_owned();
        assert_eq!(token.len(), 80);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        let attributes = "HttpOnly; SameSite=Lax; Secure; Path=/";
        assert_eq!(answer.set_cookies(), [format!("__Host-user={token}; {attributes}")]);

        let answer = client.post("/user/refresh").await;
        let token = client.cookie(USER).to_owned();
        assert_eq!(answer.set_cookies(), [format!("__Host-user={token}; {attributes}")]);

        let answer = client.post("/user/logout").await;
        assert_eq!(answer.set_cookies(), ["__Host-user=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0"]);

        let answer = enter(&mut client, 7).await;
        let token = client.cookie(ACCOUNT);
        assert_eq!(answer.set_cookies(), [format!("__Host-bank={token}; {attributes}")]);
    })
    .await;
}

#[tokio::test]
async fn without_tls_the_cookie_has_neither_prefix_nor_secure() {
    let mut app = App::new(auth_core::MemoryStore::new(), auth_core::MemoryStore::new());
    app.users = Auth::in_memory().insecure_http();
    let world = World::of(app, None).await;
    let mut client = world.client();
    let answer = sign_in(&mut client, "ann@example.com").await;
    let token = client.cookie("user").to_owned();
    assert_eq!(answer.set_cookies(), [format!("user={token}; HttpOnly; SameSite=Lax; Path=/")]);
    assert_eq!(client.get("/orders").await.status, 200);
    let answer = client.post("/user/logout").await;
    assert_eq!(answer.set_cookies(), ["user=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"]);
}

#[tokio::test]
async fn answers_about_sessions_are_not_to_be_kept() {
    World::each(async |world| {
        let mut client = world.client();
        let login = sign_in(&mut client, "ann@example.com").await;
        let shown = client.get("/user/session").await;
        let me = client.get("/user/me").await;
        let refresh = client.post("/user/refresh").await;
        let logout = client.post("/user/logout").await;
        for answer in [&login, &shown, &me, &refresh, &logout] {
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
        for answer in [login, shown, me, refresh] {
            assert_eq!(answer.header("content-type"), "application/json");
        }
        assert_eq!(logout.header("clear-site-data"), r#""cache", "storage""#);
    })
    .await;
}

#[tokio::test]
async fn another_method_is_405_and_says_which_would_do() {
    let world = World::memory().await;
    for path in UNSAFE_ENDPOINTS {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS]
        {
            let answer = world.ann().await.send(method.clone(), path).await;
            assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{method} {path}");
            if method != Method::HEAD {
                answer.assert_problem(405, "method-not-allowed");
            }
        }
    }
    let mut client = world.ann().await;
    client.post("/user/session").await.assert_problem(405, "method-not-allowed");
    assert_eq!(client.post("/user/session").await.header("allow"), "GET,HEAD");
    assert_eq!(client.get("/orders").await.status, 200, "nothing has changed");
}

#[tokio::test]
async fn a_body_that_is_no_login_is_a_problem_that_quotes_nothing() {
    World::each(async |world| {
        let mut client = world.client();
        let good = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
        for (status, name, kind, body) in [
            (400, "malformed", "application/json", String::new()),
            (400, "malformed", "application/json", "{\"email\":\"hunter2".to_owned()),
            (422, "unprocessable", "application/json", "[".repeat(16_000)),
            (422, "unprocessable", "application/json", "{}".to_owned()),
            (422, "unprocessable", "application/json", r#"{"email":"a","password":["hunter2"]}"#.to_owned()),
            (
                422,
                "unprocessable",
                "application/json",
                r#"{"email":"a","password":"hunter2","role":"x"}"#.to_owned(),
            ),
            (413, "too-large", "application/json", format!("{{\"email\":\"{}\"}}", "hunter2".repeat(10_000))),
            (415, "unsupported-media-type", "text/plain", good.clone()),
            (
                415,
                "unsupported-media-type",
                "application/x-www-form-urlencoded",
                "email=a&password=hunter2".to_owned(),
            ),
            (415, "unsupported-media-type", "multipart/form-data; boundary=x", good.clone()),
        ] {
            let request = client.request(Method::POST, "/user/login").header(CONTENT_TYPE, kind).body(body);
            let answer = client.finish(request).await;
            answer.assert_problem(status, name);
            assert!(!answer.body.contains("hunter2"), "{}", answer.body);
        }
        let request = client.request(Method::POST, "/user/login").body(good.clone());
        client.finish(request).await.assert_problem(415, "unsupported-media-type");
        let request = client.request(Method::POST, "/user/login");
        client.finish(request.header(CONTENT_TYPE, "application/json; charset=utf-8").body(good)).await;
        assert_eq!(client.get("/orders").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_body_of_an_endpoint_of_ones_own_is_refused_as_a_problem_too() {
    let world = World::memory().await;
    let mut client = world.ann().await;
    for (status, name, kind, body) in [
        (400, "rejected", "application/json", "{\"email\":\"hunter2"),
        (422, "unprocessable", "application/json", r#"{"email":["hunter2"]}"#),
        (415, "unsupported-media-type", "text/plain", "hunter2"),
    ] {
        let request = client.request(Method::POST, "/user/1/rename").header(CONTENT_TYPE, kind).body(body);
        let answer = client.finish(request).await;
        answer.assert_problem(status, name);
        assert!(!answer.body.contains("hunter2"));
    }
    let large = json!({ "email": "x".repeat(3 << 20) });
    client.post_json("/user/1/rename", &large).await.assert_problem(413, "too-large");
}

#[tokio::test]
async fn an_error_of_login_is_500_and_shows_nothing_of_its_cause() {
    let world = World::memory().await;
    let answer = sign_in(&mut world.client(), "broken@example.com").await;
    answer.assert_problem(500, "internal");
    assert!(!answer.body.contains("database"), "{}", answer.body);
}

#[tokio::test]
async fn unknown_and_wrong_are_told_alike() {
    let world = World::memory().await;
    let mut client = world.client();
    let mut answers = Vec::new();
    for email in ["ann@example.com", "nobody@example.com"] {
        let wrong = json!({ "email": email, "password": "wrong" });
        let mut answer = client.post_json("/user/login", &wrong).await;
        answer.headers.remove("date");
        answers.push((answer.status, answer.headers, answer.body));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn what_another_origins_page_sends_changes_nothing() {
    World::each(async |world| {
        let host = world.server.address().to_string();
        let foreign: [(&str, &str); 3] = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
        ];
        for (name, value) in foreign {
            let mut client = world.ann().await;
            enter(&mut client, 7).await;
            for path in UNSAFE_ENDPOINTS.into_iter().chain([
                "/orders",
                "/maybe",
                "/account",
                "/user/1/rename",
                "/user/newsletter",
            ]) {
                let body = json!({ "email": "ann@example.com", "password": PASSWORD });
                let request = client.request(Method::POST, path).header(name, value).json(&body);
                client.finish(request).await.assert_problem(403, "cross-origin");
            }
            let request = client.request(Method::GET, "/orders").header(name, value);
            assert_eq!(client.finish(request).await.status, 200, "a link from elsewhere is no attack");
        }
        let mut client = world.ann().await;
        for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", &format!("http://{host}"))] {
            let request = client.request(Method::POST, "/orders").header(name, value);
            assert_eq!(client.finish(request).await.status, 200);
        }
        let request = world.client().request(Method::POST, "/maybe").header(ORIGIN, "https://evil.example");
        assert_eq!(
            world.client().finish(request).await.status,
            200,
            "without a cookie there is nothing to steal"
        );
    })
    .await;
}

/// The cookie of a session that there is, with a secret that was never one of it.
fn with_another_secret(token: &str) -> String {
    format!("{USER}={}{}", &token[..40], "A".repeat(40))
}

#[tokio::test]
async fn a_stale_secret_signs_nobody_in_and_can_end_its_session() {
    World::each(async |world| {
        let mut client = world.ann().await;
        let cookie = with_another_secret(client.cookie(USER));
        let mut holder = world.client();
        let request = holder.request(Method::GET, "/orders").header(COOKIE, &cookie);
        holder.finish(request).await.assert_problem(401, "not-signed-in");
        assert_eq!(client.get("/orders").await.status, 200);
        let request = holder.request(Method::POST, "/user/logout").header(COOKIE, &cookie);
        assert_eq!(holder.finish(request).await.status, 204);
        client.get("/orders").await.assert_problem(401, "not-signed-in");
    })
    .await;
}

/// A cookie of the user's that signs nobody in, and how many commands of Redis it may cost.
async fn broken_cookies(world: &World) -> Vec<(String, u64)> {
    let (token, of_an_account) =
        (world.ann().await.cookie(USER).to_owned(), world.account().await.cookie(ACCOUNT).to_owned());
    vec![
        (format!("{USER}="), 0),
        (format!("{USER}=\"\""), 0),
        (format!("{USER}={}", &token[1..]), 0),
        (format!("{USER}={token}A"), 0),
        (format!("{USER}={}", "x".repeat(5000)), 0),
        (format!("{USER}={}!", &token[1..]), 0),
        (format!("{USER}={}=", &token[1..]), 0),
        (format!("{USER}=\"{token}\""), 0),
        (format!("{USER}={token}; {USER}={token}"), 0),
        (format!("{USER}={token}; a=b; {USER}=x"), 0),
        (format!("__%48ost-user={token}"), 0),
        (format!("__host-user={token}"), 0),
        (format!("{USER}={}", "A".repeat(80)), 1),
        (format!("{USER}={of_an_account}"), 1),
    ]
}

#[tokio::test]
async fn a_broken_cookie_is_a_plain_401_and_costs_no_command_unless_it_is_well_formed() {
    let world = World::redis().await;
    let redis = world.redis.as_ref().unwrap();
    // Whoever holds a cookie of a session may end it, with a secret of yesterday too.
    let known_session = with_another_secret(world.ann().await.cookie(USER));
    let mut cookies = broken_cookies(&world).await;
    cookies.push((known_session.clone(), 1));
    for (cookie, most) in cookies {
        let mut requests = vec![
            (Method::GET, "/orders"),
            (Method::POST, "/orders"),
            (Method::GET, "/user/session"),
            (Method::POST, "/user/refresh"),
        ];
        if cookie != known_session {
            requests.push((Method::POST, "/user/logout"));
        }
        for (method, path) in requests {
            let mut client = world.client();
            let request = client.request(method.clone(), path).header(COOKIE, &cookie);
            let (answer, stats) = redis.count_commands(client.finish(request)).await;
            answer.assert_problem(401, "not-signed-in");
            // A script's own commands are counted too: at most it, and two within.
            let calls: u64 = stats.values().sum();
            assert!(calls <= most * 3 && (most == 1 || calls == 0), "{method} {path} {cookie}: {stats:?}");
        }
    }
}

#[tokio::test]
async fn a_broken_cookie_does_not_stand_in_the_way_of_a_login() {
    let world = World::redis().await;
    for (cookie, _) in broken_cookies(&world).await {
        let mut client = world.client();
        let body = json!({ "email": "ann@example.com", "password": PASSWORD });
        let request = client.request(Method::POST, "/user/login").header(COOKIE, &cookie).json(&body);
        assert_eq!(client.finish(request).await.status, 200, "{cookie}");
        assert_eq!(client.get("/orders").await.status, 200);
    }
}

/// Sends bytes as they are, and gives the status of the answer.
async fn status_of(client_address: std::net::SocketAddr, request: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(client_address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1).unwrap_or_else(|| panic!("no answer to {request:?}"));
    status.parse().unwrap()
}

#[test]
fn every_request_gets_an_answer_whatever_its_cookie_and_body_hold() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::memory());
    let byte = any::<u8>().prop_filter("a byte that HTTP allows in a header", |b| *b >= 32 && *b != 127);
    let cookie = prop_oneof![
        proptest::collection::vec(byte.clone(), 0..200),
        proptest::collection::vec(byte, 0..100)
            .prop_map(|value| [b"__Host-user=", value.as_slice()].concat()),
        "[A-Za-z0-9_-]{80}".prop_map(|value| format!("__Host-user={value}").into_bytes()),
    ];
    let body = proptest::collection::vec(any::<u8>(), 0..300);
    let path = prop_oneof![
        "/user/login",
        "/user/logout",
        "/user/refresh",
        "/orders",
        "/bank/enter",
        "/user/1/rename"
    ];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(600));
    let address = world.server.address();
    let law = |(cookie, body, path): (Vec<u8>, Vec<u8>, String)| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\nCookie: ",
            body.len()
        );
        let request = [head.as_bytes(), &cookie, b"\r\n\r\n", &body].concat();
        let status = runtime.block_on(status_of(address, &request));
        prop_assert!([400, 401, 422].contains(&status), "{status}");
        Ok(())
    };
    runner.run(&(cookie, body, path), law).unwrap();
    let mut client: Client = runtime.block_on(world.ann());
    assert_eq!(runtime.block_on(client.get("/orders")).status, 200, "and the program goes on");
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let world = World::memory().await;
    let mut stream = TcpStream::connect(world.server.address()).await.unwrap();
    let head = "POST /user/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}
