//! The session store: each operation is one step on one key.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use auth_core::{
    ServerKey, SessionStore,
    session::{Record, Tag},
    store::{
        Began, Created, Found, NewSession, Renew, Renewed, Rotate, Rotated, StoreError, StoreResult,
        Timestamp, Touch, readable,
    },
    throttle::{Count, Refused},
};
use fred::types::Value;
use uuid::Uuid;

use crate::{
    address::Address,
    clock::{self, Clock},
    connection::{Connection, Place},
    error::{ConnectError, store_error},
    keys::Keys,
    link::Link,
    scripts::{Call, Progress, Reply, unexpected},
};

/// Sessions in a Redis server, version 7.0 or later, or in Valkey.
///
/// Cheap to clone; all clones share one connection, which is closed with the last of them. All programs that connect to
/// the same server with the same [prefix](RedisStoreBuilder::prefix) share their sessions.
///
/// No operation hangs: each gets its answer within the [command timeout](RedisStoreBuilder::command_timeout), or fails
/// with [`StoreError::Unavailable`]. While Redis cannot be reached they fail at once, and within a second of its return
/// they work again.
///
/// ```no_run
/// use auth_redis::RedisStore;
///
/// # async fn example() -> Result<(), auth_redis::ConnectError> {
/// let store = RedisStore::connect("redis://127.0.0.1").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    place: Arc<Place>,
    connection: Connection,
}

/// Settings of a [`RedisStore`], from [`RedisStore::builder`].
///
/// ```no_run
/// use std::time::Duration;
///
/// use auth_redis::RedisStore;
///
/// # async fn example() -> Result<(), auth_redis::ConnectError> {
/// let store = RedisStore::builder("rediss://app:secret@cache.example.com/2")
///     .prefix("shop:")
///     .command_timeout(Duration::from_millis(500))
///     .connect_timeout(Duration::from_secs(5))
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `connect` is called"]
pub struct RedisStoreBuilder {
    url: String,
    prefix: String,
    command_timeout: Duration,
    connect_timeout: Duration,
}

impl RedisStore {
    /// Connects to the server at `redis://[[user]:password@]host[:port][/database]`; with `rediss://`, by TLS.
    ///
    /// The port is 6379 unless it says so, the database 0. Characters of a password that mean something in a URL are
    /// written with `%`, as in `%40` for `@`. With TLS a server must have a certificate that the operating system trusts;
    /// the environment variable `SSL_CERT_FILE` names a file with others.
    ///
    /// # Errors
    ///
    /// See [`RedisStoreBuilder::connect`].
    pub async fn connect(url: impl Into<String>) -> Result<Self, ConnectError> {
        Self::builder(url).connect().await
    }

    /// Connects to the server that the environment variable `REDIS_URL` names, or else to `redis://127.0.0.1`.
    ///
    /// # Errors
    ///
    /// See [`RedisStoreBuilder::connect`].
    pub async fn from_env() -> Result<Self, ConnectError> {
        Self::connect(std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1".to_owned())).await
    }

    /// Settings for a connection to the server at `url`; see [`connect`](Self::connect).
    pub fn builder(url: impl Into<String>) -> RedisStoreBuilder {
        RedisStoreBuilder {
            url: url.into(),
            prefix: String::new(),
            command_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(2),
        }
    }

    /// Runs a script, with its reply's time noted.
    async fn run(&self, call: Call) -> StoreResult<Reply> {
        let sent = self.place.clock.moment();
        let reply = Reply::read(self.ask(&call).await?)?;
        self.place.clock.note(sent, reply.time);
        Ok(reply)
    }

    async fn ask(&self, call: &Call) -> StoreResult<Value> {
        let keys = self.place.keys.on(&call.on);
        self.link()?.call(call.script, &keys, &call.arguments).await.map_err(|error| store_error(&error))
    }

    fn link(&self) -> StoreResult<Arc<Link>> {
        self.connection.link()
    }

    /// When a command that is sent now is too late to have an effect: its caller will have given up.
    fn deadline(&self) -> Timestamp {
        self.place.clock.in_at_least(self.place.command_timeout)
    }

    /// Calls a script until it is through with all sessions of a principal; the ids of those that it concerned.
    async fn in_steps(&self, word: &str, step: impl Fn(&Progress) -> Call) -> StoreResult<Vec<Uuid>> {
        let (mut progress, mut concerned) = (Progress::start(), Vec::new());
        while !progress.is_done() {
            let reply = self.run(step(&progress)).await?;
            if reply.word != word {
                return reply.unknown();
            }
            let (next, ids) = reply.progress()?;
            progress = next;
            concerned.extend(ids);
        }
        Ok(concerned)
    }

    async fn try_create(&self, at: Tag, new: &NewSession, began: Timestamp) -> StoreResult<Reply> {
        self.run(Call::create(at, new, began, self.deadline())).await
    }
}

impl SessionStore for RedisStore {
    fn place(&self) -> Option<String> {
        let Place { address, keys, .. } = &*self.place;
        Some(format!("{} {:?} {keys:?}", address.server, address.config.database))
    }

