//! The endpoints as an OpenAPI 3.1 document, by [utoipa]. Needs the feature `openapi`.
//!
//! `User::openapi()` describes every endpoint of an entity, those that are generated and those that are exposed.
//! `auth_openapi!("schema.yaml")` describes those of all entities that the schema declares. Either is a document of
//! utoipa's, to be merged into the program's own:
//!
//! ```
//! # use auth_core::{Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};
//! #[auth_service("auth.cookies.memory")]
//! struct User {
//!     #[auth(id)]
//!     id: u64,
//!     email: String,
//! }
//!
//! #[derive(serde::Deserialize, Credentials)]
//! struct SignIn {
//!     /// The address that the account was opened with.
//!     #[auth(identifier)]
//!     email: String,
//!     #[auth(secret)]
//!     password: Secret,
//! }
//!
//! /// What leaves of a user.
//! #[expose_response]
//! struct Profile {
//!     email: String,
//! }
//!
//! #[auth_service]
//! impl User {
//!     async fn login(form: SignIn) -> Result<Self, LoginError> {
//!         # let _ = (form.email, form.password);
//!         Err(LoginError::InvalidCredentials) // ask your database
//!     }
//!
//!     /// Shows the profile.
//!     ///
//!     /// Of who is signed in.
//!     #[expose_endpoint(get, "/me", response = Profile)]
//!     fn me(user: Authenticated<Self>) -> Profile {
//!         Profile { email: user.email.clone() }
//!     }
//! }
//!
//! use auth_core::openapi::utoipa::openapi::{Info, OpenApi, Paths};
//!
//! let mut document = OpenApi::new(Info::new("Orders", "1.0.0"), Paths::new()); // the program's own
//! document.merge(User::openapi());
//!
//! let me = document.paths.get_path_item("/user/me").and_then(|path| path.get.as_ref()).expect("it is exposed");
//! assert_eq!(me.summary.as_deref(), Some("Shows the profile."));
//! assert_eq!(me.operation_id.as_deref(), Some("user_me"));
//! ```
//!
//! Where the routes are nested, nest the document with utoipa's `OpenApi::nest` at the same path.
//!
//! # What is in it
//!
//! - **Paths** as the router has them, and an operation's id of entity and method, `user_login`. The tag is the entity's
//!   name.
//! - **Summary and description** from the doc comment of the method: its first line, and the others.
//!   `logout`, `refresh` and `authenticate` are about a hook, and not about an endpoint, unless they have
//!   `#[expose_endpoint]`; something is said of these endpoints anyway.
//! - **Request bodies**: the form of `login` by its `#[derive(Credentials)]`, a secret as a `password` that is only
//!   written, and with `forms = true` as an HTML form as well; the `Json<T>` or `Form<T>` of an exposed endpoint where `T` has utoipa's `ToSchema`, or else as any value.
//! - **Responses**: the model by its `#[expose_response]`, the cookie's and the token's place.
//! - **Parameters**: those of a path have the types in `Path<…>`, where these are numbers, texts or a `Uuid`, one or in
//!   a tuple, and are texts otherwise. Those of a query are the fields of the `T` in `Query<T>`, where it has `ToSchema`
//!   and is a struct.
//! - **Security**: the cookie by its name, `__Host-user`, or the bearer token; both of an entity that has both. An endpoint
//!   with `Option<Authenticated<_>>` also works without.
//! - **Problems** of each endpoint, one response for each status, with the types that it can have and an example of each.
//!   405 is not among them: it is what a method answers that is not in the document.
//! - **Pages**: with a `login_page`, a 303 with its `Location`, which says when browsers are answered that instead.
//!
//! Components of an entity begin with its name, `user.SignIn`, as two entities may have a `SignIn` each; those of the
//! library begin with `auth.`.
//!
//! # Fields
//!
//! The macros follow serde's `rename`, `rename_all`, `skip`, `default`, `flatten` and `with`, and take descriptions from
//! doc comments. A field's type is a number, a text, a `Uuid`, an `OffsetDateTime` in RFC 3339, an `Option`, a `Vec` or
//! a map of these, or any type with `#[derive(utoipa::ToSchema)]`. Types without a schema are errors where
//! `User::openapi()` is called, and nowhere else, so that a crate that turns this feature on asks nothing of the others in
//! a program.
//!
//! What a form of credentials does not know is refused, and the document says so (`additionalProperties: false`).
//!
//! # Extractors of your own
//!
//! An [`Argument`] says what an extractor takes and how it refuses. An endpoint that takes another one, or that returns
//! a `Result`, has a `default` response, for what nobody here knows.

mod about;
mod arguments;
mod document;
mod models;
mod operation;
mod operations;
mod pages;
mod problems;
mod structs;
#[cfg(test)]
mod tests;

pub use utoipa;

pub use arguments::Argument;
pub use operation::Operation;

/// What only macro output may name.
#[doc(hidden)]
pub mod private {
    pub use super::{
        about::About,
        arguments::{Asked, FailsNever, FailsSomehow, FailsWithProblem, TellsAll, TellsNothing, TellsSome},
        document::{Documented, Inferred, all, document},
        operations::Operations,
        structs::{DateTime, Described, Field, FieldSchema, StructSchema, Uuid},
        utoipa::openapi::OpenApi,
    };
}
