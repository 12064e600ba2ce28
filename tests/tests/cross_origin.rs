//! What pages of other origins send, over sockets; the whole product of values is in the unit tests of the decision.
#![allow(clippy::unwrap_used, reason = "tests")]

use auth_core::testing::Spy;
use auth_core::{AllowedOrigins, Authenticated, CrossOriginLayer, CsrfLayer, CsrfToken, MemoryStore};
use auth_tests::app::{App, PASSWORD, User};
use auth_tests::world::{USER, sign_in};
use auth_tests::{Answer, Client, Server};
use axum::Router;
use axum::routing::{get, post};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

const ALLOWED: &str = "https://app.example";
const FORM: &str = "application/x-www-form-urlencoded";

/// The program, with a guest book for anybody and a form to pay with.
async fn program() -> (Server, Spy<MemoryStore>) {
    let origins = AllowedOrigins::new([ALLOWED]).unwrap();
    let spy = Spy::on(MemoryStore::new());
    let mut app = App::new(spy.clone(), MemoryStore::new());
    app.users = app.users.with_allowed_origins(origins.clone());
    let users = app.users.clone();
    let guests = Router::new()
        .route("/guestbook", get(async || "read").post(async || "written"))
        .layer(CrossOriginLayer::new().allow(origins));
    let payments = Router::new()
        .route("/pay", get(async |csrf: CsrfToken<User>| csrf.field()).post(pay))
        .route("/pay/header", get(async |csrf: CsrfToken<User>| csrf.as_str().to_owned()))
        .route("/maybe-pay", get(async |csrf: Option<CsrfToken<User>>| csrf.is_some().to_string()))
        .route("/note", post(async |body: String| body))
        .layer(CsrfLayer::new(users.clone()))
        .with_state(users);
    (Server::start(app.routes().merge(guests).merge(payments)).await, spy)
}

async fn pay(user: Authenticated<User>, body: String) -> String {
    format!("{}: {body}", Authenticated::session(&user).principal())
}

async fn ann(server: &Server) -> Client {
    let mut client = server.client();
    assert_eq!(sign_in(&mut client, "ann@example.com").await.status, 200);
    client
}

/// All that browsers may say, each with whether it passes where something may change.
fn what_browsers_say(server: &Server) -> Vec<(Option<&'static str>, Option<String>, bool)> {
    let here = [format!("http://{}", server.address()), format!("https://{}", server.address())];
    let elsewhere = ["https://evil.example", "http://127.0.0.1:1", "null"].map(str::to_owned);
    let mut says = Vec::new();
    for site in [None, Some("same-origin"), Some("none"), Some("same-site"), Some("cross-site")] {
        let own = matches!(site, Some("same-origin" | "none"));
        says.push((site, None, own || site.is_none()));
        says.push((site, Some(ALLOWED.to_owned()), true));
        says.extend(here.iter().cloned().map(|origin| (site, Some(origin), own || site.is_none())));
        says.extend(elsewhere.iter().cloned().map(|origin| (site, Some(origin), own)));
    }
    says
}

