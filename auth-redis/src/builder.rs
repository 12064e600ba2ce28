//! Settings of a store, and how it is connected with them.

use std::{
    pin::Pin,
    sync::{Arc, Once},
    time::Duration,
};

use auth_core::store::Watchers;
#[cfg(doc)]
use auth_core::{SessionStore, store::StoreError};

use crate::{
    address::Location,
    clock,
    cluster::Cluster,
    connection::{Place, Settings},
    durable::Durable,
    error::ConnectError,
    keys::Keys,
    near_cache::{Cache, NearCache},
    sentinel::Sentinels,
    servers::Servers,
    store::RedisStore,
};

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
    durable: Option<Durable>,
    near: Option<NearCache>,
}

impl RedisStoreBuilder {
    pub(crate) fn new(url: String) -> Self {
        RedisStoreBuilder {
            url,
            prefix: String::new(),
            command_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(2),
            durable: None,
            near: None,
        }
    }

    /// What the name of every key begins with, before `auth:`; nothing unless set. Programs whose sessions must not mix,
    /// and share a server, each have a prefix of their own, such as `shop:`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a command may take, from the call to the answer; 1 second unless set, and a millisecond at least. Commands
    /// that begin at about the same time are given up together, so that one may wait for a twentieth longer.
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

    /// Has each end of sessions wait until so many replicas have it, for `within` at the longest, so that no failover to
    /// one of them brings the sessions back; none unless set.
    ///
    /// It concerns [`end`](SessionStore::end) and [`end_all`](SessionStore::end_all) (logout, revocation, a changed
    /// password) and [`update`](SessionStore::update). Where too few replicas have it in time, the session *is* ended on
    /// the primary, and the operation fails with [`StoreError::Unavailable`]: to a client 503, with its cookie as it was,
    /// so that it tries again. Repeating it waits for the replicas once more, and succeeds as an end of what is not
    /// there: `end` gives `None`, so that a second `POST /user/logout` is answered with 401 once they have it, and with
    /// 503 until then; no event tells of an end that was not confirmed. What a login ends of the same principal is not
    /// waited for. What a refresh ends, as its secret has been used before, is, and its answer is the same either way.
    ///
    /// As many as there are replicas make it certain, and then all ends fail while one is missing; fewer make it as
    /// certain as that one of those that have it is promoted. For ends the store has a second connection to each server,
    /// on which `WAIT` holds up nothing else. `within` is half of the [command timeout](Self::command_timeout) at the
    /// most, and an end then takes at most twice the command timeout. The user needs the right `+wait`.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use auth_redis::RedisStore;
    /// # async fn example() -> Result<(), auth_redis::ConnectError> {
    /// let store = RedisStore::builder("redis-sentinel://10.0.0.1/sessions")
    ///     .durable_end(1, Duration::from_millis(300))
    ///     .connect()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn durable_end(mut self, replicas: u32, within: Duration) -> Self {
        self.durable = Durable::new(replicas, within);
        self
    }

    /// Has this process remember sessions that it has read, so that most requests are answered without asking Redis; off
    /// unless set.
    ///
    /// Redis tells the process when one of them changes (`CLIENT TRACKING`, RESP3), which takes a millisecond or so. What
    /// is promised, also when Redis stalls, is failed over or moved, when messages pile up, or the machine was suspended:
    /// **a session that was ended elsewhere is refused here from [`bound`](NearCache::bound) after that was confirmed, at
    /// the latest**, 1 second unless set; and what an [`update`](SessionStore::update) changed counts from then on, the
    /// rights of a user for example. What is done by this store and its clones, they see at once; limits of a session are kept exactly;
    /// and a request is let in by what is remembered, never refused. Where Redis loses an end that it had confirmed, or goes on
    /// as a primary when another one has been promoted, as in [a failover](crate#when-a-primary-is-failed-over), a session
    /// may be let in as it would be without this. The bound is in the time of the machine: where a virtual one is paused by
    /// its host, and neither of its clocks goes on, that is not counted. In a Cluster slots are to be moved as Redis 7 and
    /// its tools do it, key by key.
    ///
    /// It costs memory, [in the process](NearCache::sessions) and in Redis: some 100 bytes for each key that was read
    /// lately, by real or made-up sessions, for a million keys at the most (`tracking-table-max-keys`). Beyond it Redis
    /// drops some at random, each of which is read again: set it to several times as many as there are principals in use.
    /// While the cache is used, each connection writes to two keys of its own, and reads them, four times within the
    /// bound, in one round trip: they are below `<prefix>auth:!near:` and go a minute later. The cache is of no use while
    /// Redis refuses writes, or holds them up: then each request asks. A change is told to each process that has read the
    /// principal's key.
    ///
    /// Commands do not go together then: each request that asks, each count of a login and each refresh is a command by itself.
    ///
    /// The user needs the right `+client|tracking`. Without it, and at a server or proxy that knows none of this, a
    /// warning is logged once, and each request asks Redis as ever.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use auth_redis::{NearCache, RedisStore};
    /// # async fn example() -> Result<(), auth_redis::ConnectError> {
    /// let store = RedisStore::builder("redis://127.0.0.1")
    ///     .near_cache(NearCache::default().bound(Duration::from_millis(500)))
    ///     .connect()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn near_cache(mut self, near: NearCache) -> Self {
        self.near = Some(near);
        self
    }

    /// Connects, and checks that sessions can be kept there.
    ///
    /// A connection that is lost later is made again, for as long as the store lives.
    ///
    /// # Errors
    ///
    /// When the URL is none, nobody answers there in time, the server refuses the credentials or one of the commands
    /// that are needed, is older than 7.0, is a replica, or belongs to a Cluster that the URL does not speak of.
    pub async fn connect(self) -> Result<RedisStore, ConnectError> {
        self.connected().await
    }

    /// A future whose type nobody else knows, so that what it does is compiled here and not in each program: see
    /// `link.rs`.
    fn connected(self) -> Pin<Box<dyn Future<Output = Result<RedisStore, ConnectError>> + Send>> {
        Box::pin(async move {
            let location = Location::parse(&self.url)?;
            let name = format!("{location} {:?}", self.prefix).into();
            let near = self.near.map(Cache::new);
            let settings = Settings {
                keys: Keys::new(self.prefix),
                connect_timeout: self.connect_timeout,
                command_timeout: self.command_timeout,
                heartbeat: clock::AGE,
                nodes: matches!(location, Location::Cluster(..)),
                server_key: Arc::default(),
                near: near.clone(),
                untold: Arc::new(Once::new()),
            };
            let for_ends = Arc::new(Settings { near: None, ..settings.clone() });
            let servers = servers_at(location.clone(), &Arc::new(settings)).await?;
            let durable = self.durable.map(|durable| durable.fitted(self.command_timeout));
            let enders = match durable {
                Some(_) => servers_at(location, &for_ends).await?,
                None => servers.clone(),
            };
            Ok(RedisStore { servers, enders, durable, watchers: Watchers::default(), near, name })
        })
    }
}

