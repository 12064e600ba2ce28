//! What only macro output may name. Nothing here is part of the public interface.

pub use axum::{Router, http::request::Parts, routing::MethodFilter};
pub use serde;

pub use crate::{
    contract::{
        AuthRoutes, Carriage, Contract, IdentifierField, Pack, Reloaded, Restore, Restored, SecretField,
        Snapshot, SnapshotField, Unpack,
    },
    entity::EntitySpec,
    http::{
        endpoints::{AppState, EndpointSpec, Routes},
        extract::{Guard, Rule},
        problem::Problem,
        supply::{Args, Supplies, SuppliesLast},
    },
    response::{Exposes, Fill, FillLogout, FilledFrom, Model, ModelOf, endpoint},
    session::{Stamp, Stamping},
};

use std::{future::Future, num::NonZeroU16, time::Duration};

use serde::{Serialize, Serializer};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    contract::{AuthenticateOutput, PackError},
    policy::{Policy, SessionLimit, WhenFull},
};

/// Asked for by the struct's attribute: the impl block's is there too.
pub const fn assert_contract<E: Contract>() {}

/// Asked for by a field that is named like a secret and has no mark.
pub const fn assert_reloaded<E: Reloaded>() {}

/// Asked for by `#[expose_response(E::method)]`.
pub const fn assert_exposes<E: Exposes<M>, M>() {}

/// Asked for by `#[derive(Credentials)]`.
pub const fn assert_secret<T: SecretField>() {}

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
pub const fn reloaded<E: crate::AuthEntity>() -> Carriage<E> {
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
