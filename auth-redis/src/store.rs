//! The session store: each operation is one step on one key.

use std::{fmt, sync::Arc};

use auth_core::{
    ServerKey, SessionStore,
    session::{Record, Tag},
    store::{
        Began, Created, Found, NewSession, Recalled, Renew, Renewed, Rotate, Rotated, StoreError,
        StoreResult, Timestamp, Touch, Watch, Watchers, readable,
    },
    throttle::{Count, Refused},
};
use fred::types::Value;
use uuid::Uuid;

use crate::{
    builder::RedisStoreBuilder,
    clock::Clock,
    durable::Durable,
    error::{ConnectError, Failure},
    keys::Keys,
    near_cache::{Cache, Changing},
    node::{Answer, Request, Times},
    scripts::{Call, Counted, Progress, Reply, side_by_side, unexpected},
    servers::Servers,
};

/// Sessions in Redis, version 7.0 or later, or in Valkey: one server, one behind Sentinels, or a Cluster.
///
/// Cheap to clone; all clones share one connection to each server, which is closed with the last of them. All programs that connect to
/// the same server with the same [prefix](RedisStoreBuilder::prefix) share their sessions.
///
/// No operation hangs: each command gets its answer within the [command timeout](RedisStoreBuilder::command_timeout), to a
/// twentieth, or the operation fails with [`StoreError::Unavailable`]. Most are one command; a login that seems to have begun
/// before an end of all sessions is two at the most, an end that replicas confirm one and their confirmation, and an end or an
/// update of many sessions one for each 200 or so. While Redis cannot be reached they fail at once, and within a second of its return
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
    pub(crate) servers: Servers,
    /// Where sessions are ended: with `durable_end`, the same servers by connections of their own.
    pub(crate) enders: Servers,
    pub(crate) durable: Option<Durable>,
    pub(crate) watchers: Watchers,
    pub(crate) near: Option<Arc<Cache>>,
    /// Where it is, and the prefix; no credentials.
    pub(crate) name: Arc<str>,
}

