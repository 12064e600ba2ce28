//! `axum_session` and its Redis pool, as their examples have it.
//!
//! It keeps each session in the memory of the process too, for an hour, and asks Redis only for those that are not there;
//! what another process ends goes on in this one.

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use axum_session::{Session, SessionConfig, SessionLayer, SessionStore};
use axum_session_redispool::SessionRedisPool;
use contest::{Profile, SignIn};
use redis_pool::RedisPool;

type Sessions = Session<SessionRedisPool>;

async fn login(session: Sessions, Json(form): Json<SignIn>) -> Result<Json<Profile>, StatusCode> {
    let profile = form.check().ok_or(StatusCode::UNAUTHORIZED)?;
    session.renew();
    session.set("user", &profile);
    Ok(Json(profile))
}

async fn refresh(session: Sessions) -> Result<StatusCode, StatusCode> {
    session.get::<Profile>("user").ok_or(StatusCode::UNAUTHORIZED)?;
    session.renew();
    Ok(StatusCode::NO_CONTENT)
}

async fn me(session: Sessions) -> Result<Json<Profile>, StatusCode> {
    Ok(Json(session.get("user").ok_or(StatusCode::UNAUTHORIZED)?))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> contest::Outcome {
    let client = redis::Client::open(contest::redis_url())?;
    let pool = SessionRedisPool::from(RedisPool::from(client));
    let store = SessionStore::new(Some(pool), SessionConfig::default().with_secure(true)).await?;
    let routes = Router::new()
        .route("/me", get(me))
        .route("/login", post(login))
        .route("/refresh", post(refresh))
        .layer(SessionLayer::new(store));
    contest::serve(routes).await
}
