//! What all contestants share: the user, a credential check that costs nothing, and how they listen.

use std::{
    env,
    error::Error,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
};

use axum::{Router, serve::ListenerExt};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// How long a session lives unused.
pub const IDLE_SECONDS: i64 = 1800;

pub type Outcome = Result<(), Box<dyn Error>>;

/// What `/me` and a login answer, and what a session carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Profile {
    pub id: u64,
    pub email: String,
}

impl Profile {
    pub fn of(id: u64) -> Self {
        Profile { id, email: format!("user{id}@example.com") }
    }
}

#[derive(Clone, Deserialize)]
pub struct SignIn {
    pub email: String,
    pub password: String,
}

impl SignIn {
    pub fn check(&self) -> Option<Profile> {
        check(&self.email, &self.password)
    }
}

/// Whose credentials these are. A password hash would take a thousand times what is measured.
pub fn check(email: &str, password: &str) -> Option<Profile> {
    let id = email.strip_prefix("user")?.strip_suffix("@example.com")?.parse().ok()?;
    (password == "open sesame").then(|| Profile { id, email: email.to_owned() })
}

/// 256 bits that nobody guesses.
///
/// # Panics
///
/// Where the operating system has no randomness.
pub fn token() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap_or_else(|error| panic!("no randomness: {error}"));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Where the sessions are; each contestant has a database of its own.
pub fn redis_url() -> String {
    env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1".to_owned())
}

/// Listens on a free port, and says on which.
pub fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    writeln!(io::stdout(), "{}", listener.local_addr()?.port())?;
    Ok(listener)
}

/// Serves until the process is ended.
pub async fn serve(routes: Router) -> Outcome {
    let listener = tokio::net::TcpListener::from_std(listen()?)?;
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
    axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
