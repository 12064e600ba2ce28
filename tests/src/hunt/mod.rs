//! The hunt for a session that is let in after its end: a program with a near cache is asked as fast as it can be, another
//! process ends, refreshes and changes its sessions, and Redis fails in all kinds of ways meanwhile.
//!
//! What was confirmed by the other process at a time counts for each request that is *sent* later than the bound after
//! that, whatever else happens; a request that cannot be served is answered with 503.

mod faults;
mod other;
mod visitor;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use auth_core::throttle::{Rate, Throttle};
use auth_redis::{NearCache, RedisStore};
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::other::OtherProgram;
use self::visitor::Visitor;
use crate::app::App;
use crate::{Client, Server};

pub use self::faults::Place;

/// How many ask at once.
const VISITORS: usize = 8;

/// What was seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// Requests that were let in, by what is remembered or not.
    pub let_in: usize,
    /// Requests that were refused, since the session had ended.
    pub refused: usize,
    /// Requests that could not be served.
    pub unavailable: usize,
    /// Ends and changes that the other process confirmed.
    pub changes: usize,
    /// The faults that there were, in their order.
    pub faults: Vec<&'static str>,
    /// The longest time between a confirmation and a request that was let in all the same.
    pub stalest: Duration,
    /// What must not be.
    pub mistakes: Vec<String>,
}

/// The time at which all sessions that had been opened before another time were gone.
#[derive(Clone, Copy)]
struct Flush {
    began: Instant,
    ended: Instant,
}

/// What all who take part share.
struct Hunt {
    here: Client,
    there: Client,
    bound: Duration,
    seen: Mutex<Seen>,
    flushes: Mutex<Vec<Flush>>,
}

/// Hunts for so long, in a place with faults of its own; `program` is the path of `other_program`.
pub async fn hunt(mut place: Place, program: &str, bound: Duration, time: Duration) -> Seen {
    let near = NearCache::default().bound(bound);
    let store = RedisStore::builder(place.url_here()).near_cache(near).connect().await.unwrap();
    let mut app = App::new(store.clone(), store);
    let wide = Rate { burst: 1_000_000, every: Duration::from_millis(1) };
    app.users = app.users.with_throttle(Some(Throttle { network: wide, identifier: wide, both: wide }));
    let server = Server::start(app.routes()).await;
    let other = OtherProgram::start(program, &place.url());
    let hunt = Arc::new(Hunt {
        here: server.client(),
        there: Client::of(other.address()),
        bound,
        seen: Mutex::default(),
        flushes: Mutex::default(),
    });
    let (stop, stopped) = watch::channel(false);
    let mut visitors = JoinSet::new();
    for number in 0..VISITORS {
        visitors.spawn(Visitor::new(Arc::clone(&hunt), number).stay(stopped.clone()));
    }
    let end = Instant::now() + time;
    // Both processes have agreed on a key before it can be lost.
    tokio::time::sleep(Duration::from_secs(2)).await;
    while Instant::now() < end {
        place.fail(&hunt).await;
    }
    stop.send_replace(true);
    while let Some(visitor) = visitors.join_next().await {
        visitor.expect("a visitor comes to an end");
    }
    std::mem::take(&mut *hunt.seen())
}

impl Hunt {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// When all that was open before `opened` was gone, if it is.
    fn flushed_since(&self, opened: Instant) -> Option<Instant> {
        let flushes = self.flushes.lock().unwrap();
        flushes.iter().filter(|flush| flush.began > opened).map(|flush| flush.ended).min()
    }
}

impl Seen {
    fn let_in_at(&mut self, sent: Instant, gone: Option<Instant>, bound: Duration) {
        self.let_in += 1;
        let stale = gone.map_or(Duration::ZERO, |gone| sent.saturating_duration_since(gone));
        self.stalest = self.stalest.max(stale);
        if stale > bound {
            let last = self.faults.last().copied().unwrap_or_default();
            self.mistakes
                .push(format!("let in {stale:?} after its end, or as it was then (last fault: {last})"));
        }
    }
}

/// A line for whoever reads the output of a test.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { let_in, refused, unavailable, changes, faults, stalest, mistakes } = self;
        let (faults, mistakes) = (faults.len(), mistakes.len());
        write!(
            f,
            "{let_in} let in, {refused} refused, {unavailable} not served, {changes} changes, {faults} faults; \
             the stalest was let in {stalest:?} after its end; {mistakes} mistakes"
        )
    }
}
