//! Sessions of [`auth_core`] in Redis or Valkey: the service `auth.cookies.redis`.
//!
//! ```no_run
//! use auth_core::{Auth, AuthEntity};
//! use auth_redis::{CookiesRedis, RedisStore};
//!
//! async fn handle<User>() -> Result<Auth<User>, auth_redis::ConnectError>
//! where
//!     User: AuthEntity<Service = CookiesRedis>,
//! {
//!     let store = RedisStore::connect("redis://127.0.0.1").await?;
//!     Ok(Auth::new(store))
//! }
//! ```
//!
//! # What it costs
//!
//! An authenticated request is one command (`HGET`) and one round trip; a login, a refresh, a logout and the end of all
//! sessions of a principal (for each 200 of them) are one script (`EVALSHA`) each. Requests that come in the same moment share
//! one command, up to 32 of them, and so do counts of logins and refreshes, but not in a Cluster nor with a near cache.
//!
//! One connection carries it all, but for ends with [`durable_end`](RedisStoreBuilder::durable_end), which have one of their
//! own and a `WAIT`; in a Cluster one for each primary, and the throttle takes two scripts there instead of one: network,
//! then identifier.
//!
//! With a [near cache](RedisStoreBuilder::near_cache) most authenticated requests ask nothing, and an end elsewhere counts
//! within a bound, 1 second unless set.
//!
//! # Ends that are pushed
//!
//! A script that ends a session before its time says so by `SPUBLISH` in a channel with the name of the principal's key;
//! the message is empty. A program in which something waits for an end (`Session::ended`) listens to the channels of those
//! principals, by one more connection to each server that has some of them, which is closed when nothing waits any more. A
//! session that is waited for costs one `SSUBSCRIBE`, one `HGET` each time that one of the principal's ends, and one
//! every 12 to 15 seconds, by which an end is seen that was not pushed: while that connection is not there, or in the first
//! seconds after a slot of a Cluster has moved. When the connection is there again, all who wait look at once.
//!
//! # What is in Redis
//!
//! One hash for each principal, `auth:` and a pseudonym of 16 characters, with a field for each session; it expires with
//! the last of them. There is no index and nothing is scanned. What is kept of a session's secret is a keyed digest. A
//! program without a server key of its own (the environment variable `AUTH_KEY`, or `Auth::with_keys`) has Redis keep one
//! in `auth:!key`; then whoever reads Redis, its files or its backups can make sessions.
//! A [near cache](RedisStoreBuilder::near_cache) has two keys for each connection in `auth:!near:…`, which hold a number.
//!
//! # Which Redis
//!
//! Redis 7.0 or later, or Valkey, with TLS (`rediss…`) by the feature `tls`, which is on by default:
//!
//! | URL | what it is |
//! |---|---|
//! | `redis://[[user]:password@]host[:port][/database]` | one server |
//! | `redis+unix://[[user]:password@]/path`, `unix://…` | one server, by a Unix socket |
//! | `redis-sentinel://[[user]:password@]host[:port]/service[?node=host:port&node=…]` | the primary that Sentinels name |
//! | `redis-cluster://[[user]:password@]host[:port][?node=host:port&node=…]` | a Cluster |
//!
//! An endpoint that is one address and keeps keys in shards, without being a Cluster to its clients, is none of these: it refuses
//! commands on several keys.
//!
//! Of Sentinels and of a Cluster's nodes one is enough; others are asked where that one is gone, and of several Sentinels
//! all, as one may not have heard of a failover yet, and most of them are waited for until the time to connect is over:
//! name all that there are. A failover that was followed is not gone back from, unless all Sentinels say so. Credentials
//! are for the servers, and the same for all of them; Sentinels are asked without. With `rediss-cluster://` and
//! `rediss-sentinel://` certificates must be for the names, or addresses, that the nodes have among themselves
//! (`cluster-announce-hostname`, `sentinel announce-hostnames`).
//!
//! In `redis.conf`:
//!
//! - `maxmemory-policy noeviction`: with any other policy a full memory ends sessions at random. With this one it refuses
//!   logins, with 503, and all else goes on.
//! - `hash-max-listpack-value 512`: a session takes a third less memory.
//! - `appendonly yes`, where sessions are to survive a restart.
//!
//! A user of its own needs these rights, with `<prefix>auth:*` both times where there is a prefix, and in a Cluster
//! `+cluster|slots +asking` besides, with [`durable_end`](RedisStoreBuilder::durable_end) `+wait`, and with a
//! [near cache](RedisStoreBuilder::near_cache) `+client|tracking`; without `+info` the server's version, role and policy go unchecked:
//!
//! ```text
//! ACL SETUSER app on >secret ~auth:* resetchannels &auth:* -@all +info +time +script|load +evalsha +eval
//!     +get +set +del +hget +hmget +hset +hdel +hexists +hlen +hgetall +hrandfield +hscan +pexpireat +pttl
//!     +spublish +ssubscribe +sunsubscribe
//! ```
//!
//! Without those of the last line, and `&auth:*`, programs do not tell each other of the ends of sessions.
//!
//! # When Redis stalls or dies
//!
//! Nothing hangs: each operation has its answer within the command timeout, 1 second unless set, or fails. After three
//! commands in a row without an answer the connection is given up; from then on, and while no server answers, operations
//! fail at once. Once it is back, service is within a second. What a caller gave up on has no effect when a stalled server
//! gets to it later: commands carry a deadline by the server's own clock. What may have been done is never sent again.
//!
//! Time is the server's, whatever the clocks of the machines that programs run on.
//!
//! # When a primary is failed over
//!
//! Until its replica has taken over, operations on what it had fail at once; then they go on. On one machine, with
//! `cluster-node-timeout 2000`, that took 4 seconds from a primary's death; with Sentinels and
//! `down-after-milliseconds 1000`, 2.5 seconds. In a Cluster sessions on other primaries go on meanwhile, except for the
//! second or so in which the Cluster itself says that it is down: with `cluster-require-full-coverage no` it does not.
//! Slots may move between nodes while they are used; no operation fails for it.
//!
//! Redis copies to replicas *after* it has answered. What it acknowledged in the last moment before its primary died may
//! be lost with it:
//!
//! - a login: that session is unknown, and its owner signs in again;
//! - a refresh: the former secret is the current one again. A browser that has the lost one already is answered with 401;
//!   at its next refresh, the session may be ended as one whose secret was stolen;
//! - a logout, or the end of all sessions: **the session is there again**, until it expires or is ended once more, and a
//!   login that had begun before it may succeed.
//!
//! [`RedisStoreBuilder::durable_end`] has a logout, and each end of sessions, wait until replicas have it: what was
//! confirmed then stays ended.
//!
//! To make the rest rarer, let a primary that is cut off from its replicas refuse writes, in which case they fail with 503
//! instead of being lost:
//!
//! ```text
//! min-replicas-to-write 1
//! min-replicas-max-lag 2
//! ```
//!
//! A primary that is alone on its side of a parted network goes on for programs on the same side until it notices
//! (`cluster-node-timeout` in a Cluster, never with Sentinels unless these two lines are there). Sentinels are asked each
//! second whether the primary is still the same, so that a failover on purpose is followed within two, where most of them
//! answer: else each look takes as long as a connection may.
//!
//! Servers of one Cluster, or behind the same Sentinels, should have their clocks set by NTP: deadlines and expiry are
//! off by as much as the clocks differ when keys change servers. That no login outlives an end of all sessions
//! that came after its beginning does not depend on it: where keys have changed servers meanwhile, the clock that is
//! behind counts, which may refuse such a login where there was no need.

