//! The path of an authenticated request, to be measured: its steps, the whole of it, and what it is compared with.

use std::sync::Arc;
use std::time::Duration;

use auth_core::session::Tag;
use auth_core::testing::path::{self, Step};
use auth_core::{Auth, Authenticated, Credentials, LoginError, MemoryStore, Secret, auth_service};
use auth_redis::RedisStore;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::COOKIE;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::routing::get;
use fred::clients::Client;
use fred::interfaces::ClientLike;
use fred::types::config::{Config, Options};
use fred::types::{ClusterHash, CustomCommand, Value};
use serde::Deserialize;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Whoever reads: an id, a text and a number, as most entities have them.
#[auth_service("auth.cookies.redis")]
pub struct Reader {
    #[auth(id)]
    id: u64,
    email: String,
    level: u8,
}

/// How a reader signs in.
#[derive(Deserialize, Credentials)]
pub struct Card {
    #[auth(identifier)]
    number: u64,
    #[auth(secret)]
    pin: Secret,
}

#[auth_service]
impl Reader {
    async fn login(card: Card) -> Result<Self, LoginError> {
        if card.pin.expose() == "1234" {
            Ok(Reader::number(card.number))
        } else {
            Err(LoginError::InvalidCredentials)
        }
    }

    fn number(id: u64) -> Self {
        Reader { id, email: format!("reader-{id}@example.com"), level: 1 }
    }
}

/// The name of the step that is a whole authenticated request.
pub const WHOLE: &str = "a whole request";
/// The name of the step that is the same request to a handler that asks for no session.
pub const WITHOUT: &str = "the same, without a session";
/// The same to an endpoint of the generated routes.
pub const GENERATED: &str = "a whole request, to a generated endpoint";

/// The same request, with the session in Redis.
pub const REDIS: &str = "a whole request, with Redis";
/// What its handler would do by hand.
pub const BY_HAND: &str = "the same, with one HGET by hand";
/// That without a limit on the time that it may take.
pub const UNLIMITED: &str = "the same, with one HGET without a time limit";

/// All steps, with sessions in memory: a store that answers at once.
pub fn steps(runtime: &Arc<Runtime>) -> Vec<Step> {
    let mut steps = path::steps(&Reader::number(7)).unwrap();
    let auth = Auth::<Reader>::testing(MemoryStore::new());
    let session = runtime.block_on(auth.sign_in_as(&Reader::number(7))).unwrap();
    let requests = Requests { runtime: Arc::clone(runtime), routes: routes(auth), session };
    steps.extend([
        requests.to(WHOLE, "/with"),
        requests.to(WITHOUT, "/without"),
        requests.to(GENERATED, "/reader/session"),
    ]);
    steps
}

/// The same with sessions in Redis, beside what does no more than ask it. What fred does is in the figures.
pub fn steps_with_redis(runtime: &Arc<Runtime>, url: &str) -> Vec<Step> {
    let requests = runtime.block_on(async {
        let auth = Auth::<Reader>::testing(RedisStore::connect(url).await.unwrap());
        let session = auth.sign_in_as(&Reader::number(7)).await.unwrap();
        let id = auth.sessions(&7).await.unwrap()[0].info.session_id;
        let key = format!("auth:{}", Tag::of("reader", "7"));
        let client = Client::new(Config::from_url(url).unwrap(), None, None, None);
        client.init().await.unwrap();
        let by_hand = |timeout| {
            let client = client.with_options(&Options { timeout, fail_fast: true, ..Options::default() });
            let key = key.clone();
            get(async move || {
                let arguments = vec![Value::from(key.as_str()), Value::from(&id.as_bytes()[..])];
                let command = CustomCommand::new_static("HGET", ClusterHash::FirstKey, false);
                let record: Value = client.custom(command, arguments).await.unwrap();
                answer(u8::from(record.as_bytes().is_some()))
            })
        };
        let limited = by_hand(Some(Duration::from_secs(1)));
        let routes = routes(auth).route("/by-hand", limited).route("/unlimited", by_hand(None));
        Requests { runtime: Arc::clone(runtime), routes, session }
    });
    vec![requests.to(REDIS, "/with"), requests.to(BY_HAND, "/by-hand"), requests.to(UNLIMITED, "/unlimited")]
}

fn routes(auth: Auth<Reader>) -> Router {
    Router::new()
        .route("/with", get(async |reader: Authenticated<Reader>| answer(reader.level)))
        .route("/without", get(async || answer(1)))
        .merge(Reader::auth_routes())
        .with_state(auth)
}

/// Requests with the cookie of a session among others.
struct Requests {
    runtime: Arc<Runtime>,
    routes: Router,
    session: HeaderValue,
}

impl Requests {
    fn to(&self, name: &'static str, path: &'static str) -> Step {
        let (runtime, routes) = (Arc::clone(&self.runtime), self.routes.clone());
        let cookies = format!("theme=dark; {}; lang=en", self.session.to_str().unwrap());
        let cookies = HeaderValue::from_str(&cookies).unwrap();
        let request = move || {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = Uri::from_static(path);
            request.headers_mut().insert(COOKIE, cookies.clone());
            let answer = runtime.block_on(routes.clone().oneshot(request)).unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
        };
        (name, Box::new(request))
    }
}

/// Nothing that would have to be allocated.
fn answer(level: u8) -> StatusCode {
    if level == 1 { StatusCode::OK } else { StatusCode::NO_CONTENT }
}
