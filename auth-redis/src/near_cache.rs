//! The near cache: sessions that were read lately, kept in the process for as long as Redis is known to tell of changes.
//!
//! - [`cache`] has what was read, and decides what of it is still good; no I/O.
//! - [`feed`] is the task of a connection that hears of changes, and proves that it would.
//! - [`canaries`] are the keys by which it proves it; no I/O.
//!
//! Redis remembers which keys a connection has read (`CLIENT TRACKING`), and tells it on the same connection when one of
//! them changes, before it answers anything later. Two rules make what is kept safe to use:
//!
//! - **Stamps.** Who reads takes a stamp *before* the command is sent; a change that is heard of, or made by this
//!   process, makes all stamps of that principal old. So a reply that was overtaken by a change is never used, whichever
//!   of the two is looked at first.
//! - **Proof.** Nothing is used later than the bound after the last command was *sent* that this connection has answered,
//!   and after whose answer all that had been heard of was applied. It writes to a key of the connection's own that this
//!   has read, so that a server that is no primary any more does not answer it; and it counts only when the key held what
//!   was written there last, and the server told of the change: what Redis remembers of who has read what may be emptied
//!   while the sessions stay, as by a `FLUSHDB` in another database, which fred does not pass on.

use std::time::Duration;

mod cache;
mod canaries;
mod feed;
#[cfg(test)]
mod tests;

pub(crate) use cache::{Cache, Changing, Point, Stamp, Tracking};
pub(crate) use feed::feed;

/// How long a session may be let in after it was ended elsewhere: unless set, at the least, and at the most.
const BOUND: (Duration, Duration, Duration) =
    (Duration::from_secs(1), Duration::from_millis(20), Duration::from_secs(10));

/// So many sessions are kept unless set.
const SESSIONS: usize = 10_000;

/// Settings of the near cache, for [`RedisStoreBuilder::near_cache`](crate::RedisStoreBuilder::near_cache).
///
/// ```
/// use std::time::Duration;
///
/// use auth_redis::NearCache;
///
/// let near = NearCache::default().bound(Duration::from_millis(500)).sessions(50_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "settings do nothing until a builder has them"]
pub struct NearCache {
    bound: Duration,
    sessions: usize,
}

impl Default for NearCache {
    fn default() -> Self {
        NearCache { bound: BOUND.0, sessions: SESSIONS }
    }
}

impl NearCache {
    /// How long this process may let a session in after its end, or a change of what it carries, was confirmed to
    /// whoever made it elsewhere; 1 second unless set, 20 milliseconds at the least and 10 seconds at the most.
    ///
    /// While all is well it is a millisecond or so: this is for when Redis, or the network, is silent. While the cache
    /// is in use, each connection sends four small commands, in one go, every quarter of it.
    pub fn bound(mut self, bound: Duration) -> Self {
        self.bound = bound.clamp(BOUND.1, BOUND.2);
        self
    }

    /// How many sessions are kept at the most, whatever the number of servers; 10,000 unless set.
    ///
    /// One takes some 300 bytes and what it carries; one that carries more than 4 kB is not kept. So ten thousand take
    /// 5 MB or so, and 45 MB at the very most. What was used least lately makes room.
    pub fn sessions(mut self, sessions: usize) -> Self {
        self.sessions = sessions.max(1);
        self
    }
}