async fn servers_at(location: Location, settings: &Arc<Settings>) -> Result<Servers, ConnectError> {
    let settings = Arc::clone(settings);
    match location {
        Location::One(address) => Servers::one(Place::new(address, settings)).await,
        Location::Sentinel(sentinels, service, credentials) => {
            let sentinels = Sentinels::new(sentinels, service);
            Servers::one(Place::behind(sentinels, credentials, settings)).await
        }
        Location::Cluster(first, others) => {
            Ok(Servers::Cluster(Cluster::open(first, others, settings).await?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// To fred zero means no limit, and to `WAIT` that it waits for ever.
    #[test]
    fn no_time_limit_is_zero() {
        let builder = RedisStoreBuilder::new("redis://x".to_owned())
            .command_timeout(Duration::ZERO)
            .connect_timeout(Duration::ZERO);
        assert!(!builder.command_timeout.is_zero() && !builder.connect_timeout.is_zero());
        assert_eq!(builder.durable, None);
        assert_eq!(builder.clone().durable_end(0, Duration::from_secs(1)).durable, None);
        let durable = |within| {
            let durable = builder.clone().durable_end(1, within).durable;
            durable.map(|durable| durable.fitted(Duration::from_secs(1)))
        };
        assert_eq!(durable(Duration::ZERO), Durable::new(1, Duration::from_millis(1)));
        assert_eq!(durable(Duration::from_secs(9)), Durable::new(1, Duration::from_millis(500)));
    }
}
