//! What only macro output may name. Nothing here is part of the public interface.

pub use axum::{Router, http::request::Parts};
pub use serde;

#[cfg(feature = "openapi")]
pub use crate::openapi::private as openapi;
pub use crate::when_documented;

pub use crate::{
    contract::{
        AuthRoutes, Carriage, Contract, IdentifierField, Pack, Reloaded, Restore, Restored, SecretField,
        Snapshot, SnapshotField, StampCompared, Unpack,
    },
    entity::EntitySpec,
    http::{
        endpoints::{AppState, EndpointSpec, Routes},
        extract::{Guard, Rule},
        problem::Problem,
        supply::{Args, Supplies, SuppliesLast},
    },
    response::{Exposes, Fill, FillLogout, FilledFrom, Model, ModelOf, endpoint, form},
    session::{Stamp, Stamping},
};

use std::{future::Future, num::NonZeroU16, time::Duration};

use serde::{Serialize, Serializer};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    contract::{AuthenticateOutput, PackError},
    entity::AuthEntity,
    policy::{Policy, SessionLimit, WhenFull},
    service::Service,
};

/// What the macros write for the OpenAPI document: nothing where this crate is built without the feature. Cargo may build
/// the macros, which run on another machine, with more features than the program asks for.
#[cfg(feature = "openapi")]
#[doc(hidden)]
#[macro_export]
macro_rules! when_documented {
    ($($written:tt)*) => { $($written)* };
}

#[cfg(not(feature = "openapi"))]
#[doc(hidden)]
#[macro_export]
macro_rules! when_documented {
    ($($written:tt)*) => {};
}

/// Asked for by the struct's attribute: the impl block's is there too.
pub const fn assert_contract<E: Contract>() {}

/// Asked for by a field that is named like a secret and has no mark.
pub const fn assert_reloaded<E: Reloaded>() {}

/// Asked for by a field that is marked `#[auth(stamp)]`.
pub const fn assert_stamp_compared<E: StampCompared>() {}

/// Asked for by `#[expose_response(E::method)]`.
pub const fn assert_exposes<E: Exposes<M>, M>() {}

/// Asked for by `#[derive(Credentials)]`.
pub const fn assert_secret<T: SecretField>() {}

/// Asked for by an entity with a service of the user's own: the markers' ids are those that were written.
///
/// # Panics
///
/// While compiling, where it is another.
#[track_caller]
pub const fn assert_service_ids<E: AuthEntity>(written: &[&str]) {
    let ids = <E::Service as Service>::IDS;
    let mut i = 0;
    while i < written.len() {
        if !same(ids[i], written[i]) {
            let text =
                Text::of(&["the marker's `ID` is `", ids[i], "`, and the entity names `", written[i], "`"]);
            panic!("{}", text.as_str());
        }
        i += 1;
    }
}

/// Asked for by a response's field that has the name of a session's: the entity has none of that name.
///
/// # Panics
///
/// While compiling, where it has.
#[track_caller]
pub const fn assert_one_source<E: AuthEntity>(field: &str) {
    if contains(E::SPEC.fields, field) {
        let text = Text::of(&[
            "`",
            field,
            "` is a field of the session and of the entity: mark it `#[expose(from = session)]` or `#[expose(from = entity)]`",
        ]);
        panic!("{}", text.as_str());
    }
}

/// Asked for by a response's field that is filled from the entity: it is not marked `#[auth(skip)]` there.
///
/// # Panics
///
/// While compiling, where it is.
#[track_caller]
pub const fn assert_kept<E: AuthEntity>(field: &str) {
    if contains(E::SPEC.skipped, field) {
        let text = Text::of(&[
            "`",
            field,
            "` is marked `#[auth(skip)]` in the entity, so it is not to leave: take it out of the response, or mark it `#[expose(keep)]`",
        ]);
        panic!("{}", text.as_str());
    }
}

/// A text that is put together in a constant; what is longer is cut off.
struct Text {
    bytes: [u8; 512],
    length: usize,
}

impl Text {
    const fn of(parts: &[&str]) -> Self {
        let mut text = Text { bytes: [0; 512], length: 0 };
        let mut part = 0;
        while part < parts.len() {
            let bytes = parts[part].as_bytes();
            let mut i = 0;
            while i < bytes.len() && text.length < text.bytes.len() {
                text.bytes[text.length] = bytes[i];
                text.length += 1;
                i += 1;
            }
            part += 1;
        }
        text
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "the marker's `ID` is another",
        }
    }
}

