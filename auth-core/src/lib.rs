//! Session authentication for [axum](https://docs.rs/axum), generated at compile time.
//!
//! Annotate an entity, write the one method that only you can write (are these credentials right?), and get login,
//! logout, refresh and session endpoints, extractors, and a hardened session store.
//!
//! ```
//! use auth_core::{Auth, Authenticated, Credentials, LoginError, MemoryStore, Secret, auth_service};
//! use axum::{Router, routing::get};
//! use serde::Deserialize;
//!
//! #[auth_service("auth.cookies.memory")]
//! struct User {
//!     #[auth(id)]
//!     id: u64,
//!     email: String,
//! }
//!
//! #[derive(Deserialize, Credentials)]
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
//! async fn orders(user: Authenticated<User>) -> String {
//!     format!("the orders of {}", user.email)
//! }
//!
//! fn program() -> Router {
//!     Router::new()
//!         .merge(User::auth_routes()) // POST /user/login, /user/logout, /user/refresh, GET /user/session
//!         .route("/orders", get(orders))
//!         .with_state(Auth::<User>::new(MemoryStore::new()))
//! }
//! ```
//!
//! # Where to go on
//!
//! - [`macro@auth_service`] is the whole grammar of the attribute; [`contract`] what an entity must provide.
//! - [`Authenticated`] and [`Session`] are the extractors, [`Auth`] the handle that a program keeps in its state.
//! - [`Policy`] has the lifetimes and limits, [`session::lifecycle`] the rules of refresh.
//! - [`store`] is what a store must do. The crate `auth-redis` keeps sessions in Redis; [`MemoryStore`] in this process.
//! - [`cross_origin`] says which requests of other origins' pages are refused, [`csrf`] who needs a token in forms.
//! - [`Problem`] is what clients see when something is refused.
//! - [`compile_errors`] lists what the macros refuse, and what to write instead.
//!
//! # Features
//!
//! - `schema`, on unless turned off: entities and their options in a `schema.yaml`, read while compiling.
//! - `openapi`: the endpoints as an OpenAPI document, `User::openapi()`.
//! - `password`: Argon2id password hashing in a bounded pool.
//! - `testing`: sessions without credentials, a client for a `Router`, a clock that can be moved, a store that fails, for a
//!   program's own tests; `testing-in-release` for those that run in release.

// What `#[auth_service]` writes names this crate as `::auth_core`.
extern crate self as auth_core;

mod auth;
pub mod compile_errors;
pub mod contract;
mod entity;
pub mod events;
mod http;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "password")]
pub mod password;
mod policy;
mod response;
mod secret;
mod service;
pub mod session;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;

#[doc(hidden)]
pub mod __private;

#[cfg(feature = "openapi")]
pub use auth_macros::auth_openapi;
pub use auth_macros::{Credentials, auth_router, auth_service, expose_endpoint, expose_response};

pub use auth::{Auth, ListedSession};
pub use contract::{Credentials, IntoLoginError, LoginError};
pub use entity::{AuthEntity, EntitySpec, PrincipalId};
pub use http::{
    client::{ClientAddress, InvalidNetwork, TrustedProxies},
    cross_origin::{self, AllowedOrigins, CrossOriginLayer, InvalidOrigin},
    csrf::{self, CsrfLayer, CsrfToken},
    extract::{Authenticated, Fresh},
    problem::{Problem, ProblemType},
};
pub use policy::{InvalidPolicy, Policy, SessionLimit, WhenFull};
pub use response::{LoginResponse, LogoutResponse, RefreshResponse};
pub use secret::Secret;
pub use service::{BearerMemory, CookiesMemory, ProvidesAuth, Service, Transports};
pub use session::{Ended, InvalidServerKey, ServerKey, Session, SessionInfo};
pub use store::{MemoryStore, SessionStore};
