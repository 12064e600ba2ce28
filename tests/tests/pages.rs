//! Answers for people: pages to go to, and forms.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use auth_core::testing::ManualClock;
use auth_core::{Auth, Authenticated, Credentials, Fresh, LoginError, MemoryStore, Secret, auth_service};
use auth_tests::{Answer, Client, Server};
use axum::Router;
use axum::routing::get;
use reqwest::Method;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use serde_json::json;

#[auth_service("auth.cookies.memory", "auth.bearer.memory", login_page = "/login", forms = true)]
struct User {
    #[auth(id)]
    id: u64,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    number: u64,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        match form.password.expose() {
            "open sesame" => Ok(User { id: form.number }),
            _ => Err(LoginError::InvalidCredentials),
        }
    }

    #[expose_endpoint(get, "/secrets", fresh = "5m")]
    fn secrets() {}
}

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
const FORM: &str = "number=7&password=open+sesame";

async fn served() -> (Server, Client) {
    served_by(Auth::in_memory()).await
}

async fn served_by(auth: Auth<User>) -> (Server, Client) {
    let own = Router::new()
        .route("/orders", get(orders).post(orders))
        .route("/password", get(password).post(password))
        .route("/profile", get(async |user: Option<Authenticated<User>>| user.is_some().to_string()));
    let routes = Router::new()
        .merge(User::auth_routes())
        .merge(own.clone())
        .nest("/nested", own)
        .route("/{*rest}", get(orders))
        .with_state(auth);
    let server = Server::start(routes).await;
    let client = server.client().without_redirects();
    (server, client)
}

async fn orders(user: Authenticated<User>) -> String {
    user.id.to_string()
}

async fn password(user: Fresh<User>) -> String {
    user.id.to_string()
}

async fn visit(client: &mut Client, method: Method, path: &str) -> Answer {
    let request =
        client.request(method, path).header(ACCEPT, BROWSER).header("sec-fetch-site", "same-origin");
    client.finish(request).await
}

async fn submit(client: &mut Client, path: &str, form: &str) -> Answer {
    let request = client
        .request(Method::POST, path)
        .header(ACCEPT, BROWSER)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.to_owned());
    client.finish(request).await
}

