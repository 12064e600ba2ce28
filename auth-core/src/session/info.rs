//! The session of a request, as handlers see it.

use std::{fmt, sync::Arc};

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{payload::Payload, record::Record, stamp::Stamp};
use crate::{entity::AuthEntity, store::Timestamp};

/// What anyone may know of a session; nothing in it signs anybody in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// The session's public id: for lists, logs and for ending it.
    pub session_id: Uuid,
    /// When the session was opened.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When credentials were last checked.
    #[serde(with = "time::serde::rfc3339")]
    pub authenticated_at: OffsetDateTime,
    /// When the session ends, whatever happens.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// When the session ends unless it is used before.
    #[serde(with = "time::serde::rfc3339")]
    pub idle_expires_at: OffsetDateTime,
}

impl SessionInfo {
    pub(crate) fn new(session_id: Uuid, record: &Record) -> Self {
        SessionInfo {
            session_id,
            created_at: date(record.created),
            authenticated_at: date(record.authenticated),
            expires_at: date(record.absolute),
            idle_expires_at: date(record.idle),
        }
    }
}

/// A store's time as a date; what no date can be, a record of 10,000 years, is the epoch.
pub(crate) fn date(time: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.as_micros()) * 1000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The live session of an `E` that a request came with.
///
/// As an extractor it answers 401 where there is none; `Option<Session<E>>` is `None` then. It costs one command of
/// the store for each request, however many extractors ask.
///
/// ```
/// use auth_core::{AuthEntity, Session};
///
/// async fn signed_in_since<E: AuthEntity>(session: Session<E>) -> String {
///     session.info().created_at.to_string()
/// }
/// ```
pub struct Session<E: AuthEntity> {
    inner: Arc<Inner<E>>,
}

struct Inner<E: AuthEntity> {
    info: SessionInfo,
    now: Timestamp,
    authenticated: Timestamp,
    principal: E::Id,
    stamp: Option<Stamp>,
    carried: Vec<u8>,
}

impl<E: AuthEntity> Session<E> {
    pub(crate) fn new(
        info: SessionInfo,
        record: &Record,
        now: Timestamp,
        principal: E::Id,
        payload: &Payload<'_>,
    ) -> Self {
        let inner = Inner {
            info,
            now,
            authenticated: record.authenticated,
            principal,
            stamp: Stamp::from_bytes(payload.stamp.0),
            carried: payload.carried.0.to_vec(),
        };
        Session { inner: Arc::new(inner) }
    }

    /// Id and times.
    #[must_use]
    pub fn info(&self) -> &SessionInfo {
        &self.inner.info
    }

    /// The id of the entity whose session this is.
    #[must_use]
    pub fn principal(&self) -> &E::Id {
        &self.inner.principal
    }

    /// How long ago credentials were checked, by the store's clock at the time of this request.
    #[must_use]
    pub fn authentication_age(&self) -> std::time::Duration {
        self.inner.now.since(self.inner.authenticated)
    }

    /// The stamp of the entity when the session was opened, or stamped anew.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.inner.stamp
    }

    /// What the session carries of the entity.
    pub(crate) fn carried(&self) -> &[u8] {
        &self.inner.carried
    }
}

impl<E: AuthEntity> Clone for Session<E> {
    fn clone(&self) -> Self {
        Session { inner: Arc::clone(&self.inner) }
    }
}

/// Shows id and times, and nothing of the entity.
impl<E: AuthEntity> fmt::Debug for Session<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Session").field(&self.inner.info).finish()
    }
}
