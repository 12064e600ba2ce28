//! What an entity must provide, and how it travels in a session.

use std::{any::Any, borrow::Cow, error::Error, fmt, future::Future, pin::Pin};

use axum::{Router, http::request::Parts};
use serde::{Serialize, de::DeserializeOwned};
use smallvec::SmallVec;
use uuid::Uuid;

use crate::{
    entity::AuthEntity,
    http::problem::{Problem, ProblemType},
    secret::Secret,
    session::Session,
};

/// Proof that the entity's impl block is annotated and has a `login`; and what a session carries of the entity.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `login`",
    label = "annotated, but nothing says how it signs in",
    note = "write `#[auth_service] impl {Self} {{ async fn login(form: …, …) -> Result<Self, LoginError> {{ … }} }}`"
)]
pub trait Contract: AuthEntity {
    /// How the entity goes into a session and comes back.
    const CARRIAGE: Carriage<Self>;
}

/// How an entity goes into a session and comes back.
// A constant of fn pointers, so that the bounds of a snapshot are asked for in one expression only, and fail once.
pub struct Carriage<E> {
    pub(crate) pack: fn(&E) -> Result<Vec<u8>, PackError>,
    pub(crate) unpack: fn(&[u8]) -> Option<E>,
}

/// The routes of an entity in a router with state `S`. `#[auth_service]` on the impl block implements it.
// Its supertrait is AuthEntity and not Contract: a bound on it would ask for that at once, a second error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no routes",
    label = "`{Self}` has no `#[auth_service] impl` block",
    note = "write `#[auth_service] impl {Self} {{ async fn login(…) -> Result<Self, LoginError> {{ … }} }}`"
)]
pub trait AuthRoutes<S, Via = ()>: AuthEntity {
    /// The router.
    fn auth_routes() -> Router<S>;
}

/// How a request gets its entity back from the session: from the snapshot, or with `authenticate`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be loaded from a session in a router with state `{S}`",
    label = "`{Self}` has no `#[auth_service] impl` block"
)]
pub trait Restore<S>: Contract {
    /// Gets the entity.
    fn restore<'a>(session: &Session<Self>, _parts: &'a mut Parts, _state: &'a S) -> Restored<'a, Self> {
        Restored::Now((Self::CARRIAGE.unpack)(session.carried()))
    }
}

/// An entity that came back from a session, or is about to.
// Boxed on purpose: an `async fn` in a macro's output, with `State<Arc<dyn Repo>>` in it, is "not general enough".
pub enum Restored<'a, E> {
    /// From the snapshot; `None` where another version of the program wrote it, and this one cannot read it.
    Now(Option<E>),
    /// By `authenticate`; `None` where the entity is gone or disabled.
    Soon(Pin<Box<dyn Future<Output = Result<Option<E>, Problem>> + Send + 'a>>),
}

/// An entity with `authenticate`: no session carries its fields.
#[diagnostic::on_unimplemented(
    message = "by its name, a field of `{Self}` is a secret, and the session would carry it",
    label = "would be kept in the session store",
    note = "mark it `#[auth(skip)]`, or `#[auth(keep)]` if it is none; or write `async fn authenticate`, so that the entity is reloaded on each request and nothing of it is kept"
)]
pub trait Reloaded: AuthEntity {}

/// An entity whose stamp is looked at: where `authenticate` reloads it.
#[diagnostic::on_unimplemented(
    message = "a field of `{Self}` is marked `#[auth(stamp)]`, and nothing compares it",
    label = "would never end a session",
    note = "write `async fn authenticate`: it reloads the entity on each request, and the session ends when a stamped field has changed"
)]
pub trait StampCompared: AuthEntity {}

#[diagnostic::do_not_recommend]
impl<E: Reloaded> StampCompared for E {}

