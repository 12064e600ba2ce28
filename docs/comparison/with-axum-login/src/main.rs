//! The same program with axum-login and tower-sessions, as their READMEs would have it.

use std::{error::Error, sync::Arc};

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use axum_login::{
    AuthManagerLayerBuilder, AuthUser, AuthnBackend, UserId, login_required,
    tower_sessions::{Expiry, SessionManagerLayer},
};
use serde::Deserialize;
use time::Duration;
use tokio::task::{JoinError, spawn_blocking};
use tower_sessions_redis_store::{RedisStore, fred::prelude::*};

#[derive(Clone)]
struct User {
    id: u32,
    email: String,
    password_hash: String,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

impl AuthUser for User {
    type Id = u32;

    fn id(&self) -> u32 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.password_hash.as_bytes()
    }
}

#[derive(Clone, Deserialize)]
struct SignIn {
    email: String,
    password: String,
}

#[derive(Clone)]
struct Backend {
    users: Arc<[User]>,
}

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = SignIn;
    type Error = JoinError;

    async fn authenticate(&self, form: SignIn) -> Result<Option<User>, JoinError> {
        let user = self.users.iter().find(|user| user.email == form.email).cloned();
        spawn_blocking(move || {
            user.filter(|user| password_auth::verify_password(form.password, &user.password_hash).is_ok())
        })
        .await
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, JoinError> {
        Ok(self.users.iter().find(|user| user.id == *id).cloned())
    }
}

type AuthSession = axum_login::AuthSession<Backend>;

async fn login(mut auth: AuthSession, Json(form): Json<SignIn>) -> Result<StatusCode, StatusCode> {
    let user = match auth.authenticate(form).await {
        Ok(Some(user)) => user,
        Ok(None) => return Err(StatusCode::UNAUTHORIZED),
        Err(_) => return Err(StatusCode::INTERNAL_SERVER_ERROR),
    };
    match auth.login(&user).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

async fn logout(mut auth: AuthSession) -> StatusCode {
    match auth.logout().await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn me(auth: AuthSession) -> Result<String, StatusCode> {
    let user = auth.user.ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(format!("You are {}, user {}.\n", user.email, user.id))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut users = Vec::new();
    for (id, email) in [(1, "ann@example.com"), (2, "bob@example.com")] {
        let password_hash = password_auth::generate_hash("open sesame");
        users.push(User { id, email: email.to_owned(), password_hash });
    }
    let pool = Pool::new(Config::default(), None, None, None, 6)?;
    pool.connect();
    pool.wait_for_connect().await?;
    let sessions = SessionManagerLayer::new(RedisStore::new(pool))
        .with_secure(true)
        .with_expiry(Expiry::OnInactivity(Duration::minutes(30)));
    let auth = AuthManagerLayerBuilder::new(Backend { users: users.into() }, sessions).build();
    let routes = Router::new()
        .route("/me", get(me))
        .route_layer(login_required!(Backend))
        .route("/user/login", post(login))
        .route("/user/logout", post(logout))
        .layer(auth);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, routes).await?)
}