    fn login_begins(&self) -> Began {
        self.place.clock.begins()
    }

    fn now(&self, _: Tag) -> Timestamp {
        self.place.clock.now()
    }

    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        let began = self.place.clock.not_after(new.began);
        let mut reply = self.try_create(at, &new, began).await?;
        if reply.word == "fenced" {
            // What was known of the server's clock may have been old; the reply has told it.
            let fence = reply.fence()?;
            let began = self.place.clock.not_after(new.began);
            if began >= fence {
                reply = self.try_create(at, &new, began).await?;
            }
        }
        match reply.word.as_str() {
            "opened" => Ok(Created::Opened { at: reply.time, evicted: reply.ids()? }),
            "fenced" => Ok(Created::Fenced),
            "full" => Ok(Created::Full),
            "exists" => Ok(Created::Exists),
            "late" => Ok(Created::Late),
            _ => reply.unknown(),
        }
    }

    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        let key = self.place.keys.principal(at);
        let answer =
            self.link()?.read_field(&key, id.as_bytes()).await.map_err(|error| store_error(&error))?;
        Ok(optional_record(&answer)?.map(|record| Found { record, now: self.place.clock.now() }))
    }

    async fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> StoreResult<Rotated> {
        let reply = self.run(Call::rotate(at, id, &step, self.deadline())).await?;
        match reply.word.as_str() {
            "next" => Ok(Rotated::Next(reply.record()?)),
            "again" => Ok(Rotated::Again(reply.record()?)),
            "same" => Ok(Rotated::Same(reply.record()?)),
            "stale" => Ok(Rotated::Stale),
            "reuse" => Ok(Rotated::Reuse(reply.record()?)),
            "gone" => Ok(Rotated::Gone),
            _ => reply.unknown(),
        }
    }

    async fn touch(&self, at: Tag, id: Uuid, step: Touch) -> StoreResult<bool> {
        let reply = self.run(Call::touch(at, id, &step, self.deadline())).await?;
        match reply.word.as_str() {
            "touched" => Ok(true),
            "refused" => Ok(false),
            _ => reply.unknown(),
        }
    }

    async fn renew(&self, at: Tag, id: Uuid, step: Renew) -> StoreResult<Renewed> {
        let attempt = async || {
            let began = self.place.clock.not_after(step.began);
            self.run(Call::renew(at, id, &step, began, self.deadline())).await
        };
        let mut reply = attempt().await?;
        if reply.word == "fenced" && self.place.clock.not_after(step.began) >= reply.fence()? {
            // What was known of the server's clock was old; the reply has told it.
            reply = attempt().await?;
        }
        match reply.word.as_str() {
            "renewed" => Ok(Renewed::Renewed(reply.record()?)),
            "fenced" => Ok(Renewed::Fenced),
            "stale" => Ok(Renewed::Stale),
            "gone" => Ok(Renewed::Gone),
            _ => reply.unknown(),
        }
    }

    async fn list(&self, at: Tag) -> StoreResult<Vec<(Uuid, Record)>> {
        let reply = self.run(Call::list(at)).await?;
        if reply.word == "listed" { reply.sessions() } else { reply.unknown() }
    }

    async fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> StoreResult<usize> {
        let step = |progress: &Progress| Call::update(at, only, &payload, progress, self.deadline());
        let mut updated = self.in_steps("updated", step).await?;
        // A scan may give a field twice.
        updated.sort_unstable();
        updated.dedup();
        Ok(updated.len())
    }

    async fn count(&self, counts: Vec<Count>) -> StoreResult<Option<Refused>> {
        let reply = self.run(Call::count(&counts, self.deadline())).await?;
        match reply.word.as_str() {
            "counted" => Ok(None),
            "refused" => Ok(Some(reply.refused()?)),
            _ => reply.unknown(),
        }
    }

    async fn refund(&self, counts: Vec<Count>) -> StoreResult<()> {
        let reply = self.run(Call::refund(&counts, self.deadline())).await?;
        if reply.word == "refunded" { Ok(()) } else { reply.unknown() }
    }

    async fn end(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        optional_record(&self.ask(&Call::end(at, id)).await?)
    }

    async fn end_all(&self, at: Tag, keep: Option<Uuid>) -> StoreResult<Vec<Uuid>> {
        self.in_steps("ended", |progress| Call::end_all(at, keep, progress, self.deadline())).await
    }

    async fn server_key(&self, proposed: ServerKey) -> StoreResult<ServerKey> {
        if let Some(agreed) = self.place.server_key().clone() {
            return Ok(agreed);
        }
        let name = self.place.keys.server_key();
        let kept =
            self.link()?.set_or_get(&name, proposed.expose()).await.map_err(|error| store_error(&error))?;
        let key = match kept {
            Value::Null => proposed,
            kept => shared_key(&name, &kept)?,
        };
        tracing::warn!(
            key = name,
            "sessions are protected by a key that Redis itself keeps: whoever can read or write there can make sessions. \
             Set AUTH_KEY or call Auth::with_keys to give the program a key of its own"
        );
        Ok(self.place.server_key().get_or_insert(key).clone())
    }
}

