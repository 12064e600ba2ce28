//! The path of an authenticated request, to be measured: its steps, the whole of it, and what it is compared with. And
//! logins and refreshes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth_core::session::Tag;
use auth_core::testing::path::{self, Step};
use auth_core::throttle::Throttle;
use auth_core::{Auth, Authenticated, Credentials, LoginError, MemoryStore, Secret, auth_service};
use auth_redis::RedisStore;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{CONTENT_TYPE, COOKIE, USER_AGENT};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
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
    async fn refresh() {}

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

/// A login that is counted, with sessions in Redis.
pub const LOGIN: &str = "a login, with Redis";
/// That without a count of logins.
pub const UNCOUNTED: &str = "the same, not counted";
/// A refresh of the same secret again.
pub const REFRESH: &str = "a refresh, with Redis";

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
    let refresh = requests.sent(REFRESH, Method::POST, "/reader/refresh", Body::empty);
    let mut steps = vec![
        requests.to(REDIS, "/with"),
        requests.to(BY_HAND, "/by-hand"),
        requests.to(UNLIMITED, "/unlimited"),
    ];
    for (name, throttle) in [(LOGIN, Some(Throttle::DEFAULT)), (UNCOUNTED, None)] {
        let auth =
            runtime.block_on(async { Auth::<Reader>::testing(RedisStore::connect(url).await.unwrap()) });
        let routes = routes(auth.with_throttle(throttle));
        let number = AtomicU64::new(0);
        // Another reader each time, so that none has too many sessions.
        let card = move || {
            let number = number.fetch_add(1, Ordering::Relaxed);
            Body::from(format!(r#"{{"number":{number},"pin":"1234"}}"#))
        };
        let requests =
            Requests { runtime: Arc::clone(runtime), routes, session: HeaderValue::from_static("a=b") };
        steps.push(requests.sent(name, Method::POST, "/reader/login", card));
    }
    steps.push(refresh);
    steps
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
        self.sent(name, Method::GET, path, Body::empty)
    }

    fn sent(
        &self,
        name: &'static str,
        method: Method,
        path: &'static str,
        body: impl Fn() -> Body + 'static,
    ) -> Step {
        let (runtime, routes) = (Arc::clone(&self.runtime), self.routes.clone());
        let cookies = format!("theme=dark; {}; lang=en", self.session.to_str().unwrap());
        let cookies = HeaderValue::from_str(&cookies).unwrap();
        let peer = SocketAddr::from(([192, 0, 2, 7], 4711));
        let request = move || {
            let mut request = Request::new(body());
            *request.method_mut() = method.clone();
            *request.uri_mut() = Uri::from_static(path);
            request.headers_mut().insert(COOKIE, cookies.clone());
            // What a login is counted by, and what it reads.
            if method == Method::POST {
                request.extensions_mut().insert(ConnectInfo(peer));
                let headers = request.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                headers.insert(USER_AGENT, HeaderValue::from_static(BROWSER));
            }
            let answer = runtime.block_on(routes.clone().oneshot(request)).unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
        };
        (name, Box::new(request))
    }
}

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// Nothing that would have to be allocated.
fn answer(level: u8) -> StatusCode {
    if level == 1 { StatusCode::OK } else { StatusCode::NO_CONTENT }
}
