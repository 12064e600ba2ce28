//! The macros of auth-core, which re-exports them: use that crate.
//!
//! Each of them goes through the same steps. `args.rs` and `item.rs` read what is written and note what cannot be
//! read; `validate.rs` makes of it the one value that `expand.rs` takes, or notes what is wrong; expanding cannot
//! fail. On any mistake the item is emitted all the same, with stand-ins for what it would have got, so that one
//! mistake is one error.

mod auth_router;
mod auth_service;
mod contract;
mod credentials;
mod diagnostics;
mod expose_endpoint;
mod expose_response;
mod fallback;
mod openapi;
mod options;
mod paths;
mod schema;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use paths::Crates;
use schema::Schemas;

/// Makes a struct an entity that can sign in, and its impl block the entity's endpoints.
///
/// # On a struct
///
/// The first argument is the id of a service, `auth.<transport>.<store>`. It may be left out where a [schema](#schemayaml)
/// declares the entity:
///
/// | service | how a session's token travels | where sessions are kept |
/// | --- | --- | --- |
/// | `"auth.cookies.redis"` | in a cookie that scripts cannot read: for browsers | in Redis: needs the crate `auth-redis` |
/// | `"auth.cookies.memory"` | the same | in this process |
/// | `"auth.bearer.redis"` | in the login's answer, and then in `Authorization: Bearer …` (RFC 6750): for programs | in Redis |
/// | `"auth.bearer.memory"` | the same | in this process |
///
/// A second service with the same store, `#[auth_service("auth.cookies.redis", "auth.bearer.redis")]`, offers both: `POST
/// /login` gives a cookie, `POST /login/bearer` a token, and each request is answered in the way in which it came. A bearer
/// token is worth more than a cookie beside it, and needs no protection from other origins.
///
/// Options follow:
///
/// | option | value | default | refused |
/// | --- | --- | --- | --- |
/// | `name` | the entity's name in the store | the struct's in `snake_case` | all but `a`-`z`, `0`-`9`, `_` |
/// | `path` | where its endpoints are | `/` and the name | a `/` at the end, parameters, a query |
/// | `cookie` | the cookie's name, without `__Host-` | the name | what is no token of RFC 6265, a service without cookies |
/// | `idle` | how long a session lives unused | `"30m"` | less than a second, more than `absolute` |
/// | `absolute` | how long it lives at most | `"24h"` | less than a second, more than 400 days |
/// | `assurance` | a level of NIST SP 800-63B-4: `"aal1"`, `"aal2"`, `"aal3"` | none | lifetimes beyond the level |
/// | `max_sessions` | how many a principal has; then the oldest ends | `100` | 0, more than 100 |
/// | `login_page` | where people sign in: browsers that ask for a page are sent there and back, see below | none: answers are data | what is no path, a service without cookies |
/// | `forms` | whether `login` takes `application/x-www-form-urlencoded` as well as JSON | `false` | without `login_page` |
/// | `service` | the marker of a service of your own | none | an id that is not the marker's, or is one of ours |
/// | `schema` | the path of a schema | the one that is [found](#where-it-is) | a file that is not there, or lacks the entity |
///
/// A duration is a number and a unit: `30s`, `15m`, `12h`, `7d`.
///
/// With `login_page = "/login"`, a request whose `Accept` prefers `text/html` to JSON is answered with 303: one without a
/// session goes to `/login?next=…`, a login to the path in its query's or its form's `next`, or to `/`, a failed one back to
/// `/login?error=invalid-credentials` (the name of the problem), a logout to `/login`. Where credentials were checked too long
/// ago, for `Fresh` or for `fresh = …`, it goes to `/login?error=authentication-too-old&next=…`; who is there is signed in, and
/// the page's form posts to `/user/reauthenticate`. The way back is given where the request was a GET, and `next` is only
/// ever a path on this host. Other answers, and other requests, stay data.
///
/// A level of assurance limits the lifetimes; those that are not given are the defaults, or the limits where these are less:
///
/// | level | `idle` | `absolute` |
/// | --- | --- | --- |
/// | `aal1` | no limit of its own | 30 days |
/// | `aal2` | 1 hour | 24 hours |
/// | `aal3` | 15 minutes | 12 hours |
///
/// A service of your own is a type with `Service`; the attribute names its id and its path:
/// `#[auth_service("auth.cookies.sqlite", service = my_store::CookiesSqlite)]`.
///
/// The struct has named fields and no generics. They are marked:
///
/// - `#[auth(id)]`, on exactly one: the principal's id, a `Uuid`, an integer, a `String`, or a type with `PrincipalId`.
/// - `#[auth(skip)]`: not kept in sessions; filled by `Default` on each request.
/// - `#[auth(keep)]`: kept, though its name or type says that it is a secret.
///
/// The struct gets `AuthEntity`, and an associated function `auth_routes()` for the program's router. Without
/// `authenticate`, each session carries the fields, so their types must be `Serialize` and `DeserializeOwned`, and
/// one that is named like a secret (`password`, `hash`, `token`, `key`, …) must be marked. With it, nothing is asked of them.
///
/// # On the entity's `impl` block
///
/// One block per entity. Its one option is `schema`, for response models of a schema that is not [found](#where-it-is) by
/// itself. It has these methods, each an async function without `self`, whose
/// arguments are axum extractors:
///
/// | method | signature | what it does |
/// | --- | --- | --- |
/// | `login` | `(form: SignIn, …) -> Result<Self, E>` | checks credentials: required |
/// | `authenticate` | `(session: Session<Self>, …) -> Result<Option<Self>, E>` | reloads the entity on each request; `None` ends the session. Its endpoint shows the session |
/// | `logout` | `(…) -> Result<(), E>`, or nothing | is told that a session has ended |
/// | `refresh` | `(…) -> Result<(), E>`, or nothing | is told that a session is renewed |
///
/// `E` of `login` is `LoginError`, or a type with `IntoLoginError`. Other methods are endpoints where they have
/// `#[expose_endpoint]`, and are left alone otherwise.
///
/// The endpoints, below the entity's path: `POST /login`, `POST /logout`, `POST /refresh`, `GET /session`, and
/// those of its own.
///
/// # schema.yaml
///
/// The feature `schema`, which is on unless turned off, reads services and options from one file for all entities:
///
/// ```yaml
/// services:                     # of your own: ids, and the Rust paths of their markers
///   auth.cookies.sqlite: my_store::CookiesSqlite
///
/// entities:                     # by the names of their structs
///   Account: auth.cookies.redis # the service alone, or [auth.cookies.redis, auth.bearer.redis]
///   User:
///     service: auth.cookies.sqlite
///     type: crate::model::User  # where auth_router! finds the struct; otherwise in its scope
///     name: user
///     path: /user
///     cookie: user
///     idle: 15m
///     absolute: 12h
///     assurance: aal3
///     max_sessions: 5
///     login_page: /login        # where people sign in; with forms, by plain HTML
///     forms: true
///     responses:                # response models by endpoint, as Rust types at the impl block
///       login: Welcome
///       me: crate::model::Profile
/// ```
///
/// In an entity only `service` is required. `#[auth_service]` without an id takes all of it from there; what is said in both
/// places must be the same. `responses` is `response = …` of the methods of the contract and the exposed ones; the impl
/// block must name the struct by its own name for it, and not by an alias. An entity with an id need not be in the schema.
///
/// A mistake in the file is an error with its line and column. What concerns one entity is reported by its attribute; what
/// concerns the whole file, once, by the attribute of the entity that comes first in it. (Macros share no state: the others ask
/// the compiler whether that one is there, and report for themselves if it is not.)
///
/// ## Where it is
///
/// 1. `schema = "path"` of the attribute: relative to the folder of the crate, or else to that of `AUTH_SCHEMA`;
/// 2. the variable `AUTH_SCHEMA`, which `.cargo/config.toml` can set for cargo and for tools that build elsewhere, such as
///    trybuild: `[env] AUTH_SCHEMA = { value = "schema.yaml", relative = true }`. rust-analyzer does not read it there;
/// 3. `schema.yaml` in the folder of the crate, or in the ones above it, up to the workspace's.
///
/// When it changes, cargo builds again what was made from it. A file that appears where none was, or nearer than the one that
/// was found, is noticed at the next build of the crate.
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
    auth_service::run(attr.into(), item.into(), Crates::OF_CARGO, Schemas::OF_CARGO).into()
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
/// | `require` | the path of a `fn(&Entity) -> bool`; 403 where it is false | everyone | on methods of the contract |
/// | `fresh` | how long ago credentials were checked at most; 401 otherwise | any time | on methods of the contract |
/// | `status` | the status when all went well, 200 to 299 | `200` | 204 with a `response`, others without |
///
/// With `response = T` the method returns `T`, `Json<T>`, or a `Result` of one of them whose error has axum's
/// `IntoResponse`; without it, nothing or a `Result<(), _>`. With `require` or `fresh` a client that is not signed in is
/// refused with 401 before the method is called. The last argument may take the body. The method may be async or not.
///
/// On methods of the contract it changes path, response and status of their endpoint: `post` on `login`, `logout` and
/// `refresh`; `get` on `authenticate`, whose endpoint is `/session`. The library fills their response models.
///
/// The parameters of the path are taken by an argument, `Path<Uuid>` for one and `Path<(Uuid, Uuid)>` for two: one that no
/// argument takes does not compile, nor does another number of them.
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
/// | `#[expose_response(User::login)]`, `(User::refresh)`, `(User::authenticate)` | that endpoint | the session or the entity |
/// | `#[expose_response(User::logout)]` | that endpoint | the session; no entity is loaded |
/// | `#[expose_response(User::me)]`, any exposed method | that endpoint | the method |
/// | `#[expose_response]` | any exposed method | the method |
///
/// `response = Welcome` in the endpoint's `#[expose_endpoint]` puts it to use.
///
/// A field that the library fills has the name and the type of one of the session (`session_id`, `created_at`,
/// `authenticated_at`, `expires_at`, `idle_expires_at`), or else of one of the entity. Fields are marked:
///
/// | mark | what it does | refused |
/// | --- | --- | --- |
/// | `#[expose(from = session)]`, `(from = entity)` | says where it comes from: required where both have the name | where the method fills the model |
/// | `#[expose(with = path)]` | the value is that of a `fn(&Source) -> T`, called with the field of its name | where the method fills the model |
/// | `#[expose(rename = "name")]` | the name that the client sees | beside `#[serde(rename)]` |
/// | `#[expose(skip_if_none)]` | left out where it is `None` | what is no `Option` |
/// | `#[expose(keep)]` | may leave, though it is named like a secret, or marked `#[auth(skip)]` in the entity | |
///
/// The struct has named fields and no generics, and gets serde's `Serialize`: do not derive it. Attributes of serde
/// work as ever; an `OffsetDateTime` becomes RFC 3339. A field that is named like a secret, or is a `Secret`, is refused
/// unless it is marked `#[expose(keep)]`, and so is one that the entity marks `#[auth(skip)]`.
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