impl RedisStore {
    /// Connects to the server at `redis://[[user]:password@]host[:port][/database]`; with `rediss://`, by TLS.
    ///
    /// Or to a Cluster (`redis-cluster://`), to the primary that Sentinels name (`redis-sentinel://`), or by a Unix socket
    /// (`redis+unix://`): see [the crate's documentation](crate#which-redis).
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
        RedisStoreBuilder::new(url.into())
    }

    /// Runs a script where `key` is, with its reply's time noted.
    async fn run(
        servers: &Servers,
        key: &str,
        call: impl Fn(&Times<'_>) -> Call + Send + Sync,
    ) -> Result<(Reply, Answer), Failure> {
        let answer = servers.ask(key, &|times| Request::Call(call(times))).await?;
        let reply = Reply::read(&answer.value)?;
        answer.note(reply.time);
        Ok((reply, answer))
    }

    async fn run_at(
        &self,
        at: Tag,
        call: impl Fn(&Times<'_>) -> Call + Send + Sync,
    ) -> Result<(Reply, Answer), Failure> {
        let changing = self.changing(at);
        let (reply, answer) = Self::run(&self.servers, &self.keys().principal(at), call).await?;
        if reply.changed_nothing() {
            changing.nothing_happened();
        }
        Ok((reply, answer))
    }

    /// A program sees at once what it has changed itself, or may have.
    fn changing(&self, at: Tag) -> Changing<'_> {
        Changing::new(self.near.as_deref(), at)
    }

    fn keys(&self) -> &Keys {
        &self.servers.settings().keys
    }

    /// Waits until replicas have what an answer says was done, where that is asked for.
    async fn confirm(&self, answer: &Answer) -> StoreResult<()> {
        let Some(durable) = self.durable else { return Ok(()) };
        durable.confirm(&answer.link, self.enders.settings()).await
    }

    /// Calls a script until it is through with all sessions of a principal; the ids of those that it concerned.
    async fn in_steps(
        &self,
        at: Tag,
        word: &str,
        step: impl Fn(&Progress, &Times<'_>) -> Call + Send + Sync,
    ) -> StoreResult<Vec<Uuid>> {
        let (changing, key) = (self.changing(at), self.keys().principal(at));
        let (mut progress, mut concerned, mut place) = (Progress::start(), Vec::new(), None);
        loop {
            let (reply, answer) = Self::run(&self.enders, &key, |times| step(&progress, times)).await?;
            if reply.word != word {
                return reply.unknown();
            }
            let (next, ids) = reply.progress()?;
            concerned.extend(ids);
            // Where a scan stands means nothing to another server, nor to the same one after a restart.
            let before = place.replace(Arc::clone(&answer.link));
            let moved = before.is_some_and(|before| !Arc::ptr_eq(&before, &answer.link));
            progress = if moved { Progress::start() } else { next };
            if progress.is_done() {
                self.confirm(&answer).await?;
                if concerned.is_empty() {
                    changing.nothing_happened();
                }
                return Ok(concerned);
            }
        }
    }

    async fn try_create(&self, at: Tag, new: &NewSession) -> Result<(Reply, Answer), Failure> {
        let create = |times: &Times<'_>| {
            let call = Call::create(at, new, times.not_after(new.began), times.deadline());
            call.believing(times.not_after(Clock::begins()))
        };
        self.run_at(at, create).await
    }

    async fn count_by(&self, counts: &[Counted]) -> Result<Option<Refused>, Failure> {
        let Some(first) = counts.first() else { return Ok(None) };
        let key = self.keys().count(first.kept);
        let (reply, _) =
            Self::run(&self.servers, &key, |times| Call::count(counts, times.deadline())).await?;
        match reply.word.as_str() {
            "counted" => Ok(None),
            "refused" => Ok(Some(reply.refused()?)),
            _ => Ok(reply.unknown()?),
        }
    }

    async fn refund_by(&self, counts: &[Counted]) -> Result<(), Failure> {
        let Some(first) = counts.first() else { return Ok(()) };
        let key = self.keys().count(first.kept);
        let (reply, _) =
            Self::run(&self.servers, &key, |times| Call::refund(counts, times.deadline())).await?;
        if reply.word == "refunded" { Ok(()) } else { Ok(reply.unknown()?) }
    }

    /// Counts in two steps, since the counts are on several servers; where the second refuses, the first is taken back.
    async fn count_apart(&self, counts: &[Counted]) -> StoreResult<Option<Refused>> {
        let (beside, apart) = counts.split_at(side_by_side(counts));
        if let Some(refused) = self.count_one_by_one(apart).await? {
            return Ok(Some(Refused { which: beside.len() + refused.which, ..refused }));
        }
        let outcome = match self.count_by(beside).await {
            Err(Failure::HalfWay) => self.count_one_by_one(beside).await,
            outcome => outcome.map_err(StoreError::from),
        };
        if !matches!(outcome, Ok(None)) {
            self.take_back(apart).await;
        }
        outcome
    }

    async fn count_one_by_one(&self, counts: &[Counted]) -> StoreResult<Option<Refused>> {
        for (n, counted) in counts.iter().enumerate() {
            let outcome = self.count_by(std::slice::from_ref(counted)).await;
            if !matches!(outcome, Ok(None)) {
                self.take_back(&counts[..n]).await;
                return Ok(outcome?.map(|refused| Refused { which: n, ..refused }));
            }
        }
        Ok(None)
    }

    /// What cannot be taken back stays counted, which only refuses sooner.
    async fn take_back(&self, counts: &[Counted]) {
        for counted in counts {
            self.refund_by(std::slice::from_ref(counted)).await.ok();
        }
    }
}

