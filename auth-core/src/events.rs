//! What happened to logins and sessions: for the log, for metrics, and for an observer of the program's own.
//!
//! Each event goes to `tracing` with the target `auth`, a field `event` with one of the names below, and the fields
//! `entity`, `session`, `principal`, `network`, `detail`, of which those that do not apply are left out. With the
//! feature `metrics` it is counted as `auth_events_total`, with the labels `entity` and `event`. None of it holds a
//! token, a password or an identifier in clear (ASVS 5.0, 16.2.5), nor a text that a client chose (16.4.1).

use std::{fmt, sync::Arc, time::Duration};

use uuid::Uuid;

use crate::session::{Network, Tag};

/// Something that happened to a login or a session of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The name of the entity.
    pub entity: &'static str,
    /// What happened.
    pub kind: EventKind,
    /// The public id of the session, where there is one.
    pub session: Option<Uuid>,
    /// The tag of the principal; of a failed login, that of the identifier: a pseudonym, not the text itself.
    pub principal: Option<Tag>,
    /// The network that the request came from, where it is known.
    pub network: Option<Network>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// A login succeeded, and opened a session.
    SignedIn,
    /// A login failed: unknown, wrong, locked or disabled.
    LoginFailed,
    /// A login was not looked at, since there were too many.
    LoginThrottled(ThrottledBy, Duration),
    /// Credentials were checked again, for the same session.
    Reauthenticated,
    /// A secret was rotated.
    Refreshed,
    /// A session ended before its time.
    Ended(EndReason),
    /// A secret that was rotated away long ago was used for a refresh: somebody has a copy of a cookie. The session
    /// has ended.
    SessionReuseDetected,
    /// A secret that was rotated away was used elsewhere.
    StaleSecret,
    /// The store could not be reached, or did not answer in time.
    StoreUnavailable,
}

/// What a login was counted by when there were too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThrottledBy {
    /// The network that it came from.
    Network,
    /// The identifier, from any network.
    Identifier,
    /// The identifier from that network.
    Both,
}

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// Its user signed out.
    SignedOut,
    /// Another login took its place.
    Replaced,
    /// Its principal had too many.
    Evicted,
    /// Its user, or an administrator, ended it.
    Revoked,
    /// All sessions of its principal were ended.
    AllEnded,
    /// `authenticate` says that the entity is gone or disabled.
    EntityGone,
    /// A field marked `#[auth(stamp)]` has changed since.
    StampChanged,
}

impl EventKind {
    /// The name in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::SignedIn => "signed_in",
            EventKind::LoginFailed => "login_failed",
            EventKind::LoginThrottled(..) => "login_throttled",
            EventKind::Reauthenticated => "reauthenticated",
            EventKind::Refreshed => "refreshed",
            EventKind::Ended(_) => "ended",
            EventKind::SessionReuseDetected => "session_reuse_detected",
            EventKind::StaleSecret => "stale_secret",
            EventKind::StoreUnavailable => "store_unavailable",
        }
    }

    /// More about it, for the log.
    const fn detail(self) -> Option<&'static str> {
        match self {
            EventKind::Ended(reason) => Some(reason.name()),
            EventKind::LoginThrottled(ThrottledBy::Network, _) => Some("network"),
            EventKind::LoginThrottled(ThrottledBy::Identifier, _) => Some("identifier"),
            EventKind::LoginThrottled(ThrottledBy::Both, _) => Some("identifier_and_network"),
            _ => None,
        }
    }
}

impl EndReason {
    /// The name in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            EndReason::SignedOut => "signed_out",
            EndReason::Replaced => "replaced",
            EndReason::Evicted => "evicted",
            EndReason::Revoked => "revoked",
            EndReason::AllEnded => "all_ended",
            EndReason::EntityGone => "entity_gone",
            EndReason::StampChanged => "stamp_changed",
        }
    }
}

impl Event {
    pub(crate) fn new(entity: &'static str, kind: EventKind) -> Self {
        Event { entity, kind, session: None, principal: None, network: None }
    }

    pub(crate) fn of_session(self, session: Uuid) -> Self {
        Event { session: Some(session), ..self }
    }

    pub(crate) fn of(self, principal: Tag) -> Self {
        Event { principal: Some(principal), ..self }
    }

    pub(crate) fn from(self, network: Option<Network>) -> Self {
        Event { network, ..self }
    }
}

type Observer = Arc<dyn Fn(&Event) + Send + Sync>;

/// Who is told of events besides the log.
#[derive(Clone, Default)]
pub(crate) struct Observers(Vec<Observer>);

impl Observers {
    pub(crate) fn add(&mut self, observer: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.push(Arc::new(observer));
    }

    /// Tells the log, the metrics and the observers.
    pub(crate) fn tell(&self, event: &Event) {
        log(event);
        #[cfg(feature = "metrics")]
        metrics::counter!("auth_events_total", "entity" => event.entity, "event" => event.kind.name())
            .increment(1);
        for observer in &self.0 {
            observer(event);
        }
    }
}

fn log(event: &Event) {
    // The level of an event must be a constant, hence a macro.
    macro_rules! at {
        ($level:ident) => {
            tracing::event!(
                target: "auth",
                tracing::Level::$level,
                event = event.kind.name(),
                entity = event.entity,
                session = event.session.map(tracing::field::display),
                principal = event.principal.map(tracing::field::display),
                network = event.network.map(tracing::field::display),
                detail = event.kind.detail(),
            )
        };
    }
    match event.kind {
        EventKind::SessionReuseDetected => at!(ERROR),
        EventKind::LoginFailed
        | EventKind::LoginThrottled(..)
        | EventKind::StaleSecret
        | EventKind::StoreUnavailable => at!(WARN),
        EventKind::Refreshed => at!(DEBUG),
        _ => at!(INFO),
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observers", self.0.len())
    }
}
