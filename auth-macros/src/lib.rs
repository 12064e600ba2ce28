//! The macros of auth-core, which re-exports them: use that crate.
//!
//! Each of them goes through the same steps. `args.rs` and `item.rs` read what is written and note what cannot be
//! read; `validate.rs` makes of it the one value that `expand.rs` takes, or notes what is wrong; expanding cannot
//! fail. On any mistake the item is emitted all the same, with stand-ins for what it would have got, so that one
//! mistake is one error.

mod auth_service;
mod contract;
mod credentials;
mod diagnostics;
mod expose_endpoint;
mod expose_response;
mod fallback;
mod options;
mod paths;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use paths::Crates;

/// Makes a struct an entity that can sign in, and its impl block the entity's endpoints.
///
/// # On a struct
///
/// The first argument is the id of a service, `auth.<transport>.<store>`: `"auth.cookies.redis"`, which needs the crate
/// `auth-redis`, or `"auth.cookies.memory"`. Options follow:
///
/// | option | value | default | refused |
/// | --- | --- | --- | --- |
/// | `name` | the entity's name in the store | the struct's in `snake_case` | all but `a`-`z`, `0`-`9`, `_` |
/// | `path` | where its endpoints are | `/` and the name | a `/` at the end, parameters, a query |
/// | `cookie` | the cookie's name, without `__Host-` | the name | what is no token of RFC 6265 |
/// | `idle` | how long a session lives unused | `"30m"` | less than a second, more than `absolute` |
/// | `absolute` | how long it lives at most | `"24h"` | less than a second, more than 400 days |
/// | `max_sessions` | how many a principal has; then the oldest ends | `100` | 0, more than 100 |
///
/// A duration is a number and a unit: `30s`, `15m`, `12h`, `7d`.
///
/// The struct has named fields and no generics. They are marked:
///
/// - `#[auth(id)]`, on exactly one: the principal's id, a `Uuid`, an integer, a `String`, or a type with `PrincipalId`.
/// - `#[auth(skip)]`: not kept in sessions; filled by `Default` on each request.
/// - `#[auth(keep)]`: kept, though its name or type says that it is a secret.
///
/// The struct gets `AuthEntity`, and an associated function `auth_routes()` for the program's router. Without
/// `authenticate`, each session carries the fields, so their types must be `Serialize` and `DeserializeOwned`, and
/// one that is named like a secret (`password`, `hash`, `token`, …) must be marked. With it, nothing is asked of them.
///
/// # On the entity's `impl` block
///
/// One block per entity, without options. It has these methods, each an async function without `self`, whose
/// arguments are axum extractors:
///
/// | method | signature | what it does |
/// | --- | --- | --- |
/// | `login` | `(form: SignIn, …) -> Result<Self, E>` | checks credentials: required |
/// | `authenticate` | `(session: Session<Self>, …) -> Result<Option<Self>, E>` | reloads the entity on each request; `None` ends the session |
/// | `logout` | `(…) -> Result<(), E>`, or nothing | is told that a session has ended |
/// | `refresh` | `(…) -> Result<(), E>`, or nothing | is told that a session is renewed |
///
/// `E` of `login` is `LoginError`, or a type with `IntoLoginError`. Other methods are endpoints where they have
/// `#[expose_endpoint]`, and are left alone otherwise.
///
/// The endpoints, below the entity's path: `POST /login`, `POST /logout`, `POST /refresh`, `GET /session`, and
/// those of its own.
///
/// # Example
///
/// ```
/// use auth_core::{Auth, Credentials, LoginError, Secret, auth_service};
/// use serde::Deserialize;
///
/// #[auth_service("auth.cookies.memory", idle = "15m", absolute = "12h")]
/// pub struct User {
///     #[auth(id)]
///     id: u64,
///     email: String,
///     #[auth(skip)]
///     password_hash: String,
/// }
///
/// #[derive(Deserialize, Credentials)]
/// struct SignIn {
///     #[auth(identifier)]
///     email: String,
///     #[auth(secret)]
///     password: Secret,
/// }
///
/// #[auth_service]
/// impl User {
///     async fn login(form: SignIn) -> Result<Self, LoginError> {
///         if form.password.expose() != "open sesame" {
///             return Err(LoginError::InvalidCredentials);
///         }
///         Ok(User { id: 1, email: form.email, password_hash: String::new() })
///     }
/// }
///
/// let app: axum::Router = User::auth_routes().with_state(Auth::<User>::in_memory());
/// ```
#[proc_macro_attribute]
pub fn auth_service(attr: TokenStream, item: TokenStream) -> TokenStream {
    auth_service::run(attr.into(), item.into(), Crates::OF_CARGO).into()
}

