//! Two users, Argon2id, sessions in Redis, a JSON login, a logout and a page for who is signed in.

use std::{error::Error, sync::Arc};

use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service, password::Passwords};
use auth_redis::RedisStore;
use axum::{
    Router,
    extract::{FromRef, State},
    routing::get,
};
use serde::Deserialize;

#[auth_service("auth.cookies.redis")]
#[derive(Clone)]
struct User {
    #[auth(id)]
    id: u32,
    email: String,
    #[auth(skip)]
    password_hash: String,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    async fn login(form: SignIn, State(app): State<App>) -> Result<Self, LoginError> {
        let user = app.users.iter().find(|user| user.email == form.email);
        let hash = user.map(|user| user.password_hash.as_str());
        let matches = app.passwords.verify(hash, &form.password).await?;
        user.filter(|_| matches.is_yes()).cloned().ok_or(LoginError::InvalidCredentials)
    }
}

#[derive(Clone, FromRef)]
struct App {
    auth: Auth<User>,
    users: Arc<[User]>,
    passwords: Passwords,
}

async fn me(user: Authenticated<User>) -> String {
    format!("You are {}, user {}.\n", user.email, user.id)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let passwords = Passwords::new();
    let mut users = Vec::new();
    for (id, email) in [(1, "ann@example.com"), (2, "bob@example.com")] {
        let password_hash = passwords.hash(&Secret::from("open sesame".to_owned())).await?;
        users.push(User { id, email: email.to_owned(), password_hash });
    }
    let auth = Auth::new(RedisStore::connect("redis://127.0.0.1").await?);
    let app = App { auth, users: users.into(), passwords };
    let routes = Router::new().merge(User::auth_routes()).route("/me", get(me)).with_state(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, routes).await?)
}
