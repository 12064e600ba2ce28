//! Sessions that travel in bearer tokens: alone, and beside those in cookies.
#![allow(clippy::unwrap_used, reason = "tests")]

use auth_core::testing::TestClient;
use auth_core::{
    Auth, Authenticated, Credentials, LoginError, MemoryStore, Secret, SessionStore, auth_service,
    expose_response,
};
use auth_redis::RedisStore;
use auth_tests::{Answer, Client, RedisServer, Server};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::post;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// A program that has no cookies.
#[auth_service("auth.bearer.redis")]
struct Robot {
    #[auth(id)]
    id: u64,
}

/// A person with a browser and a telephone.
#[auth_service("auth.cookies.redis", "auth.bearer.redis")]
struct Person {
    #[auth(id)]
    id: u64,
    name: String,
}

#[derive(Deserialize, Credentials)]
struct Form {
    #[auth(identifier)]
    id: u64,
    #[auth(secret)]
    password: Secret,
}

fn checked(form: &Form) -> Result<u64, LoginError> {
    if form.password.expose() == "open sesame" { Ok(form.id) } else { Err(LoginError::InvalidCredentials) }
}

#[auth_service]
impl Robot {
    async fn login(form: Form) -> Result<Self, LoginError> {
        Ok(Robot { id: checked(&form)? })
    }
}

#[auth_service]
impl Person {
    #[expose_endpoint(post, "/login", response = Welcome, status = 201)]
    async fn login(form: Form) -> Result<Self, LoginError> {
        Ok(Person { id: checked(&form)?, name: "Ann".to_owned() })
    }
}

#[expose_response(Person::login)]
struct Welcome {
    name: String,
}

#[derive(Clone, FromRef)]
struct App {
    robots: Auth<Robot>,
    persons: Auth<Person>,
}

struct World {
    server: Server,
    _redis: Option<RedisServer>,
}

impl World {
    async fn each(test: impl AsyncFn(World)) {
        test(Self::on(Arc::new(MemoryStore::new()), None).await).await;
        let redis = RedisServer::start().await;
        let store = RedisStore::connect(&redis.url()).await.unwrap();
        test(Self::on(Arc::new(store), Some(redis)).await).await;
    }

    async fn on<S: SessionStore>(store: Arc<S>, redis: Option<RedisServer>) -> World {
        let app = App { robots: Auth::testing(Arc::clone(&store)), persons: Auth::testing(store) };
        let routes = Router::new()
            .merge(Robot::auth_routes())
            .merge(Person::auth_routes())
            .route("/robots", post(async |robot: Authenticated<Robot>| robot.id.to_string()))
            .route("/persons", post(async |person: Authenticated<Person>| person.name.clone()))
            .with_state(app);
        World { server: Server::start(routes).await, _redis: redis }
    }

    fn client(&self) -> Client {
        self.server.client()
    }
}

async fn sign_in(client: &mut Client, path: &str) -> Answer {
    client.post_json(path, &json!({ "id": 7, "password": "open sesame" })).await
}

