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
//! sessions of a principal (for each 200 of them) are one script (`EVALSHA`) each. One connection carries it all.
//!
//! # What is in Redis
//!
//! One hash for each principal, `auth:` and a pseudonym of 16 characters, with a field for each session; it expires with
//! the last of them. There is no index and nothing is scanned. What is kept of a session's secret is a keyed digest. A
//! program without a server key of its own (the environment variable `AUTH_KEY`, or `Auth::with_keys`) has Redis keep one
//! in `auth:!key`; then whoever reads Redis, its files or its backups can make sessions.
//!
//! # Which Redis
//!
//! Redis 7.0 or later, or Valkey; one server, with TLS (`rediss://`) by the feature `tls`, which is on by default.
//! In `redis.conf`:
//!
//! - `maxmemory-policy noeviction`: with any other policy a full memory ends sessions at random. With this one it refuses
//!   logins, with 503, and all else goes on.
//! - `hash-max-listpack-value 512`: a session takes a third less memory.
//! - `appendonly yes`, where sessions are to survive a restart.
//!
//! A user of its own needs these rights, with `<prefix>auth:*` where there is a prefix; without `+info` the server's
//! version, role and policy go unchecked:
//!
//! ```text
//! ACL SETUSER app on >secret ~auth:* resetchannels -@all +info +time +script|load +evalsha +eval
//!     +get +set +del +hget +hset +hdel +hexists +hlen +hgetall +hrandfield +hscan +pexpireat +pttl
//! ```
//!
//! # When Redis stalls or dies
//!
//! Nothing hangs: each operation has its answer within the command timeout, 1 second unless set, or fails. After three
//! commands in a row without an answer the connection is given up; from then on, and while no server answers, operations
//! fail at once. Once it is back, service is within a second. What a caller gave up on has no effect when a stalled server
//! gets to it later: commands carry a deadline by the server's own clock. What may have been done is never sent again.
//!
//! Time is the server's, whatever the clocks of the machines that programs run on.

mod address;
mod breaker;
mod clock;
mod cluster;
mod connection;
mod error;
mod keys;
mod link;
mod node;
#[cfg(test)]
#[path = "../../tests/src/redis_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is a module of auth-tests, which depends on this crate")]
mod redis_server;
mod scripts;
mod sentinel;
mod server;
mod servers;
mod store;
#[cfg(feature = "tls")]
mod tls;

use auth_core::Service;

pub use error::ConnectError;
pub use store::{RedisStore, RedisStoreBuilder};

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