impl SessionStore for RedisStore {
    fn place(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    fn login_begins(&self) -> Began {
        Clock::begins()
    }

    fn now(&self, at: Tag) -> Timestamp {
        let node = self.servers.of(&self.keys().principal(at));
        node.map_or(Timestamp::default(), |node| node.place.clock.now())
    }

    fn watch(&self, at: Tag) -> Option<Watch> {
        let watch = self.watchers.watch(at);
        if let Some(node) = self.servers.of(&self.keys().principal(at)) {
            node.follow(at, &self.watchers);
        }
        Some(watch)
    }

    fn recall(&self, at: Tag, id: Uuid) -> Option<Recalled> {
        self.near.as_ref().and_then(|_| self.servers.recall(at, id))
    }

    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        let (mut reply, answer) = self.try_create(at, &new).await?;
        // What was known of the server's clock may have been old; the reply has told it.
        if reply.word == "fenced" && answer.clock().not_after(new.began) >= reply.fence()? {
            (reply, _) = self.try_create(at, &new).await?;
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
        let answer = self.servers.ask(&self.keys().principal(at), &|_| Request::Session(at, id)).await?;
        let record = optional_record(&answer.value)?;
        if let Some(record) = &record {
            answer.keep(at, id, record);
        }
        Ok(record.map(|record| Found { record, now: answer.clock().now() }))
    }

    async fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> StoreResult<Rotated> {
        let (reply, _) = self.run_at(at, |times| Call::rotate(at, id, &step, times.deadline())).await?;
        match reply.word.as_str() {
            "next" => Ok(Rotated::Next(reply.record()?)),
            "again" => Ok(Rotated::Again(reply.record()?)),
            "same" => Ok(Rotated::Same(reply.record()?)),
            "stale" => Ok(Rotated::Stale),
            "reuse" => {
                // The answer is no, whether replicas have it in time or not.
                if self.durable.is_some() {
                    self.end(at, id).await.ok();
                }
                Ok(Rotated::Reuse(reply.record()?))
            }
            "gone" => Ok(Rotated::Gone),
            _ => reply.unknown(),
        }
    }

    async fn touch(&self, at: Tag, id: Uuid, step: Touch) -> StoreResult<bool> {
        let (reply, _) = self.run_at(at, |times| Call::touch(at, id, &step, times.deadline())).await?;
        match reply.word.as_str() {
            "touched" => Ok(true),
            "refused" => Ok(false),
            _ => reply.unknown(),
        }
    }

    async fn renew(&self, at: Tag, id: Uuid, step: Renew) -> StoreResult<Renewed> {
        let renew = |times: &Times<'_>| {
            let call = Call::renew(at, id, &step, times.not_after(step.began), times.deadline());
            call.believing(times.not_after(Clock::begins()))
        };
        let (mut reply, answer) = self.run_at(at, renew).await?;
        if reply.word == "fenced" && answer.clock().not_after(step.began) >= reply.fence()? {
            // What was known of the server's clock was old; the reply has told it.
            (reply, _) = self.run_at(at, renew).await?;
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
        let key = self.keys().principal(at);
        let (reply, _) = Self::run(&self.servers, &key, |_| Call::list(at)).await?;
        if reply.word == "listed" { reply.sessions() } else { reply.unknown() }
    }

    async fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> StoreResult<usize> {
        let step = |progress: &Progress, times: &Times<'_>| {
            Call::update(at, only, &payload, progress, times.deadline())
        };
        let mut updated = self.in_steps(at, "updated", step).await?;
        // A scan may give a field twice.
        updated.sort_unstable();
        updated.dedup();
        Ok(updated.len())
    }

    async fn count(&self, counts: Vec<Count>) -> StoreResult<Option<Refused>> {
        let counts = Counted::list(&counts);
        if self.servers.are_several() {
            self.count_apart(&counts).await
        } else {
            Ok(self.count_by(&counts).await?)
        }
    }

    async fn refund(&self, counts: Vec<Count>) -> StoreResult<()> {
        let counts = Counted::list(&counts);
        if !self.servers.are_several() {
            return Ok(self.refund_by(&counts).await?);
        }
        let (beside, apart) = counts.split_at(side_by_side(&counts));
        self.take_back(apart).await;
        match self.refund_by(beside).await {
            Err(Failure::HalfWay) => self.take_back(beside).await,
            outcome => outcome?,
        }
        Ok(())
    }

    async fn end(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        let (changing, key) = (self.changing(at), self.keys().principal(at));
        let end = if self.durable.is_some() { Call::durable_end } else { Call::end };
        let answer = self.enders.ask(&key, &|_| Request::Call(end(at, id))).await?;
        self.confirm(&answer).await?;
        if answer.value.is_null() {
            changing.nothing_happened();
        }
        optional_record(&answer.value)
    }

    async fn end_all(&self, at: Tag, keep: Option<Uuid>) -> StoreResult<Vec<Uuid>> {
        let step =
            |progress: &Progress, times: &Times<'_>| Call::end_all(at, keep, progress, times.deadline());
        let mut ended = self.in_steps(at, "ended", step).await?;
        ended.sort_unstable();
        ended.dedup();
        Ok(ended)
    }

    async fn server_key(&self, proposed: ServerKey) -> StoreResult<ServerKey> {
        let settings = self.servers.settings();
        if let Some(agreed) = settings.server_key().clone() {
            return Ok(agreed);
        }
        let name = settings.keys.server_key();
        let answer = self.servers.ask(&name, &|_| Request::ServerKey(proposed.clone())).await?;
        let key = match answer.value {
            Value::Null => proposed,
            kept => shared_key(&name, &kept)?,
        };
        tracing::warn!(
            key = name,
            "sessions are protected by a key that Redis itself keeps: whoever can read or write there can make sessions. \
             Set AUTH_KEY or call Auth::with_keys to give the program a key of its own"
        );
        Ok(settings.server_key().get_or_insert(key).clone())
    }
}

/// Shows where it is and whether it is connected; no credentials, no keys.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("servers", &self.servers).finish_non_exhaustive()
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

#[cfg(test)]
mod tests;
