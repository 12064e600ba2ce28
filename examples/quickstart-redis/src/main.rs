//! Sign in with a session cookie. Run it, and try what it prints.
#![allow(clippy::print_stdout)] // it talks to whoever runs it

use std::{env, error::Error, sync::Arc};

use auth_core::password::Passwords;
use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service};
use axum::extract::{FromRef, State};
use axum::{response::Html, routing::get};
use serde::Deserialize;

/// Someone who signs in.
#[auth_service("auth.cookies.redis")]
#[derive(Clone)]
struct User {
    #[auth(id)]
    id: u32,
    email: String,
    #[auth(skip)] // stays out of the session
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
    /// Checks an e-mail address and a password: the one method that only you can write.
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
    tracing_subscriber::fmt::init();
    let passwords = Passwords::new();
    let mut users = Vec::new();
    for (id, email) in [(1, "ann@example.com".into()), (2, "bob@example.com".into())] {
        let password_hash = passwords.hash(&"open sesame".into()).await?;
        users.push(User { id, email, password_hash });
    }
    let auth = Auth::new(auth_redis::RedisStore::from_env().await?);
    let app = App { auth, users: users.into(), passwords };
    let routes = User::auth_routes().route("/", get(async || Html(PAGE))).route("/me", get(me));
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!(
        r#"Open http://localhost:{port} in a browser, or try:

  curl -i -c jar -H 'content-type: application/json' \
    -d '{{"email":"ann@example.com","password":"open sesame"}}' localhost:{port}/user/login
  curl -b jar localhost:{port}/me
  curl -b jar -c jar -X POST localhost:{port}/user/refresh
  curl -b jar -c jar -X POST -i localhost:{port}/user/logout"#
    );
    Ok(axum::serve(listener, routes.with_state(app)).await?)
}

const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><title>Quickstart</title>
<form><label>E-mail <input name="email" type="email" autocomplete="username" value="ann@example.com" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button> <button type="button">Sign out</button> <output></output></form><script>
const [form, output] = [document.forms[0], document.querySelector("output")];
const me = async () => output.value = (await fetch("/me")).ok ? await (await fetch("/me")).text() : "Nobody is signed in.";
const post = async (path, body) => {
  const answer = await fetch("/user/" + path, { method: "POST", headers: { "content-type": "application/json" }, body });
  if (answer.ok) me(); else output.value = (await answer.json()).title;
};
form.onsubmit = event => { event.preventDefault(); post("login", JSON.stringify(Object.fromEntries(new FormData(form)))); };
form.elements[3].onclick = () => post("logout"); me();</script>"#;
