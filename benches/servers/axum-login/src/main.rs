//! axum-login, tower-sessions and its Redis store, as their READMEs have it.
//!
//! In their favour: the user is made from its id, where a program asks its database for it at each request.

use std::convert::Infallible;

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use axum_login::{
    AuthManagerLayerBuilder, AuthUser, AuthnBackend, UserId, login_required,
    tower_sessions::{Expiry, SessionManagerLayer},
};
use contest::{IDLE_SECONDS, Profile, SignIn};
use time::Duration;
use tower_sessions_redis_store::{RedisStore, fred::prelude::*};

#[derive(Clone, Debug)]
struct User(Profile);

impl AuthUser for User {
    type Id = u64;

    fn id(&self) -> u64 {
        self.0.id
    }

    /// As long as a short password hash.
    fn session_auth_hash(&self) -> &[u8] {
        b"0123456789abcdef0123456789abcdef"
    }
}

#[derive(Clone)]
struct Backend;

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = SignIn;
    type Error = Infallible;

    async fn authenticate(&self, form: SignIn) -> Result<Option<User>, Infallible> {
        Ok(form.check().map(User))
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, Infallible> {
        Ok(Some(User(Profile::of(*id))))
    }
}

type AuthSession = axum_login::AuthSession<Backend>;

async fn login(mut auth: AuthSession, Json(form): Json<SignIn>) -> Result<Json<Profile>, StatusCode> {
    let user = auth.authenticate(form).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let user = user.ok_or(StatusCode::UNAUTHORIZED)?;
    auth.login(&user).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(user.0))
}

async fn refresh(auth: AuthSession) -> Result<StatusCode, StatusCode> {
    auth.session.cycle_id().await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me(auth: AuthSession) -> Result<Json<Profile>, StatusCode> {
    Ok(Json(auth.user.ok_or(StatusCode::UNAUTHORIZED)?.0))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> contest::Outcome {
    // One connection carries all that one core asks; more would cost more.
    let pool = Pool::new(Config::from_url(&contest::redis_url())?, None, None, None, 1)?;
    pool.connect();
    pool.wait_for_connect().await?;
    let sessions = SessionManagerLayer::new(RedisStore::new(pool))
        .with_secure(true)
        .with_expiry(Expiry::OnInactivity(Duration::seconds(IDLE_SECONDS)));
    let auth = AuthManagerLayerBuilder::new(Backend, sessions).build();
    let routes = Router::new()
        .route("/me", get(me))
        .route("/refresh", post(refresh))
        .route_layer(login_required!(Backend))
        .route("/login", post(login))
        .layer(auth);
    contest::serve(routes).await
}
