//! A server that a store works with: what it is asked, and what it answers.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use auth_core::{
    ServerKey,
    session::{Record, Tag},
    store::{Began, Recalled, Timestamp, Watchers},
};
use fred::{error::Error, types::Value};
use uuid::Uuid;

use crate::{
    clock::{Clock, Moment},
    connection::{Connection, Place},
    link::{Link, Manner},
    near_cache::{Point, Stamp},
    scripts::Call,
    subscriber::Subscriber,
};

/// One server, with the connection to it.
pub(crate) struct Node {
    pub(crate) place: Arc<Place>,
    pub(crate) connection: Connection,
    /// There since somebody waited for an end of a session.
    subscriber: OnceLock<Subscriber>,
    /// When it was asked last, in microseconds.
    asked: AtomicU64,
}

/// What a server is asked.
pub(crate) enum Request {
    Call(Call),
    Session(Tag, Uuid),
    ServerKey(ServerKey),
}

/// What it answered.
pub(crate) struct Answer {
    pub(crate) value: Value,
    /// Who it is from.
    pub(crate) from: Arc<Node>,
    /// The connection that it came on.
    pub(crate) link: Arc<Link>,
    pub(crate) sent: Moment,
    /// From before a session was read, with a near cache.
    pub(crate) stamp: Option<Stamp>,
}

/// The times of the server that is asked, which a request may carry.
pub(crate) struct Times<'a> {
    place: &'a Place,
    /// How long the caller waits.
    left: Duration,
}

impl Node {
    pub(crate) fn new(place: Arc<Place>, connection: Connection) -> Self {
        let asked = AtomicU64::new(Moment::now().as_micros());
        Node { place, connection, subscriber: OnceLock::new(), asked }
    }

    /// For a caller who waits for so long.
    pub(crate) fn times(&self, left: Duration) -> Times<'_> {
        Times { place: &self.place, left }
    }

    pub(crate) fn was_asked_within(&self, time: Duration) -> bool {
        let since = Moment::now().as_micros().saturating_sub(self.asked.load(Ordering::Relaxed));
        u128::from(since) <= time.as_micros()
    }

    /// Has `watchers` woken of what this server says about the sessions of a principal.
    pub(crate) fn follow(&self, at: Tag, watchers: &Watchers) {
        let start =
            || Subscriber::start(self.connection.clone(), Arc::clone(&self.place.settings), watchers.clone());
        self.subscriber.get_or_init(start).follow(at);
    }

    /// What is known of a session without asking.
    pub(crate) fn recall(&self, at: Tag, id: Uuid) -> Option<Recalled> {
        let link = self.connection.link().ok()?;
        let record = link.tracking.as_ref()?.recall(at, id, Point::now())?;
        Some(Recalled { record, now: self.place.clock.now() })
    }

    /// Nothing is known without asking.
    pub(crate) fn forget(&self) {
        if let Ok(link) = self.connection.link()
            && let Some(tracking) = &link.tracking
        {
            tracking.forget();
        }
    }

    /// Asks for `key` over `link`, which is one of this server's.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        link: Arc<Link>,
        key: &str,
        request: Request,
        manner: Manner,
    ) -> Result<Answer, Error> {
        let keys = &self.place.settings.keys;
        let sent = Moment::now();
        self.asked.store(sent.as_micros(), Ordering::Relaxed);
        let stamp = match (&request, &link.tracking) {
            (Request::Session(at, _), Some(tracking)) => Some(tracking.stamp(*at)),
            _ => None,
        };
        let value = match request {
            Request::Call(call) => link.call(call.script, keys.on(&call.on), call.arguments, manner).await,
            Request::Session(_, id) => link.read_field(key, id.as_bytes(), manner).await,
            Request::ServerKey(proposed) => link.set_or_get(key, proposed.expose(), manner).await,
        }?;
        Ok(Answer { value, from: Arc::clone(self), link, sent, stamp })
    }
}

impl Times<'_> {
    /// When a command that is sent now is too late to have an effect: its caller will have given up.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.place.clock.in_at_least(self.left)
    }

    /// When a login began, at the latest.
    pub(crate) fn not_after(&self, began: Began) -> Timestamp {
        self.place.clock.not_after(began)
    }
}

impl Answer {
    /// Takes note of the server's time, which was in the answer.
    pub(crate) fn note(&self, time: Timestamp) {
        self.from.place.clock.note(self.sent, time);
    }

    /// Keeps the session that was in the answer, with a near cache.
    pub(crate) fn keep(&self, at: Tag, id: Uuid, record: &Record) {
        if let (Some(tracking), Some(stamp)) = (&self.link.tracking, self.stamp) {
            tracking.keep(at, id, stamp, record);
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.from.place.clock
    }
}