/// What a session holds of an entity that has no `authenticate`.
///
/// The struct's attribute implements it for every entity; `K` is free, so that the bounds on the fields are not looked
/// at before someone needs them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an auth entity",
    label = "not annotated with `#[auth_service(\"…\")]`",
    note = "put `#[auth_service(\"auth.cookies.redis\")]` on the struct `{Self}`"
)]
pub trait Snapshot<K>: AuthEntity {
    /// Puts each field that is kept.
    fn pack(&self, to: &mut Pack);
    /// Takes each field back.
    fn unpack(from: &Unpack<'_>) -> Option<Self>;
}

/// A snapshot being written: names and values, each value as MessagePack.
#[derive(Default)]
pub struct Pack {
    bytes: Vec<u8>,
    failed: Option<PackError>,
}

/// An entity that could not be put into a session.
#[derive(Debug, thiserror::Error)]
#[error("the field `{field}` cannot be put into a session: {reason}")]
pub struct PackError {
    field: String,
    reason: rmp_serde::encode::Error,
}

impl Pack {
    /// Puts a field.
    pub fn field<T: SnapshotField<K>, K>(&mut self, name: &str, value: &T) {
        if let Err(reason) = value.pack().and_then(|value| self.append(name, &value)) {
            self.failed.get_or_insert(PackError { field: name.to_owned(), reason });
        }
    }

    fn append(&mut self, name: &str, value: &[u8]) -> Result<(), rmp_serde::encode::Error> {
        rmp::encode::write_str(&mut self.bytes, name)?;
        rmp::encode::write_bin(&mut self.bytes, value)?;
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Vec<u8>, PackError> {
        self.failed.map_or(Ok(self.bytes), Err)
    }
}

/// A snapshot being read.
pub struct Unpack<'a>(SmallVec<[(&'a str, &'a [u8]); 8]>);

impl<'a> Unpack<'a> {
    pub(crate) fn new(mut bytes: &'a [u8]) -> Option<Self> {
        let mut fields = SmallVec::new();
        while !bytes.is_empty() {
            let (name, mut rest) = rmp::decode::read_str_from_slice(bytes).ok()?;
            let length = rmp::decode::read_bin_len(&mut rest).ok()?;
            let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            fields.push((name, value));
            bytes = rest;
        }
        Some(Unpack(fields))
    }

    /// Takes a field back. One that is not there, because an older program wrote the snapshot, is read from nothing:
    /// an `Option` is `None` then.
    pub fn field<T: SnapshotField<K>, K>(&self, name: &str) -> Option<T> {
        const NIL: &[u8] = &[0xc0];
        T::unpack(self.0.iter().find(|(found, _)| *found == name).map_or(NIL, |(_, value)| value))
    }
}

/// A field's type that can be kept in a session: any with `Serialize` and `DeserializeOwned`.
#[diagnostic::on_unimplemented(
    message = "the session carries a snapshot of the entity, and a `{Self}` cannot be stored in it",
    label = "a field of type `{Self}` is not `Serialize + DeserializeOwned`",
    note = "derive `Serialize` and `Deserialize` on `{Self}`, mark the field `#[auth(skip)]`, or write `async fn authenticate` to reload the entity on each request"
)]
pub trait SnapshotField<K>: Sized {
    /// The value as MessagePack.
    ///
    /// # Errors
    ///
    /// When its `Serialize` fails.
    fn pack(&self) -> Result<Vec<u8>, rmp_serde::encode::Error>;
    /// The value from MessagePack.
    fn unpack(bytes: &[u8]) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<K, T: Serialize + DeserializeOwned> SnapshotField<K> for T {
    fn pack(&self) -> Result<Vec<u8>, rmp_serde::encode::Error> {
        rmp_serde::to_vec_named(self)
    }

    fn unpack(bytes: &[u8]) -> Option<Self> {
        rmp_serde::from_slice(bytes).ok()
    }
}

/// What a client sends to sign in. `#[derive(Credentials)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a form of credentials",
    label = "the first argument of `login` takes the credentials",
    note = "write `#[derive(Deserialize, Credentials)]` on `{Self}`, and mark its fields `#[auth(identifier)]` and `#[auth(secret)]`"
)]
pub trait Credentials: DeserializeOwned + Send + 'static {
    /// Who the client says it is: what logins are counted by.
    fn identifier(&self) -> Cow<'_, str>;
}