async fn said(
    client: &mut Client,
    request: reqwest::RequestBuilder,
    site: Option<&str>,
    origin: Option<&String>,
) -> Answer {
    let request = site.into_iter().fold(request, |request, site| request.header("sec-fetch-site", site));
    let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
    client.finish(request).await
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_on_any_kind_of_route() {
    let (server, _) = program().await;
    let mut client = ann(&server).await;
    for (site, origin, passes) in what_browsers_say(&server) {
        for (method, path, upgrade, status) in [
            (Method::POST, "/user/newsletter", false, 204),
            (Method::POST, "/user/logout", false, 401),
            (Method::DELETE, "/user/sessions", false, 204),
            (Method::POST, "/orders", false, 200),
            (Method::POST, "/maybe", false, 200),
            (Method::POST, "/guestbook", false, 200),
            (Method::GET, "/orders", true, 200),
            (Method::GET, "/guestbook", true, 200),
        ] {
            // A logout that passes would end the session that the others need.
            let mut stranger = server.client();
            let client = if path == "/user/logout" { &mut stranger } else { &mut client };
            let mut request = client.request(method.clone(), path);
            if upgrade {
                request = request.header("connection", "upgrade").header("upgrade", "websocket");
            }
            let answer = said(client, request, site, origin.as_ref()).await;
            let case = format!("{method} {path} {site:?} {origin:?}");
            if passes {
                assert_eq!(answer.status, status, "{case}");
            } else {
                assert_eq!(answer.status, 403, "{case}");
                answer.assert_problem(403, "cross-origin");
            }
        }
        for path in ["/orders", "/user/session", "/guestbook"] {
            let request = client.request(Method::GET, path);
            assert_eq!(said(&mut client, request, site, origin.as_ref()).await.status, 200, "GET {path}");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_origin_signs_nobody_in_with_any_content_type() {
    let (server, _) = program().await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
    for (site, origin, passes) in what_browsers_say(&server) {
        for (kind, status) in
            [("application/json", 200), (FORM, 415), ("text/plain", 415), ("multipart/form-data", 415)]
        {
            let mut client = server.client();
            let request = client.request(Method::POST, "/user/login").header(CONTENT_TYPE, kind);
            let answer = said(&mut client, request.body(body.clone()), site, origin.as_ref()).await;
            assert_eq!(answer.status, if passes { status } else { 403 }, "{kind} {site:?} {origin:?}");
            assert_eq!(client.cookies.contains_key(USER), passes && status == 200);
        }
    }
}

#[tokio::test]
async fn the_host_that_a_proxy_names_is_not_believed() {
    let (server, _) = program().await;
    let mut client = ann(&server).await;
    let request = client.request(Method::POST, "/orders").header("origin", "https://evil.example");
    let request = request.header("x-forwarded-host", "evil.example");
    client.finish(request).await.assert_problem(403, "cross-origin");
    let request = client.request(Method::POST, "/orders").header("origin", "https://shop.example");
    assert_eq!(client.finish(request.header("host", "shop.example")).await.status, 200);
}

async fn token(client: &mut Client) -> String {
    client.get("/pay/header").await.body
}

async fn pay_with(client: &mut Client, header: Option<&str>, form: &str) -> Answer {
    let request = client.request(Method::POST, "/pay").header(CONTENT_TYPE, FORM).body(form.to_owned());
    let request = header.into_iter().fold(request, |request, token| request.header("x-csrf-token", token));
    client.finish(request).await
}

#[tokio::test]
async fn the_field_of_a_form_and_the_header_of_a_script_are_taken() {
    let (server, spy) = program().await;
    let mut client = ann(&server).await;
    let field = client.get("/pay").await.body;
    let token = field
        .strip_prefix(r#"<input type="hidden" name="csrf_token" value=""#)
        .and_then(|rest| rest.strip_suffix(r#"">"#))
        .unwrap_or_else(|| panic!("{field}"));
    assert!(token.len() == 64 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    let form = format!("amount=5&csrf_token={token}&to=bob");
    spy.reset();
    let answer = pay_with(&mut client, None, &form).await;
    assert_eq!((answer.status, answer.body), (200, format!("7: {form}")), "the handler gets the whole form");
    assert_eq!((spy.count().read, spy.count().all()), (1, 1), "the session is read once");
    assert_eq!(pay_with(&mut client, Some(token), "amount=5").await.status, 200);
    let request = client.request(Method::POST, "/pay").header("x-csrf-token", token).json(&json!({}));
    assert_eq!(client.finish(request).await.status, 200);
}

#[tokio::test]
async fn what_is_no_token_of_the_session_is_refused() {
    let (server, _) = program().await;
    let (mut client, mut other) = (ann(&server).await, ann(&server).await);
    let (own, others) = (token(&mut client).await, token(&mut other).await);
    let wrong = format!("{}{}", &own[..63], if own.ends_with('A') { 'Q' } else { 'A' });
    for (header, form) in [
        (None, String::new()),
        (None, "csrf_token=".to_owned()),
        (None, format!("csrf_token={others}")),
        (None, format!("csrf_token={wrong}")),
        (None, format!("csrf_token={own}&csrf_token={own}")),
        (None, format!("Csrf_Token={own}")),
        (Some(others.as_str()), format!("csrf_token={own}")),
        (Some(""), format!("csrf_token={own}")),
    ] {
        pay_with(&mut client, header, &form).await.assert_problem(403, "csrf-token");
    }
    let request = client.request(Method::POST, &format!("/pay?csrf_token={own}"));
    client.finish(request).await.assert_problem(403, "csrf-token");
    let form = format!("csrf_token={own}");
    for kind in ["text/plain", "multipart/form-data; boundary=x"] {
        let request = client.request(Method::POST, "/pay").header(CONTENT_TYPE, kind).body(form.clone());
        client.finish(request).await.assert_problem(403, "csrf-token");
    }
    let request = client.request(Method::POST, "/pay").header(CONTENT_TYPE, FORM);
    let large = format!("{form}&text={}", "x".repeat(3 << 20));
    client.finish(request.body(large)).await.assert_problem(413, "too-large");
    assert_eq!(pay_with(&mut client, None, &form).await.status, 200, "and the right one is taken");
    let request = client.request(Method::POST, "/pay").header("x-csrf-token", &own);
    let request = request.header("origin", "https://evil.example");
    client.finish(request).await.assert_problem(403, "cross-origin");
}

#[tokio::test]
async fn a_token_lives_as_long_as_its_session() {
    let (server, _) = program().await;
    let mut client = ann(&server).await;
    let form = format!("csrf_token={}", token(&mut client).await);
    assert_eq!(client.post("/user/refresh").await.status, 200);
    assert_eq!(pay_with(&mut client, None, &form).await.status, 200);
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    assert_eq!(client.post_json("/user/reauthenticate", &credentials).await.status, 200);
    assert_eq!(pay_with(&mut client, None, &form).await.status, 200);
    sign_in(&mut client, "ann@example.com").await;
    pay_with(&mut client, None, &form).await.assert_problem(403, "csrf-token");
}

#[tokio::test]
async fn without_a_session_there_is_no_token_and_nothing_to_check() {
    let (server, _) = program().await;
    let mut client = server.client();
    client.get("/pay").await.assert_problem(401, "not-signed-in");
    assert_eq!(client.get("/maybe-pay").await.body, "false");
    assert_eq!(client.post("/note").await.status, 200);
    client.post("/pay").await.assert_problem(401, "not-signed-in");
    let mut client = ann(&server).await;
    assert_eq!(client.get("/maybe-pay").await.body, "true");
    client.post("/note").await.assert_problem(403, "csrf-token");
}