fn token_of(answer: &Answer) -> String {
    assert_eq!(answer.json()["token_type"], "Bearer");
    assert!(answer.set_cookies().is_empty(), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn with(client: &mut Client, method: Method, path: &str, authorization: &[&str]) -> Answer {
    let request = client.request(method, path);
    let request =
        authorization.iter().fold(request, |request, value| request.header("authorization", *value));
    client.finish(request).await
}

async fn with_token(client: &mut Client, method: Method, path: &str, token: &str) -> Answer {
    with(client, method, path, &[&format!("Bearer {token}")]).await
}

#[tokio::test]
async fn a_robot_signs_in_is_known_is_renewed_and_signs_out() {
    World::each(async |world| {
        let mut client = world.client();
        let answer = sign_in(&mut client, "/robot/login").await;
        assert_eq!(answer.status, 200);
        let members: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
        let expected =
            ["access_token", "expires_at", "idle_expires_at", "principal", "session_id", "token_type"];
        assert_eq!(members, expected);
        let first = token_of(&answer);
        assert_eq!(with_token(&mut client, Method::POST, "/robots", &first).await.body, "7");
        let shown = with_token(&mut client, Method::GET, "/robot/session", &first).await.json();
        assert_eq!(shown["session_id"], answer.json()["session_id"]);

        let refreshed = with_token(&mut client, Method::POST, "/robot/refresh", &first).await;
        assert_eq!(refreshed.status, 200);
        let second = token_of(&refreshed);
        assert_ne!(first, second);
        let again = with_token(&mut client, Method::POST, "/robot/refresh", &first).await;
        assert_eq!(token_of(&again), second, "an answer that was lost comes again");
        assert_eq!(with_token(&mut client, Method::POST, "/robots", &second).await.status, 200);
        let early = with_token(&mut client, Method::POST, "/robot/refresh", &second).await;
        assert_eq!(early.status, 200);
        assert!(early.json().get("access_token").is_none(), "too early: the token stays");

        let renewed = client
            .request(Method::POST, "/robot/reauthenticate")
            .bearer_auth(&second)
            .json(&json!({ "id": 7, "password": "open sesame" }));
        let third = token_of(&client.finish(renewed).await);
        assert_ne!(second, third);

        let gone = with_token(&mut client, Method::POST, "/robot/logout", &third).await;
        assert_eq!((gone.status, gone.body.as_str()), (204, ""));
        assert!(gone.headers.get("clear-site-data").is_none() && gone.set_cookies().is_empty());
        for token in [&first, &second, &third] {
            let refused = with_token(&mut client, Method::POST, "/robots", token).await;
            refused.assert_problem(401, "not-signed-in");
            assert_eq!(refused.header("www-authenticate"), "Bearer error=\"invalid_token\"");
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_counts_in_its_place_only() {
    World::each(async |world| {
        let mut client = world.client();
        let token = token_of(&sign_in(&mut client, "/robot/login").await);
        for authorization in [
            vec![format!("bearer {token}")],
            vec![format!("BEARER  {token} ")],
            vec!["Basic YTpi".to_owned(), format!("Bearer {token}")],
        ] {
            let authorization: Vec<_> = authorization.iter().map(String::as_str).collect();
            assert_eq!(with(&mut client, Method::POST, "/robots", &authorization).await.status, 200);
        }
        for authorization in [
            vec![],
            vec![format!("Basic {token}")],
            vec![token.clone()],
            vec![format!("Bearer{token}")],
            vec![format!("Bearer {token}x")],
            vec!["Bearer".to_owned()],
            vec![format!("Bearer {token}"), format!("Bearer {token}")],
        ] {
            let authorization: Vec<_> = authorization.iter().map(String::as_str).collect();
            for path in ["/robots", "/robot/refresh", "/robot/logout"] {
                let refused = with(&mut client, Method::POST, path, &authorization).await;
                refused.assert_problem(401, "not-signed-in");
                let is_there =
                    authorization.iter().any(|value| value.starts_with("Bearer ") || *value == "Bearer");
                let expected = if is_there { "Bearer error=\"invalid_token\"" } else { "Bearer" };
                assert_eq!(refused.header("www-authenticate"), expected, "{authorization:?}");
            }
        }
        for name in ["__Host-robot", "robot"] {
            client.cookies.insert(name.to_owned(), token.clone());
            client.post("/robots").await.assert_problem(401, "not-signed-in");
        }
        let in_address = client.get(&format!("/robot/session?access_token={token}")).await;
        in_address.assert_problem(401, "not-signed-in");
        client.cookies.clear();
        assert_eq!(with_token(&mut client, Method::POST, "/robots", &token).await.status, 200);
        with_token(&mut client, Method::POST, "/persons", &token).await.assert_problem(401, "not-signed-in");
    })
    .await;
}

#[tokio::test]
async fn a_person_has_sessions_of_both_kinds() {
    World::each(async |world| {
        let mut browser = world.client();
        let answer = sign_in(&mut browser, "/person/login").await;
        assert_eq!((answer.status, answer.json()), (201, json!({ "name": "Ann" })), "no token for scripts");
        assert_eq!(browser.post("/persons").await.body, "Ann");

        let mut telephone = world.client();
        let answer = sign_in(&mut telephone, "/person/login/bearer").await;
        assert_eq!((answer.status, &answer.json()["name"]), (201, &json!("Ann")));
        let token = token_of(&answer);
        assert_eq!(with_token(&mut telephone, Method::POST, "/persons", &token).await.body, "Ann");
        assert!(telephone.cookies.is_empty());
        assert_eq!(browser.get("/person/sessions").await.json().as_array().unwrap().len(), 2);

        let refreshed = with_token(&mut telephone, Method::POST, "/person/refresh", &token).await;
        let token = token_of(&refreshed);
        let before = browser.cookie("__Host-person").to_owned();
        let refreshed = browser.post("/person/refresh").await;
        assert!(refreshed.json().get("access_token").is_none(), "{refreshed:?}");
        assert_ne!(browser.cookie("__Host-person"), before);

        assert_eq!(browser.send(Method::DELETE, "/person/sessions").await.status, 204);
        with_token(&mut telephone, Method::POST, "/persons", &token)
            .await
            .assert_problem(401, "not-signed-in");
        assert_eq!(browser.post("/persons").await.status, 200);
        assert_eq!(browser.post("/person/logout").await.status, 204);
        assert!(browser.cookies.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_bearer_token_is_worth_more_than_a_cookie_beside_it() {
    World::each(async |world| {
        let mut client = world.client();
        let token = token_of(&sign_in(&mut client, "/person/login/bearer").await);
        sign_in(&mut client, "/person/login").await;
        assert_eq!(client.post("/persons").await.status, 200);
        let bad = with(&mut client, Method::POST, "/persons", &["Bearer nonsense"]).await;
        bad.assert_problem(401, "not-signed-in");
        let gone = with_token(&mut client, Method::POST, "/person/logout", &token).await;
        assert_eq!((gone.status, gone.set_cookies().len()), (204, 0));
        assert_eq!(client.post("/persons").await.status, 200, "the cookie's session goes on");
    })
    .await;
}

#[tokio::test]
async fn pages_of_other_origins_have_no_part_in_cookies_and_nothing_to_gain_from_tokens() {
    World::each(async |world| {
        let mut client = world.client();
        sign_in(&mut client, "/person/login").await;
        let token = token_of(&sign_in(&mut world.client(), "/person/login/bearer").await);
        let from_elsewhere = |client: &Client, path: &str| {
            client.request(Method::POST, path).header("sec-fetch-site", "cross-site")
        };
        let form = json!({ "id": 8, "password": "open sesame" });
        for path in ["/persons", "/person/login", "/person/refresh", "/person/logout"] {
            let refused = client.finish(from_elsewhere(&client, path).json(&form)).await;
            refused.assert_problem(403, "cross-origin");
        }
        // A page of another origin that knows credentials: what it gets is a session of its own, and no cookie.
        let own = client.finish(from_elsewhere(&client, "/person/login/bearer").json(&form)).await;
        assert_eq!(own.status, 201);
        token_of(&own);
        assert_eq!(client.post("/persons").await.status, 200, "the cookie's session goes on");
        let request = from_elsewhere(&client, "/persons").bearer_auth(&token);
        assert_eq!(client.finish(request).await.status, 200);
        let robot = token_of(&client.finish(from_elsewhere(&client, "/robot/login").json(&form)).await);
        let request = from_elsewhere(&client, "/robots").bearer_auth(&robot);
        assert_eq!(client.finish(request).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_login_ends_the_session_whose_token_it_brings() {
    World::each(async |world| {
        let mut client = world.client();
        let first = token_of(&sign_in(&mut client, "/robot/login").await);
        let form = json!({ "id": 7, "password": "open sesame" });
        let request = client.request(Method::POST, "/robot/login").bearer_auth(&first).json(&form);
        let second = token_of(&client.finish(request).await);
        with_token(&mut client, Method::POST, "/robots", &first).await.assert_problem(401, "not-signed-in");
        assert_eq!(with_token(&mut client, Method::POST, "/robots", &second).await.status, 200);
        let request = client.request(Method::POST, "/robot/login").bearer_auth("nonsense").json(&form);
        assert_eq!(client.finish(request).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_client_of_a_test_presents_the_token_that_it_was_signed_in_with() {
    let robots = Auth::<Robot>::in_memory();
    let mut client = TestClient::new(Robot::auth_routes().with_state(robots.clone()));
    client.sign_in(&robots, &Robot { id: 7 }).await.unwrap();
    assert_eq!(client.get("/robot/session").await.status, 200);
    client.clear_cookies();
    assert_eq!(client.get("/robot/session").await.status, 401);
}