/// A type that the field marked `#[auth(identifier)]` can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the identifier of credentials",
    label = "no text and no number",
    note = "an identifier is a `String`, an integer or a `Uuid`"
)]
pub trait IdentifierField {
    /// The identifier as text.
    fn as_text(&self) -> Cow<'_, str>;
}

impl IdentifierField for String {
    fn as_text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

macro_rules! identifiers_that_display {
    ($($id:ty),*) => { $(
        impl IdentifierField for $id {
            fn as_text(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
    )* };
}

identifiers_that_display!(Uuid, u8, u16, u32, u64, u128, i8, i16, i32, i64, i128);

/// A type that the field marked `#[auth(secret)]` can have.
#[diagnostic::on_unimplemented(
    message = "the secret of credentials is a `{Self}`, which can be printed and stays in memory",
    label = "expected `Secret`",
    note = "use `auth_core::Secret`"
)]
pub trait SecretField {}

impl SecretField for Secret {}
impl SecretField for Option<Secret> {}

/// Why a login failed. `?` turns any error into [`Internal`](LoginError::Internal).
#[derive(Debug)]
#[non_exhaustive]
pub enum LoginError {
    /// Unknown, wrong, locked, disabled: a client is told the same in each case (ASVS 5.0, 6.3.8). 401.
    InvalidCredentials,
    /// Too much to do at the moment, as when the [password pool](crate::password) is full. 503.
    Busy,
    /// Anything else; it is logged, and the client sees nothing of it. 500.
    Internal(Box<dyn Error + Send + Sync>),
}

// LoginError is itself no std error, so that this is coherent.
impl<X: Error + Send + Sync + 'static> From<X> for LoginError {
    fn from(error: X) -> Self {
        let error: Box<dyn Error + Send + Sync> = Box::new(error);
        #[cfg(feature = "password")]
        if let Some(crate::password::PasswordError::Busy) = error.downcast_ref() {
            return LoginError::Busy;
        }
        LoginError::Internal(error)
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials => Problem::new(ProblemType::InvalidCredentials),
            LoginError::Busy => Problem::new(ProblemType::Busy),
            LoginError::Internal(reason) => Problem::internal("login", &reason),
        }
    }
}

/// The error of `login`: [`LoginError`], or a type of yours that says which of its cases are wrong credentials.
///
/// ```
/// use auth_core::{IntoLoginError, LoginError};
///
/// enum SignInError {
///     NoSuchUser,
///     Database(std::io::Error),
/// }
///
/// impl IntoLoginError for SignInError {
///     fn into_login_error(self) -> LoginError {
///         match self {
///             SignInError::NoSuchUser => LoginError::InvalidCredentials,
///             SignInError::Database(e) => e.into(),
///         }
///     }
/// }
/// ```
// Not blanket over `Into<LoginError>`: any thiserror enum would then count as internal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of `login`",
    label = "says nothing of wrong credentials",
    note = "return `LoginError`, to which `?` converts any error, or write `impl IntoLoginError for {Self}`"
)]
pub trait IntoLoginError: Send + 'static {
    /// What it means for the login.
    fn into_login_error(self) -> LoginError;
}

impl IntoLoginError for LoginError {
    fn into_login_error(self) -> LoginError {
        self
    }
}

/// What `login` returns.
#[diagnostic::on_unimplemented(
    message = "`login` must return `Result<{E}, _>`, found `{Self}`",
    label = "expected `Result<{E}, LoginError>`",
    note = "answer a wrong password or an unknown user with `Err(LoginError::InvalidCredentials)`"
)]
pub trait LoginOutput<E>: Send + 'static {
    /// The entity that signed in.
    ///
    /// # Errors
    ///
    /// When it did not.
    fn into_login(self) -> Result<E, LoginError>;
}

// No do_not_recommend here: an error that does not convert is then reported itself.
#[allow(clippy::mismatching_type_param_order)] // E is the entity throughout
impl<E: Send + 'static, X: IntoLoginError> LoginOutput<E> for Result<E, X> {
    fn into_login(self) -> Result<E, LoginError> {
        self.map_err(IntoLoginError::into_login_error)
    }
}

