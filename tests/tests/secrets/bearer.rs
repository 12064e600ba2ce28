//! Bearer tokens: of an entity that has nothing else, and of one that has cookies as well.

use std::sync::Arc;

use super::{Lines, bytes_of, kept_by, line_with, texts_of};
use auth_core::{Auth, Credentials, LoginError, Secret, Session, auth_service, expose_response};
use auth_redis::RedisStore;
use auth_tests::{Answer, Client, RedisServer, Server};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

const PASSWORD: &str = "sesame-of-bearers";
const WRONG: &str = "guess-of-bearers";

#[auth_service("auth.bearer.redis")]
struct Robot {
    #[auth(id)]
    id: u64,
    name: String,
}

#[auth_service("auth.cookies.redis", "auth.bearer.redis")]
struct Person {
    #[auth(id)]
    id: u64,
}

#[derive(Deserialize, Credentials)]
struct Form {
    #[auth(identifier)]
    id: u64,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl Robot {
    async fn login(form: Form) -> Result<Self, LoginError> {
        let robot = || Robot { id: form.id, name: "robby".to_owned() };
        if form.password.expose() == PASSWORD { Ok(robot()) } else { Err(LoginError::InvalidCredentials) }
    }
}

#[auth_service]
impl Person {
    #[expose_endpoint(post, "/login", response = Welcome)]
    async fn login(form: Form) -> Result<Self, LoginError> {
        if form.password.expose() == PASSWORD {
            Ok(Person { id: form.id })
        } else {
            Err(LoginError::InvalidCredentials)
        }
    }
}

#[expose_response(Person::login)]
struct Welcome {
    id: u64,
}

#[derive(Clone, FromRef)]
struct App {
    robots: Auth<Robot>,
    persons: Auth<Person>,
}

async fn served(redis: &RedisServer) -> Server {
    let store = Arc::new(RedisStore::connect(&redis.url()).await.unwrap());
    let app = App { robots: Auth::testing(Arc::clone(&store)), persons: Auth::testing(store) };
    let routes = Router::new()
        .merge(Robot::auth_routes())
        .merge(Person::auth_routes())
        .route("/robot", get(async |session: Session<Robot>| format!("{session:?}")))
        .route("/person", get(async |session: Session<Person>| format!("{session:?}")))
        .with_state(app);
    Server::start(routes).await
}

/// A client that keeps what it is answered, and all tokens that it was given.
struct Program {
    client: Client,
    answers: Vec<Answer>,
    tokens: Vec<String>,
}

impl Program {
    async fn send(&mut self, method: Method, path: &str, token: Option<&str>, form: Option<&Value>) -> u16 {
        let mut request = self.client.request(method, path);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(form) = form {
            request = request.json(form);
        }
        let mut answer = self.client.finish(request).await;
        if let Some(token) = granted(&answer) {
            // There it belongs, once.
            assert_eq!(answer.body.matches(&token).count(), 1, "{path}");
            answer.body = answer.body.replace(&token, "");
            self.tokens.push(token);
        }
        self.answers.push(answer);
        self.answers.last().unwrap().status
    }

    fn token(&self) -> String {
        self.tokens.last().unwrap().clone()
    }
}

fn granted(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_str(&answer.body).ok()?;
    body["access_token"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn a_bearer_token_is_seen_in_the_answer_that_gives_it_and_nowhere_else() {
    for (login, entity) in [("/robot/login", "/robot"), ("/person/login/bearer", "/person")] {
        let lines = Lines::all();
        let mut redis = RedisServer::start().await;
        let server = served(&redis).await;
        let mut program = Program { client: server.client(), answers: Vec::new(), tokens: Vec::new() };
        let right = json!({ "id": 7, "password": PASSWORD });
        let wrong = json!({ "id": 7, "password": WRONG });
        assert_eq!(program.send(Method::POST, login, None, Some(&right)).await, 200);
        assert_eq!(program.send(Method::POST, login, None, Some(&wrong)).await, 401);
        let malformed = json!({ "id": "x", "password": WRONG });
        assert_eq!(program.send(Method::POST, login, None, Some(&malformed)).await, 422);

        let first = program.token();
        for (method, path, form) in [
            (Method::GET, entity.to_owned(), None),
            (Method::GET, format!("{entity}/session"), None),
            (Method::GET, format!("{entity}/sessions"), None),
            (Method::POST, format!("{entity}/refresh"), None),
            (Method::POST, format!("{entity}/reauthenticate"), Some(&right)),
            (Method::POST, format!("{entity}/reauthenticate"), Some(&wrong)),
        ] {
            let token = program.token();
            let status = program.send(method, &path, Some(&token), form).await;
            assert_eq!(status, if form == Some(&wrong) { 401 } else { 200 }, "{path}");
        }
        assert_eq!(program.tokens.len(), 3, "login, refresh and reauthenticate give one each");

        // Of the past, forged, broken, in another place, and beside another.
        let last = program.token();
        let mut forged = last.clone();
        forged.replace_range(50..60, "AAAAAAAAAA");
        for token in [&first, &forged, &last[1..].to_owned(), &format!("{last} {last}")] {
            assert_eq!(program.send(Method::GET, entity, Some(token), None).await, 401);
        }
        program.client.cookies.insert("__Host-person".to_owned(), last.clone());
        program.client.cookies.insert("__Host-robot".to_owned(), last.clone());
        program.send(Method::GET, entity, None, None).await;
        program.client.cookies.clear();
        if entity == "/person" {
            program.send(Method::POST, "/person/login", Some(&last), Some(&right)).await;
        }
        program.send(Method::POST, login, None, Some(&right)).await;

        let kept = kept_by(&redis).await;
        let token = program.token();
        assert_eq!(program.send(Method::POST, &format!("{entity}/logout"), Some(&token), None).await, 204);
        redis.kill();
        assert_eq!(program.send(Method::GET, entity, Some(&last), None).await, 503);
        assert_eq!(program.send(Method::POST, login, None, Some(&right)).await, 503);

        let log = lines.text();
        assert!(log.contains("signed_in") && log.contains("unavailable"), "the log was not read");
        if entity == "/robot" {
            assert!(kept.windows(5).any(|bytes| bytes == b"robby"), "what Redis keeps was not read");
        }
        for secret in program.tokens.iter().flat_map(|token| bytes_of(token)) {
            assert!(!kept.windows(secret.len()).any(|bytes| bytes == secret), "in Redis");
        }
        let passwords = [PASSWORD.to_owned(), WRONG.to_owned()];
        for secret in program.tokens.iter().flat_map(|token| texts_of(token)).chain(passwords) {
            assert!(!kept.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "as text in Redis");
            assert!(!log.contains(&secret), "in the log: {}", line_with(&log, &secret));
            for answer in &program.answers {
                assert!(!format!("{answer:?}").contains(&secret), "in an answer: {answer:?}");
            }
        }
    }
}