/// The routes of all entities that the schema declares, for the program's router.
///
/// `auth_router!("schema.yaml")` names the file as [`macro@auth_service`]'s option `schema` does; `auth_router!()` takes the one
/// that the attributes find. Each struct is where its `type` says, or else in scope. An entity that is declared and not
/// annotated is an error with its line in the schema.
///
/// ```ignore
/// let app = Router::new()
///     .merge(auth_router!("schema.yaml"))
///     .with_state(AppState { users, accounts }); // an `Auth<_>` for each entity
/// ```
#[proc_macro]
pub fn auth_router(input: TokenStream) -> TokenStream {
    auth_router::run(auth_router::Of::Routes, &input.into(), Crates::OF_CARGO, Schemas::OF_CARGO).into()
}

/// The OpenAPI document of all entities that the schema declares, which is named as for [`macro@auth_router`].
///
/// ```ignore
/// let mut document = auth_openapi!("schema.yaml"); // a `utoipa::openapi::OpenApi`
/// document.merge(ApiDoc::openapi()); // the program's own
/// ```
#[cfg(feature = "openapi")]
#[proc_macro]
pub fn auth_openapi(input: TokenStream) -> TokenStream {
    auth_router::run(auth_router::Of::Documents, &input.into(), Crates::OF_CARGO, Schemas::OF_CARGO).into()
}