mod address;
mod arguments;
mod breaker;
mod builder;
mod clock;
mod cluster;
mod connection;
mod deadlines;
mod durable;
mod error;
mod keys;
mod link;
mod near_cache;
mod node;
#[cfg(test)]
#[path = "../tests/support/redis_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "the suites use more of it")]
mod redis_server;
mod scripts;
mod sentinel;
mod server;
mod servers;
mod store;
mod subscriber;
mod task;
#[cfg(feature = "tls")]
mod tls;
mod together;

use auth_core::{Service, Transports};

pub use builder::RedisStoreBuilder;
pub use error::ConnectError;
pub use near_cache::NearCache;
pub use store::RedisStore;

/// `auth.cookies.redis`: sessions in cookies, kept in Redis.
///
/// ```
/// use auth_core::Service;
///
/// assert_eq!(auth_redis::CookiesRedis::ID, "auth.cookies.redis");
/// ```
#[derive(Clone, Copy, Debug)]
pub enum CookiesRedis {}

impl Service for CookiesRedis {
    const ID: &'static str = "auth.cookies.redis";
    type Store = RedisStore;
}

/// `auth.bearer.redis`: sessions in bearer tokens, kept in Redis.
#[derive(Clone, Copy, Debug)]
pub enum BearerRedis {}

impl Service for BearerRedis {
    const ID: &'static str = "auth.bearer.redis";
    const TRANSPORTS: Transports = Transports::BEARER;
    type Store = RedisStore;
}