/// Makes a method of an entity an endpoint: `#[expose_endpoint(METHOD, "/path", option = value, …)]`.
///
/// It is a marker that `#[auth_service]` on the impl block reads; elsewhere it does not compile.
///
/// METHOD is `get`, `post`, `put`, `patch` or `delete`. The path is below the entity's, and written as axum has it:
/// `/orders/{id}`, `/files/{*rest}`.
///
/// | option | value | default | refused |
/// | --- | --- | --- | --- |
/// | `response` | the response model that is answered | none: 204 No Content | what is no `#[expose_response]` for this endpoint |
/// | `require` | the path of a `fn(&Entity) -> bool`; 403 where it is false | everyone | on `login`, `logout`, `refresh` |
/// | `fresh` | how long ago credentials were checked at most; 401 otherwise | any time | on `login`, `logout`, `refresh` |
/// | `status` | the status when all went well, 200 to 299 | `200` | 204 with a `response`, others without |
///
/// With `response = T` the method returns `T`, `Json<T>`, or a `Result` of one of them whose error has axum's
/// `IntoResponse`; without it, nothing or a `Result<(), _>`. With `require` or `fresh` a client that is not signed in is
/// refused with 401 before the method is called. The last argument may take the body. The method may be async or not.
///
/// On `login`, `logout` and `refresh` the method is `post`, and the library fills the response model.
///
/// ```
/// # use auth_core::{Credentials, LoginError, auth_service};
/// # #[auth_service("auth.cookies.memory")]
/// # pub struct User { #[auth(id)] id: u64, email: String, admin: bool }
/// # #[derive(serde::Deserialize, Credentials)]
/// # struct SignIn { #[auth(identifier)] email: String }
/// use auth_core::{Authenticated, expose_response};
///
/// #[auth_service]
/// impl User {
/// #   async fn login(form: SignIn) -> Result<Self, LoginError> { Err(LoginError::InvalidCredentials) }
///     /// The signed-in user's own profile.
///     #[expose_endpoint(get, "/me", response = Profile)]
///     async fn me(user: Authenticated<Self>) -> Profile {
///         Profile { email: user.email.clone() }
///     }
///
///     /// Ends all that was ordered.
///     #[expose_endpoint(delete, "/orders", require = is_admin, fresh = "5m")]
///     async fn cancel_orders() {}
/// }
///
/// fn is_admin(user: &User) -> bool {
///     user.admin
/// }
///
/// #[expose_response]
/// struct Profile {
///     email: String,
/// }
/// ```
#[proc_macro_attribute]
pub fn expose_endpoint(_: TokenStream, item: TokenStream) -> TokenStream {
    expose_endpoint::run(&item.into()).into()
}

/// Makes a struct a response model: it lists what may leave, and nothing else does.
///
/// | written | fits | its fields come from |
/// | --- | --- | --- |
/// | `#[expose_response(User::login)]`, `(User::refresh)` | that endpoint | the session or the entity |
/// | `#[expose_response(User::logout)]` | that endpoint | the session; no entity is loaded |
/// | `#[expose_response(User::me)]`, any exposed method | that endpoint | the method |
/// | `#[expose_response]` | any exposed method | the method |
///
/// `response = Welcome` in the endpoint's `#[expose_endpoint]` puts it to use.
///
/// A field that the library fills has the name and the type of one of the session (`session_id`, `created_at`,
/// `authenticated_at`, `expires_at`, `idle_expires_at`), or else of one of the entity. Where both have the name,
/// `#[expose(from = session)]` or `#[expose(from = entity)]` says which.
///
/// The struct has named fields and no generics, and gets serde's `Serialize`: do not derive it. Attributes of serde
/// work as ever; an `OffsetDateTime` becomes RFC 3339. A field that is named like a secret, or is a `Secret`, is refused
/// unless it is marked `#[expose(keep)]`.
///
/// ```
/// # use auth_core::{Credentials, LoginError, auth_service};
/// # #[auth_service("auth.cookies.memory")]
/// # pub struct User { #[auth(id)] id: u64, email: String }
/// # #[derive(serde::Deserialize, Credentials)]
/// # struct SignIn { #[auth(identifier)] email: String }
/// # #[auth_service]
/// # impl User {
/// #   #[expose_endpoint(post, "/login", response = Welcome)]
/// #   async fn login(form: SignIn) -> Result<Self, LoginError> { Err(LoginError::InvalidCredentials) }
/// # }
/// use auth_core::expose_response;
/// use time::OffsetDateTime;
///
/// #[expose_response(User::login)]
/// pub struct Welcome {
///     email: String,
///     expires_at: OffsetDateTime,
/// }
/// ```
#[proc_macro_attribute]
pub fn expose_response(attr: TokenStream, item: TokenStream) -> TokenStream {
    expose_response::run(&attr.into(), item.into(), Crates::OF_CARGO).into()
}

/// Makes a struct what a client sends to sign in: the first argument of `login`.
///
/// - `#[auth(identifier)]`, on exactly one field: who the client says it is, a `String`, an integer or a `Uuid`. Logins
///   are counted by it.
/// - `#[auth(secret)]`: a `Secret` or an `Option<Secret>`.
/// - `#[auth(plain)]`: neither, though its name says that it is a secret (`password`, `token`, `pin`, `code`, …).
///
/// The struct has named fields and no generics, and derives serde's `Deserialize` too.
///
/// ```
/// use auth_core::{Credentials, Secret};
/// use serde::Deserialize;
///
/// #[derive(Deserialize, Credentials)]
/// struct SignIn {
///     #[auth(identifier)]
///     email: String,
///     #[auth(secret)]
///     password: Secret,
/// }
///
/// let form = SignIn { email: "ann@example.com".to_owned(), password: Secret::from("open sesame".to_owned()) };
/// assert_eq!(form.identifier(), "ann@example.com");
/// ```
#[proc_macro_derive(Credentials, attributes(auth))]
pub fn credentials(item: TokenStream) -> TokenStream {
    credentials::run(item.into(), Crates::OF_CARGO).into()
}
