//! Session authentication for [axum](https://docs.rs/axum), generated at compile time.
//!
//! Annotate an entity, write the one method that only you can write (are these credentials right?), and get login,
//! logout, refresh and session endpoints, extractors, and a hardened session store.
//!
//! ```
//! use auth_core::{
//!     Auth, Authenticated, Credentials, LoginError, MemoryStore, Secret, auth_service,
//! };
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
//!         .merge(User::auth_routes()) // POST /user/login, /user/logout, …
//!         .route("/orders", get(orders))
//!         .with_state(Auth::<User>::new(MemoryStore::new()))
//! }
//! ```
//!
//! The session is a cookie that no script reads; its secret is kept nowhere, a keyed digest of it in the store. An
//! authenticated request costs one command of the store. When the store is away, requests that need a session are answered
//! with 503: nobody is let in, and nobody is taken for anonymous.
//!
//! # Where to go on
//!
//! | to | read |
//! | --- | --- |
//! | learn it | the [`guide`], from a first login to Redis in production |
//! | look something up | [`macro@auth_service`], [`macro@expose_endpoint`], [`macro@expose_response`], [`derive@Credentials`]: the grammar of each macro |
//! | mend a compile error | [`compile_errors`]: what the macros refuse, and what to write instead |
//! | write handlers | [`Authenticated`], [`Session`], [`Fresh`], the extractors; [`Problem`], what clients see |
//! | set something | [`Auth`], the handle that a program keeps in its state; [`Policy`], lifetimes and limits |
//! | know what is promised | [`guide::security`], with the test that shows each row |
//! | keep sessions elsewhere | [`store`]; [`MemoryStore`] is in this process, the crate `auth-redis` has Redis |
//!
//! # Features
//!
//! | feature | what it brings |
//! | --- | --- |
//! | `schema`, on unless turned off | entities and their options in a `schema.yaml`, read while compiling |
//! | `password` | `password`: Argon2id hashes in a bounded pool |
//! | `sealed` | `Auth::sealed`: what sessions carry is encrypted |
//! | `openapi` | `User::openapi()`, `auth_openapi!`: the endpoints as an OpenAPI 3.1 document |
//! | `metrics` | [`events`] are counted with the `metrics` facade |
//! | `testing` | `testing`: sessions without credentials, a client for a `Router`, a clock that can be moved, a store that fails; for `dev-dependencies` |
//! | `testing-in-release` | the same for tests and benches that run in release |

#![cfg_attr(docsrs, feature(doc_cfg))]

// What `#[auth_service]` writes names this crate as `::auth_core`.
extern crate self as auth_core;

mod auth;
pub mod compile_errors;
pub mod contract;
mod entity;
pub mod events;
// Its blocks need Redis and more: they are doc tests of the package `auth-tests`.
#[cfg(all(doc, not(doctest)))]
pub mod guide;
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
mod task;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;

#[doc(hidden)]
pub mod __private;

/// Makes a struct what a client sends to sign in: the first argument of `login`.
///
/// What it refuses has its remedy in [`compile_errors`](compile_errors#derivecredentials).
///
pub use auth_macros::Credentials;
/// The OpenAPI document of all entities that a schema declares. Needs the feature `openapi`.
///
/// ```
/// # use auth_core::{Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};
/// # #[auth_service(schema = "docs/schema.yaml")]
/// # struct Customer { #[auth(id)] id: u64, email: String }
/// # #[auth_service(schema = "docs/schema.yaml")]
/// # impl Customer {
/// #     async fn login(form: SignIn) -> Result<Self, LoginError> { Err(LoginError::InvalidCredentials) }
/// #     #[expose_endpoint(get, "/me")]
/// #     async fn me(customer: Authenticated<Self>) -> Profile { Profile { email: customer.email.clone() } }
/// # }
/// # #[expose_response]
/// # struct Profile { email: String }
/// # #[auth_service(schema = "docs/schema.yaml")]
/// # struct Supplier { #[auth(id)] id: u32 }
/// # #[auth_service(schema = "docs/schema.yaml")]
/// # impl Supplier {
/// #     async fn login(form: SignIn) -> Result<Self, LoginError> { Err(LoginError::InvalidCredentials) }
/// # }
/// # #[derive(serde::Deserialize, Credentials)]
/// # struct SignIn { #[auth(identifier)] email: String, #[auth(secret)] password: Secret }
/// use auth_core::openapi::utoipa::openapi::{Info, OpenApi, Paths};
///
/// let mut document = OpenApi::new(Info::new("Orders", "1.0.0"), Paths::new()); // the program's own
/// document.merge(auth_core::auth_openapi!("docs/schema.yaml"));
/// assert!(document.paths.paths.contains_key("/api/supplier/login"));
/// ```
///
#[cfg(feature = "openapi")]
pub use auth_macros::auth_openapi;
/// The routes of all entities that a schema declares, for the program's router. Needs the feature `schema`, which is on
/// unless turned off; see [`guide::schema`].
///
pub use auth_macros::auth_router;
/// Makes a struct an entity that can sign in, and its impl block the entity's endpoints.
///
/// [`guide::first_login`] is a whole program, [`guide::contract`] what a block can hold, [`guide::sessions`] what the
/// lifetimes mean. Settings of the running program are at [`Auth`]. What it refuses has its remedy in [`compile_errors`],
/// for [a struct](compile_errors#auth_service-on-a-struct), for [an impl block](compile_errors#auth_service-on-an-impl-block)
/// and for [a schema](compile_errors#schemayaml-and-the-routes-of-what-it-declares).
///
pub use auth_macros::auth_service;
/// Makes a method of an entity an endpoint.
///
/// [`guide::contract`] has it at work. What it refuses has its remedy in
/// [`compile_errors`](compile_errors#expose_endpoint).
///
pub use auth_macros::expose_endpoint;
/// Makes a struct a response model.
///
/// What it refuses has its remedy in [`compile_errors`](compile_errors#expose_response).
///
pub use auth_macros::expose_response;

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
