//! What a program's own tests need. Needs the feature `testing`, for the `dev-dependencies` of a program:
//!
//! ```toml
//! [dev-dependencies]
//! auth-core = { version = "0.1", features = ["testing"] }
//! ```
//!
//! - [`Auth::sign_in_as`](crate::Auth::sign_in_as) opens a session without credentials, and gives the cookie.
//! - [`TestClient`] calls a `Router` without a socket, and keeps cookies as a browser does.
//! - [`ManualClock`] is a clock that is moved, [`Spy`] a store that counts what it is asked, and fails when it is told to.
//! - [`Auth::testing`](crate::Auth::testing) takes any store, whatever the entity's service says.
//!
//! ```
//! use std::time::Duration;
//!
//! use auth_core::testing::{ManualClock, Operation, Spy, TestClient};
//! use auth_core::{Auth, Authenticated, Credentials, LoginError, MemoryStore, Secret, auth_service};
//! use axum::{Router, routing::get};
//! use serde_json::json;
//!
//! // The program.
//!
//! #[auth_service("auth.cookies.memory")]
//! struct User {
//!     #[auth(id)]
//!     id: u64,
//!     email: String,
//! }
//!
//! #[derive(serde::Deserialize, Credentials)]
//! struct SignIn {
//!     #[auth(identifier)]
//!     email: String,
//!     #[auth(secret)]
//!     password: Secret,
//! }
//!
//! #[auth_service]
//! impl User {
//!     async fn login(form: SignIn) -> Result<Self, LoginError> {
//!         match form.password.expose() {
//!             "open sesame" => Ok(User { id: 7, email: form.email }), // ask your database
//!             _ => Err(LoginError::InvalidCredentials),
//!         }
//!     }
//! }
//!
//! fn routes(auth: Auth<User>) -> Router {
//!     let orders = async |user: Authenticated<User>| format!("the orders of {}", user.email);
//!     Router::new().merge(User::auth_routes()).route("/orders", get(orders)).with_state(auth)
//! }
//!
//! // Its tests: each is a `#[tokio::test]`.
//!
//! async fn whoever_is_signed_in_sees_their_orders() {
//!     let auth = Auth::<User>::in_memory();
//!     let mut client = TestClient::new(routes(auth.clone()));
//!     assert_eq!(client.get("/orders").await.status, 401);
//!
//!     let ann = User { id: 7, email: "ann@example.com".to_owned() };
//!     client.sign_in(&auth, &ann).await.unwrap();
//!     assert_eq!(client.get("/orders").await.text(), "the orders of ann@example.com");
//! }
//!
//! async fn a_session_ends_when_nobody_uses_it() {
//!     let clock = ManualClock::default();
//!     let mut client = TestClient::new(routes(Auth::testing(MemoryStore::with_clock(clock.clone()))));
//!     let form = json!({ "email": "ann@example.com", "password": "open sesame" });
//!     assert_eq!(client.post_json("/user/login", &form).await.status, 200);
//!
//!     clock.advance(Duration::from_mins(31));
//!     assert_eq!(client.get("/orders").await.status, 401);
//! }
//!
//! async fn nobody_is_taken_for_anonymous_while_the_store_is_away() {
//!     let spy = Spy::on(MemoryStore::new());
//!     let auth = Auth::<User>::testing(spy.clone());
//!     let mut client = TestClient::new(routes(auth.clone()));
//!     client.sign_in(&auth, &User { id: 7, email: "ann@example.com".to_owned() }).await.unwrap();
//!
//!     spy.fail(Operation::Read);
//!     let answer = client.get("/orders").await;
//!     assert_eq!(answer.status, 503);
//!     assert_eq!(answer.problem().as_deref(), Some("unavailable"));
//!     spy.recover();
//!     assert_eq!(client.get("/orders").await.status, 200);
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! #     whoever_is_signed_in_sees_their_orders().await;
//! #     a_session_ends_when_nobody_uses_it().await;
//! #     nobody_is_taken_for_anonymous_while_the_store_is_away().await;
//! # }
//! ```
//!
//! # Not in a release build
//!
//! [`Auth::sign_in_as`](crate::Auth::sign_in_as) lets anybody in, so a build without debug assertions refuses the feature
//! with a compile error (ASVS 5.0, 15.2.3): `cargo build --release` of a program that has it in its `dependencies` by
//! mistake does not compile. Tests and benches of a release profile ask for `testing-in-release` instead, in the
//! `dev-dependencies` only.

#[cfg(not(any(debug_assertions, feature = "testing-in-release")))]
compile_error!(
    "the feature `testing` of auth-core is in a release build, where it would let anybody sign in: ask for it in the \
     `dev-dependencies` only; for tests and benches that run in release, ask there for `testing-in-release`"
);

mod client;
mod clock;
#[doc(hidden)]
pub mod fuzz;
mod jar;
#[doc(hidden)]
pub mod path;
mod sign_in;
mod spy;
mod steps;

pub use client::{TestAnswer, TestClient};
pub use clock::ManualClock;
pub use spy::{Counts, Operation, Spy};
#[doc(hidden)]
pub use steps::{Begun, Refresh, Steps};