/// What `authenticate` returns.
#[diagnostic::on_unimplemented(
    message = "`authenticate` must return `Result<Option<{E}>, _>`, found `{Self}`",
    label = "expected `Result<Option<{E}>, _>`",
    note = "`Ok(None)` means that the entity is gone or disabled, and ends the session"
)]
pub trait AuthenticateOutput<E>: Send {
    /// The entity, or `None` where it is gone or disabled.
    ///
    /// # Errors
    ///
    /// When it cannot be told; the request is answered with that [`Problem`], or else with 503.
    fn into_authenticate(self) -> Result<Option<E>, Problem>;
}

impl<E: Send, X: fmt::Display + Send + 'static> AuthenticateOutput<E> for Result<Option<E>, X> {
    fn into_authenticate(self) -> Result<Option<E>, Problem> {
        self.map_err(|reason| {
            as_problem(&reason).unwrap_or_else(|| Problem::unavailable("authenticate", &reason))
        })
    }
}

/// A method may say itself which problem it has.
fn as_problem(reason: &dyn Any) -> Option<Problem> {
    reason.downcast_ref().cloned()
}

/// What the hooks `logout` and `refresh` return.
#[diagnostic::on_unimplemented(
    message = "a hook must return `()` or `Result<(), _>`, found `{Self}`",
    label = "expected `()` or `Result<(), _>`",
    note = "`logout` and `refresh` are told what happens; what the client is answered, `response = …` says"
)]
pub trait HookOutput: Send {
    /// Whether it worked.
    ///
    /// # Errors
    ///
    /// When it did not; the request is answered with that [`Problem`], or else with 500.
    fn into_hook(self) -> Result<(), Problem>;
}

impl HookOutput for () {
    fn into_hook(self) -> Result<(), Problem> {
        Ok(())
    }
}

impl<X: fmt::Display + Send + 'static> HookOutput for Result<(), X> {
    fn into_hook(self) -> Result<(), Problem> {
        self.map_err(|reason| as_problem(&reason).unwrap_or_else(|| Problem::internal("hook", &reason)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_snapshot_comes_back(email: String, number: u64, nick: Option<String>, list: Vec<u16>) {
            let mut pack = Pack::default();
            pack.field::<_, ()>("email", &email);
            pack.field::<_, ()>("number", &number);
            pack.field::<_, ()>("nick", &nick);
            pack.field::<_, ()>("list", &list);
            let bytes = pack.finish().unwrap();
            let unpack = Unpack::new(&bytes).unwrap();
            prop_assert_eq!(unpack.field::<String, ()>("email"), Some(email));
            prop_assert_eq!(unpack.field::<u64, ()>("number"), Some(number));
            prop_assert_eq!(unpack.field::<Option<String>, ()>("nick"), Some(nick));
            prop_assert_eq!(unpack.field::<Vec<u16>, ()>("list"), Some(list));
        }

        #[test]
        fn arbitrary_bytes_are_no_snapshot_or_a_harmless_one(bytes: Vec<u8>) {
            if let Some(unpack) = Unpack::new(&bytes) {
                let _ = unpack.field::<String, ()>("email");
            }
        }
    }

    #[test]
    fn a_field_that_an_older_program_did_not_write_is_none_or_unreadable() {
        let unpack = Unpack::new(&[]).unwrap();
        assert_eq!(unpack.field::<Option<u8>, ()>("new"), Some(None));
        assert_eq!(unpack.field::<u8, ()>("new"), None);
    }

    #[test]
    fn a_field_that_does_not_serialize_is_named() {
        struct Stubborn;
        impl Serialize for Stubborn {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("no"))
            }
        }
        impl<'de> serde::Deserialize<'de> for Stubborn {
            fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
                Ok(Stubborn)
            }
        }
        let mut pack = Pack::default();
        pack.field::<_, ()>("mule", &Stubborn);
        assert!(pack.finish().unwrap_err().to_string().contains("`mule`"));
    }
}