/// Shows where it is and whether it is connected; no credentials, no keys.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("server", &self.place.address.server)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

fn optional_record(answer: &Value) -> StoreResult<Option<Record>> {
    match answer {
        Value::Null => Ok(None),
        answer => Ok(readable(answer.as_bytes().ok_or_else(|| unexpected("no record"))?)),
    }
}

fn shared_key(name: &str, kept: &Value) -> StoreResult<ServerKey> {
    let bytes = kept.as_bytes().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes
        .map(ServerKey::from)
        .ok_or_else(|| StoreError::unavailable(format!("the key {name} holds no server key")))
}

impl RedisStoreBuilder {
    /// What the name of every key begins with, before `auth:`; nothing unless set. Programs whose sessions must not mix,
    /// and share a server, each have a prefix of their own, such as `shop:`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a command may take, from the call to the answer; 1 second unless set, and a millisecond at least.
    ///
    /// A request waits for it when Redis is silent, so it should be well below what clients wait for. Below the time of
    /// a round trip nothing works at all.
    pub fn command_timeout(mut self, timeout: Duration) -> Self {
        self.command_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// How long it may take to reach the server, TLS included, and once more as long to sign in there; 2 seconds unless
    /// set, and a millisecond at least. This bounds [`connect`](Self::connect) and each later attempt, no request.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Connects, and checks that sessions can be kept there.
    ///
    /// A connection that is lost later is made again, for as long as the store lives.
    ///
    /// # Errors
    ///
    /// When the URL is none, nobody answers there in time, the server refuses the credentials or one of the commands
    /// that are needed, is older than 7.0, or is a replica.
    pub async fn connect(self) -> Result<RedisStore, ConnectError> {
        let place = Arc::new(Place {
            address: Address::parse(&self.url)?,
            keys: Keys::new(self.prefix),
            clock: Clock::new(),
            connect_timeout: self.connect_timeout,
            command_timeout: self.command_timeout,
            heartbeat: clock::AGE,
            server_key: Mutex::default(),
        });
        let connection = Connection::open(Arc::clone(&place)).await?;
        Ok(RedisStore { place, connection })
    }
}

#[cfg(test)]
mod tests;
