//! axum and fred by hand: one GET for each request, one SET for a login, one RENAME for a refresh, and nothing else.
//!
//! With the argument `scripts`, the SET and the RENAME are each called by a script.

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
    types::{Builder, ClusterHash, CustomCommand, Expiration, Value, config::Config},
};

const SET: &str = "return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])";
const RENAME: &str = "return redis.call('RENAME', KEYS[1], KEYS[2])";

#[derive(Clone)]
struct Redis {
    client: Client,
    scripts: Option<Scripts>,
}

/// The hashes by which the server knows them.
#[derive(Clone)]
struct Scripts {
    set: String,
    rename: String,
}

impl Redis {
    async fn set(&self, key: &str, value: &str) -> Result<(), Error> {
        let Some(scripts) = &self.scripts else {
            return self.client.set(key, value, Some(Expiration::EX(IDLE_SECONDS)), None, false).await;
        };
        let expiry = IDLE_SECONDS.to_string();
        custom(&self.client, "EVALSHA", &[&scripts.set, "1", key, value, &expiry]).await.map(drop)
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        let Some(scripts) = &self.scripts else { return self.client.rename(from, to).await };
        custom(&self.client, "EVALSHA", &[&scripts.rename, "2", from, to]).await.map(drop)
    }
}

impl Scripts {
    async fn load(client: &Client) -> Result<Self, Error> {
        let load = async |source| {
            let hash = custom(client, "SCRIPT", &["LOAD", source]).await?;
            Ok::<_, Error>(hash.into_string().unwrap_or_default())
        };
        Ok(Scripts { set: load(SET).await?, rename: load(RENAME).await? })
    }
}

async fn custom(client: &Client, command: &'static str, arguments: &[&str]) -> Result<Value, Error> {
    let command = CustomCommand::new_static(command, ClusterHash::Random, false);
    client.custom(command, arguments.iter().map(|one| Value::from(*one)).collect::<Vec<_>>()).await
}

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
async fn me(State(redis): State<Redis>, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
    let kept: Option<String> = redis.client.get(sid(&headers)?).await?;
    let body = kept.ok_or(Failure(StatusCode::UNAUTHORIZED))?;
    Ok(([(CONTENT_TYPE, "application/json")], body))
}

async fn login(State(redis): State<Redis>, Json(form): Json<SignIn>) -> Result<impl IntoResponse, Failure> {
    let profile = form.check().ok_or(Failure(StatusCode::UNAUTHORIZED))?;
    let (sid, body) = (contest::token(), serde_json::to_string(&profile).unwrap_or_default());
    redis.set(&sid, &body).await?;
    Ok(([(SET_COOKIE, cookie(&sid)), (CONTENT_TYPE, "application/json".to_owned())], body))
}

async fn refresh(State(redis): State<Redis>, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
    let next = contest::token();
    redis.rename(sid(&headers)?, &next).await?;
    Ok(([(SET_COOKIE, cookie(&next))], StatusCode::NO_CONTENT))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> contest::Outcome {
    let client = Builder::from_config(Config::from_url(&contest::redis_url())?)
        .with_performance_config(|config| config.default_command_timeout = Duration::from_secs(1))
        .build()?;
    client.init().await?;
    let scripts = if std::env::args().any(|argument| argument == "scripts") {
        Some(Scripts::load(&client).await?)
    } else {
        None
    };
    let routes = Router::new()
        .route("/me", get(me))
        .route("/login", post(login))
        .route("/refresh", post(refresh))
        .with_state(Redis { client, scripts });
    contest::serve(routes).await
}