#[track_caller]
fn assert_goes_to(answer: &Answer, expected: &str) {
    assert_eq!((answer.status, answer.header("location")), (303, expected), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_sign_in_and_back() {
    let (_server, mut client) = served().await;
    let sent = visit(&mut client, Method::GET, "/orders?page=2&q=a%26b").await;
    assert_goes_to(&sent, "/login?next=%2Forders%3Fpage%3D2%26q%3Da%2526b");
    assert_goes_to(
        &visit(&mut client, Method::GET, "/nested/orders").await,
        "/login?next=%2Fnested%2Forders",
    );
    assert_goes_to(&visit(&mut client, Method::POST, "/orders").await, "/login");
    assert_goes_to(&visit(&mut client, Method::GET, "/user/session").await, "/login?next=%2Fuser%2Fsession");
    assert_eq!(
        visit(&mut client, Method::GET, "/profile").await.body,
        "false",
        "an optional one is asked nothing"
    );

    let signed_in = submit(&mut client, "/user/login?next=%2Forders%3Fpage%3D2", FORM).await;
    assert_goes_to(&signed_in, "/orders?page=2");
    assert_eq!(visit(&mut client, Method::GET, "/orders?page=2").await.body, "7");
    let again = submit(&mut client, "/user/reauthenticate", &format!("{FORM}&next=/orders")).await;
    assert_goes_to(&again, "/orders");
    let out = visit(&mut client, Method::POST, "/user/logout").await;
    assert_goes_to(&out, "/login");
    assert_eq!(out.header("clear-site-data"), "\"cache\", \"storage\"");
    assert!(client.cookies.is_empty());
    assert_goes_to(&visit(&mut client, Method::POST, "/user/logout").await, "/login");
}

#[tokio::test]
async fn the_field_of_a_form_says_where_to_go_and_nobody_is_sent_elsewhere() {
    let (_server, mut client) = served().await;
    assert_goes_to(&submit(&mut client, "/user/login", &format!("{FORM}&next=%2Forders")).await, "/orders");
    assert_goes_to(&submit(&mut client, "/user/login", FORM).await, "/");
    for elsewhere in [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "//user:password@evil.example",
        "/\t/evil.example",
        "/\r\nLocation: https://evil.example",
        "javascript:alert(1)",
        "",
    ] {
        let mut encoded = reqwest::Url::parse("http://x").unwrap();
        encoded.query_pairs_mut().append_pair("next", elsewhere);
        let next = encoded.query().unwrap();
        assert_goes_to(&submit(&mut client, &format!("/user/login?{next}"), FORM).await, "/");
        assert_goes_to(&submit(&mut client, "/user/login", &format!("{FORM}&{next}")).await, "/");
        assert_goes_to(&visit(&mut client, Method::POST, &format!("/user/logout?{next}")).await, "/login");
        let failed = submit(&mut client, &format!("/user/login?{next}"), "number=7&password=wrong").await;
        assert!(!failed.header("location").contains("evil"), "{failed:?}");
    }
    assert_goes_to(&visit(&mut client, Method::GET, "//evil.example/orders").await, "/login");
}

#[tokio::test]
async fn what_went_wrong_is_told_to_the_login_page_without_what_was_sent() {
    let (_server, mut client) = served().await;
    let path = "/user/login?next=/orders";
    let wrong = submit(&mut client, path, "number=4711&password=hunter2").await;
    assert_goes_to(&wrong, "/login?error=invalid-credentials&next=%2Forders");
    let broken = submit(&mut client, path, "number=x&password=hunter2").await;
    assert_goes_to(&broken, "/login?error=unprocessable&next=%2Forders");
    let unknown = submit(&mut client, path, &format!("{FORM}&role=admin")).await;
    assert_goes_to(&unknown, "/login?error=unprocessable&next=%2Forders");
    for _ in 0..9 {
        submit(&mut client, path, "number=4711&password=hunter2").await;
    }
    let throttled = submit(&mut client, path, "number=4711&password=hunter2").await;
    assert_goes_to(&throttled, "/login?error=too-many-logins&next=%2Forders");
    assert!(throttled.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn who_signed_in_too_long_ago_is_sent_to_do_it_again_and_back() {
    let clock = ManualClock::default();
    let (server, mut client) = served_by(Auth::testing(MemoryStore::with_clock(clock.clone()))).await;
    submit(&mut client, "/user/login", FORM).await;
    assert_eq!(visit(&mut client, Method::GET, "/password").await.body, "7");
    clock.advance(Duration::from_mins(5) + Duration::from_millis(1));

    let to_page = "/login?error=authentication-too-old";
    let stale = visit(&mut client, Method::GET, "/nested/password?a=b").await;
    assert_goes_to(&stale, &format!("{to_page}&next=%2Fnested%2Fpassword%3Fa%3Db"));
    assert!(stale.set_cookies().is_empty(), "it is signed in all the same");
    for (method, path, page) in [
        (Method::GET, "/user/secrets", format!("{to_page}&next=%2Fuser%2Fsecrets")),
        (Method::HEAD, "/password", format!("{to_page}&next=%2Fpassword")),
        // What was sent is gone: nobody is sent back to send nothing.
        (Method::POST, "/password", to_page.to_owned()),
    ] {
        assert_goes_to(&visit(&mut client, method, path).await, &page);
    }
    assert_goes_to(
        &visit(&mut server.client().without_redirects(), Method::GET, "/password").await,
        "/login?next=%2Fpassword",
    );
    client.get("/password").await.assert_problem(403, "authentication-too-old");
    client.get("/user/secrets").await.assert_problem(403, "authentication-too-old");
    let other_site = client.request(Method::POST, "/password").header(ACCEPT, BROWSER);
    let other_site = client.finish(other_site.header("sec-fetch-site", "cross-site")).await;
    other_site.assert_problem(403, "cross-origin");

    let again = submit(&mut client, "/user/reauthenticate", &format!("{FORM}&next=/password?a=b")).await;
    assert_goes_to(&again, "/password?a=b");
    assert_eq!(visit(&mut client, Method::GET, "/password?a=b").await.body, "7");
    assert_eq!(visit(&mut client, Method::GET, "/user/secrets").await.status, 204);
}

#[tokio::test]
async fn a_token_that_is_too_old_is_answered_with_data_whoever_presents_it() {
    let clock = ManualClock::default();
    let (_server, mut client) = served_by(Auth::testing(MemoryStore::with_clock(clock.clone()))).await;
    let form = json!({ "number": 7, "password": "open sesame" });
    let granted = client.post_json("/user/login/bearer", &form).await.json();
    clock.advance(Duration::from_mins(6));
    let token = granted["access_token"].as_str().unwrap();
    let request = client.request(Method::GET, "/password").header(ACCEPT, BROWSER).bearer_auth(token);
    client.finish(request).await.assert_problem(403, "authentication-too-old");
}

#[tokio::test]
async fn programs_are_answered_with_data() {
    let (_server, mut client) = served().await;
    client.get("/orders").await.assert_problem(401, "not-signed-in");
    let form = json!({ "number": 7, "password": "open sesame" });
    assert_eq!(client.post_json("/user/login", &form).await.status, 200);
    assert_eq!(client.post("/user/logout").await.status, 204);
    let wrong = json!({ "number": 7, "password": "wrong" });
    client.post_json("/user/login", &wrong).await.assert_problem(401, "invalid-credentials");
    // A form without a browser, and a browser with a token.
    let request = client
        .request(Method::POST, "/user/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(FORM);
    assert_eq!(client.finish(request).await.status, 200);
    let request = client
        .request(Method::POST, "/user/login/bearer")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(FORM);
    client.finish(request).await.assert_problem(415, "unsupported-media-type");
    let request = client.request(Method::POST, "/user/login/bearer").header(ACCEPT, BROWSER).json(&form);
    assert_eq!(client.finish(request).await.json()["token_type"], "Bearer");
}

#[tokio::test]
async fn a_form_of_another_origin_is_refused() {
    let (_server, mut client) = served().await;
    for (site, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303)] {
        let request = client
            .request(Method::POST, "/user/login")
            .header(ACCEPT, BROWSER)
            .header("sec-fetch-site", site)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(FORM);
        assert_eq!(client.finish(request).await.status, status, "{site}");
    }
}
