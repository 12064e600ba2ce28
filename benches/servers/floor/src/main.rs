//! axum and fred by hand: one GET for each request, one SET for a login, one RENAME for a refresh, and nothing else.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, COOKIE, SET_COOKIE},
    },
    response::{IntoResponse, Response},
    routing::{get, post},
};
use contest::{IDLE_SECONDS, SignIn};
use fred::{
    clients::Client,
    error::Error,
    interfaces::{ClientLike, KeysInterface},
    types::{Builder, Expiration, config::Config},
};

struct Failure(StatusCode);

impl From<Error> for Failure {
    fn from(_: Error) -> Self {
        Failure(StatusCode::SERVICE_UNAVAILABLE)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

fn sid(headers: &HeaderMap) -> Result<&str, Failure> {
    let cookies = headers.get(COOKIE).and_then(|cookies| cookies.to_str().ok());
    let sid = cookies.and_then(|cookies| cookies.split("; ").find_map(|cookie| cookie.strip_prefix("sid=")));
    sid.ok_or(Failure(StatusCode::UNAUTHORIZED))
}

fn cookie(sid: &str) -> String {
    format!("sid={sid}; HttpOnly; SameSite=Lax; Secure; Path=/")
}

/// What is kept is the answer itself.
async fn me(State(redis): State<Client>, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
    let kept: Option<String> = redis.get(sid(&headers)?).await?;
    let body = kept.ok_or(Failure(StatusCode::UNAUTHORIZED))?;
    Ok(([(CONTENT_TYPE, "application/json")], body))
}

async fn login(State(redis): State<Client>, Json(form): Json<SignIn>) -> Result<impl IntoResponse, Failure> {
    let profile = form.check().ok_or(Failure(StatusCode::UNAUTHORIZED))?;
    let (sid, body) = (contest::token(), serde_json::to_string(&profile).unwrap_or_default());
    let expiry = Some(Expiration::EX(IDLE_SECONDS));
    let () = redis.set(sid.as_str(), body.as_str(), expiry, None, false).await?;
    Ok(([(SET_COOKIE, cookie(&sid)), (CONTENT_TYPE, "application/json".to_owned())], body))
}

async fn refresh(State(redis): State<Client>, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
    let next = contest::token();
    let () = redis.rename(sid(&headers)?, next.as_str()).await?;
    Ok(([(SET_COOKIE, cookie(&next))], StatusCode::NO_CONTENT))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> contest::Outcome {
    let redis = Builder::from_config(Config::from_url(&contest::redis_url())?)
        .with_performance_config(|config| config.default_command_timeout = Duration::from_secs(1))
        .build()?;
    redis.init().await?;
    let routes = Router::new()
        .route("/me", get(me))
        .route("/login", post(login))
        .route("/refresh", post(refresh))
        .with_state(redis);
    contest::serve(routes).await
}
