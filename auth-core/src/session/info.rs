//! The session of a request, as handlers see it.

use std::{fmt, sync::Arc, time::Duration};

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    ended::{Ended, Limits},
    payload::Carried,
    record::Record,
    stamp::Stamp,
    token::Tag,
};
use crate::{
    auth::Auth,
    entity::{AuthEntity, PrincipalId},
    store::Timestamp,
};

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
    let (seconds, micros) = (time.as_micros() / 1_000_000, time.as_micros() % 1_000_000);
    let second = i64::try_from(seconds).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    second.map_or(OffsetDateTime::UNIX_EPOCH, |second| second + Duration::from_micros(micros))
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
    auth: Auth<E>,
    info: SessionInfo,
    now: Timestamp,
    authenticated: Timestamp,
    limits: Limits,
    principal: E::Id,
    stamp: Option<Stamp>,
    carried: Carried,
}

impl<E: AuthEntity> Session<E> {
    pub(crate) fn new(
        auth: Auth<E>,
        id: Uuid,
        (record, now): (&Record, Timestamp),
        principal: E::Id,
        stamp: Option<Stamp>,
        carried: Carried,
    ) -> Self {
        let inner = Inner {
            auth,
            info: SessionInfo::new(id, record),
            now,
            authenticated: record.authenticated,
            limits: Limits::of(record),
            principal,
            stamp,
            carried,
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
    pub fn authentication_age(&self) -> Duration {
        self.inner.now.since(self.inner.authenticated)
    }

    /// Waits until the session has ended, wherever it was ended: for a WebSocket, server-sent events, or whatever else
    /// outlives its request. Close it then.
    ///
    /// | the session | resolves |
    /// |---|---|
    /// | is ended by this program | at once |
    /// | is ended by another one, in a store that pushes ends (`auth-redis`) | at once |
    /// | is ended by another one, and the store pushes nothing, or what it pushed was lost | within 15 seconds |
    /// | reaches its idle limit, or its absolute one | then, by the store's clock |
    /// | cannot be looked at, as the store gives no answer | [`Unknown`](Ended::Unknown) after a minute |
    ///
    /// To these comes the time that one command of the store takes. An outage that is shorter than a minute closes
    /// nothing; when it is over, all who wait look at once.
    ///
    /// The absolute limit of the session is thus the longest life of a socket. Waiting is no use of the session, and what
    /// goes over the socket is none either: one that is only talked to over a socket reaches its idle limit, and the
    /// socket closes. Where that is too early, let the page send a request now and then, or give the entity a longer
    /// `idle`.
    ///
    /// It is the session that is waited for: a refresh keeps a socket open, and so does a change of what the session
    /// carries. What [`authenticate`](macro@crate::auth_service) would say is not asked, and stamps are not compared: whoever
    /// disables an account, or changes a password, calls [`Auth::end_all`] or [`Auth::end_others`], which closes the
    /// sockets too.
    ///
    /// It costs one command of the store at first, and one every 12 to 15 seconds. Those who wait ask 64 at a time, so that
    /// requests do not stand in line behind them.
    ///
    /// ```
    /// use auth_core::{Authenticated, contract::Contract};
    /// use axum::{extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code}, response::Response};
    ///
    /// async fn live<User: Contract>(user: Authenticated<User>, upgrade: WebSocketUpgrade) -> Response {
    ///     let ended = Authenticated::session(&user).ended();
    ///     upgrade.on_upgrade(async move |mut socket: WebSocket| {
    ///         tokio::pin!(ended);
    ///         loop {
    ///             tokio::select! {
    ///                 _ = &mut ended => {
    ///                     let frame = CloseFrame { code: close_code::POLICY, reason: "signed out".into() };
    ///                     socket.send(Message::Close(Some(frame))).await.ok();
    ///                     return;
    ///                 }
    ///                 message = socket.recv() => match message {
    ///                     Some(Ok(message)) => { /* answer it */ }
    ///                     _ => return,
    ///                 },
    ///             }
    ///         }
    ///     })
    /// }
    /// ```
    ///
    /// With server-sent events, `updates.take_until(session.ended())`, by `StreamExt` of `futures-util`.
    ///
    /// A page of another origin opens no WebSocket here: [`cross_origin`](crate::cross_origin).
    pub fn ended(&self) -> impl Future<Output = Ended> + Send + use<E> {
        let tag = Tag::of(E::SPEC.name, &self.inner.principal.to_text());
        self.inner.auth.clone().until_ended(tag, self.inner.info.session_id, self.inner.limits)
    }

    /// The stamp of the entity when the session was opened, or stamped anew.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.inner.stamp
    }

    /// What the session carries of the entity.
    pub(crate) fn carried(&self) -> &[u8] {
        self.inner.carried.as_bytes()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use time::format_description::well_known::Rfc3339;

    use super::*;

    #[test]
    fn a_time_is_a_date_to_the_microsecond() {
        let shown = |micros| date(Timestamp::from_micros(micros)).format(&Rfc3339).unwrap();
        assert_eq!(shown(1_700_000_000_123_456), "2023-11-14T22:13:20.123456Z");
        assert_eq!(shown(999_999), "1970-01-01T00:00:00.999999Z");
        assert_eq!(shown(u64::MAX), "1970-01-01T00:00:00Z");
    }
}
