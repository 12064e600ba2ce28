//! Sign in with a session cookie, with the sessions in `sessions.db`: they are there after a restart too.
#![allow(clippy::print_stdout)] // it talks to whoever runs it

use std::error::Error;

use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service};
use axum::routing::get;
use custom_store::SqliteStore;
use serde::Deserialize;

/// Someone who signs in.
#[auth_service("auth.cookies.sqlite", service = custom_store::CookiesSqlite)]
struct User {
    #[auth(id)]
    email: String,
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
    /// Lets everybody in who knows the word: a program of yours asks its users' table.
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        match form.password.expose() {
            "open sesame" => Ok(User { email: form.email }),
            _ => Err(LoginError::InvalidCredentials),
        }
    }
}

async fn me(user: Authenticated<User>) -> String {
    format!("You are {}.\n", user.email)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let auth = Auth::<User>::new(SqliteStore::open("sessions.db")?);
    let app = User::auth_routes().route("/me", get(me)).with_state(auth);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!(
        r#"Try, and start it again in between:

  curl -i -c jar -H 'content-type: application/json' \
    -d '{{"email":"ann@example.com","password":"open sesame"}}' localhost:3000/user/login
  curl -b jar localhost:3000/me
  curl -b jar -c jar -X POST -i localhost:3000/user/logout"#
    );
    Ok(axum::serve(listener, app).await?)
}
