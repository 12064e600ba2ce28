//! The path of an authenticated request, to be measured: its steps, the whole of it, and what it is compared with.

use auth_core::testing::path::{self, Step};
use auth_core::{
    Auth, Authenticated, Credentials, LoginError, MemoryStore, Secret, SessionStore, auth_service,
};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::routing::get;
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
pub const GENERATED: &str = "a whole request to GET /reader/session";

/// All steps, with sessions in memory: a store that answers at once.
pub fn steps(runtime: &Runtime) -> Vec<Step> {
    let mut steps = path::steps(&Reader::number(7)).unwrap();
    steps.extend(whole(runtime, MemoryStore::new()));
    steps
}

/// Whole requests, with sessions in a store.
pub fn whole(runtime: &Runtime, store: impl SessionStore) -> Vec<Step> {
    let auth = Auth::<Reader>::testing(store);
    let session = runtime.block_on(auth.sign_in_as(&Reader::number(7))).unwrap();
    let cookie = format!("theme=dark; {}; lang=en", session.to_str().unwrap());
    let routes = Router::new()
        .route("/with", get(async |reader: Authenticated<Reader>| answer(reader.level)))
        .route("/without", get(async || answer(1)))
        .merge(Reader::auth_routes())
        .with_state(auth);
    let to = |name: &'static str, path: &'static str| -> Step {
        let (routes, handle) = (routes.clone(), runtime.handle().clone());
        let cookie = HeaderValue::from_str(&cookie).unwrap();
        let request = move || {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = axum::http::Uri::from_static(path);
            request.headers_mut().insert(COOKIE, cookie.clone());
            let answer = handle.block_on(routes.clone().oneshot(request)).unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
        };
        (name, Box::new(request))
    };
    vec![to(WHOLE, "/with"), to(WITHOUT, "/without"), to(GENERATED, "/reader/session")]
}

/// Nothing that would have to be allocated.
fn answer(level: u8) -> StatusCode {
    if level == 1 { StatusCode::OK } else { StatusCode::NO_CONTENT }
}