/// A schema that cannot be used, by a number of its name.
pub struct BrokenSchema<const FILE: u64>;

/// Implemented for a [`BrokenSchema`] by the one attribute that reports what is wrong with it; `By` is a type of the
/// crate in which it does.
pub trait Reports<By> {}

/// The value of a response's field.
pub fn filled<T: FilledFrom<Source>, Source>(source: &Source) -> T {
    T::filled(source)
}

/// Whether two texts are the same, in a constant.
#[must_use]
pub const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether a name is among others, in a constant.
#[must_use]
pub const fn contains(names: &[&str], name: &str) -> bool {
    let mut i = 0;
    while i < names.len() {
        if same(names[i], name) {
            return true;
        }
        i += 1;
    }
    false
}

/// The policy that an attribute asks for, which the macro has checked; `sessions` of 0 means the default limit.
#[must_use]
pub const fn policy(idle: Duration, absolute: Duration, sessions: u16) -> Policy {
    let Ok(policy) = Policy::new(idle, absolute) else { panic!("lifetimes that contradict each other") };
    match NonZeroU16::new(sessions) {
        None => policy,
        Some(sessions) => {
            match policy.with_limit(SessionLimit { sessions, when_full: WhenFull::EndOldest }) {
                Ok(policy) => policy,
                Err(_) => panic!("at most 100 sessions"),
            }
        }
    }
}

/// Calls `authenticate` with what it asks for. What it returns is converted in the closure, by [`authenticated`]: a
/// bound on an async fn is reported three times.
pub fn reload<'a, E, S, P, F, Fut>(parts: &'a mut Parts, state: &'a S, authenticate: F) -> Restored<'a, E>
where
    E: Restore<S>,
    S: Send + Sync,
    P: Args<S>,
    F: FnOnce(P) -> Fut + Send + 'a,
    Fut: Future<Output = Result<Option<E>, Problem>> + Send + 'a,
{
    Restored::Soon(Box::pin(async move {
        let extracted = P::take(parts, state).await.map_err(|refusal| {
            Problem::internal("authenticate", &format!("an argument was refused with {}", refusal.status()))
        })?;
        authenticate(extracted).await
    }))
}

/// What `authenticate` returned.
///
/// # Errors
///
/// When it failed.
pub fn authenticated<E, O: AuthenticateOutput<E>>(output: O) -> Result<Option<E>, Problem> {
    output.into_authenticate()
}

/// The session carries the entity.
#[must_use]
pub const fn snapshot<E: Snapshot<()>>() -> Carriage<E> {
    fn pack<E: Snapshot<()>>(entity: &E) -> Result<Vec<u8>, PackError> {
        let mut to = Pack::default();
        entity.pack(&mut to);
        to.finish()
    }
    fn unpack<E: Snapshot<()>>(bytes: &[u8]) -> Option<E> {
        E::unpack(&Unpack::new(bytes)?)
    }
    Carriage { pack: pack::<E>, unpack: unpack::<E> }
}

/// The session carries the id, and `authenticate` does the rest.
#[must_use]
pub const fn reloaded<E: AuthEntity>() -> Carriage<E> {
    Carriage { pack: |_| Ok(Vec::new()), unpack: |_| None }
}

/// Named by rustc where a logout's response asks for a field of the entity: "no field `email` on type
/// `&NothingIsLoadedAtLogout`".
pub struct NothingIsLoadedAtLogout;

/// A time in a response model: RFC 3339, as in the library's own.
///
/// # Errors
///
/// When the serializer fails.
pub fn rfc3339<S: Serializer, T: Time>(time: &T, to: S) -> Result<S::Ok, S::Error> {
    time.date()
        .map(|date| date.format(&Rfc3339))
        .transpose()
        .map_err(serde::ser::Error::custom)?
        .serialize(to)
}

/// A field's type that [`rfc3339`] takes.
pub trait Time {
    /// The date, where there is one.
    fn date(&self) -> Option<OffsetDateTime>;
}

impl Time for OffsetDateTime {
    fn date(&self) -> Option<OffsetDateTime> {
        Some(*self)
    }
}

impl Time for Option<OffsetDateTime> {
    fn date(&self) -> Option<OffsetDateTime> {
        *self
    }
}
