//! A program with some hundred visitors.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::throttle::{Rate, Throttle};
use auth_redis::RedisStore;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::desk::{Desk, Rules};
use super::model::{Ask, Loss};
use super::tally::Line;
use super::visitor::Visitor;
use crate::Server;
use crate::app::App;

/// Service is back when nothing has been refused for so long.
const QUIET: Duration = Duration::from_secs(1);

/// How long it may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How much, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many visitors there are.
    pub visitors: usize,
    /// How often each of them asks.
    pub pause: Duration,
    /// How long all is well at first, and once more at the end.
    pub calm: Duration,
    /// How long a fault lasts.
    pub fault: Duration,
    /// What an answer may take beyond its time limit.
    pub slack: Duration,
}

/// A program under load.
pub(super) struct Load {
    plan: Plan,
    desk: Arc<Desk>,
    visitors: JoinSet<()>,
    stop: watch::Sender<bool>,
    _server: Server,
}

impl Load {
    /// Starts the program, and returns when its visitors have been there for a while.
    pub(super) async fn start(
        plan: &Plan,
        store: RedisStore,
        durable: bool,
        spared: fn(Ask) -> bool,
    ) -> Self {
        let mut app = App::new(store.clone(), store);
        // All visitors come from one network.
        let wide = Rate { burst: 1_000_000, every: Duration::from_millis(1) };
        app.users = app.users.with_throttle(Some(Throttle { network: wide, identifier: wide, both: wide }));
        let server = Server::start(app.routes()).await;
        let rules = Rules { durable, spared, slack: plan.slack };
        let desk = Arc::new(Desk::new(server.client(), rules));
        let (stop, stopped) = watch::channel(false);
        let mut visitors = JoinSet::new();
        for number in 0..plan.visitors {
            let (mut visitor, pause, stop) =
                (Visitor::new(Arc::clone(&desk), number), plan.pause, stopped.clone());
            visitors.spawn(async move {
                sleep(pause.mul_f64(f64::from(u32::try_from(number % 97).unwrap_or(0)) / 97.0)).await;
                visitor.settle().await;
                visitor.stay(pause, stop).await;
            });
        }
        sleep(plan.calm).await;
        Load { plan: *plan, desk, visitors, stop, _server: server }
    }

    /// All that Redis has acknowledged until now is gone.
    pub(super) fn all_is_lost(&self, began: Instant) {
        self.desk.may_lose(Loss { from: began, to: Instant::now(), ends: false });
    }

    /// A primary has died just now: what it acknowledged since then is gone.
    pub(super) fn the_last_is_lost(&self, since: Instant) {
        self.desk.may_lose(Loss { from: since, to: Instant::now(), ends: true });
    }

    /// Something that was seen besides.
    pub(super) fn note(&self, note: String) {
        self.desk.tally().note = note;
    }

    /// Waits until service is back, lets the visitors go on for a while, and looks at each session once more.
    pub(super) async fn finish(mut self, fault: &'static str, mended: Instant) -> Line {
        let last = || self.desk.last_refused().unwrap_or(mended).max(mended);
        while last().elapsed() < QUIET {
            assert!(mended.elapsed() < PATIENCE, "{fault}: service is not back");
            sleep(Duration::from_millis(20)).await;
        }
        sleep(self.plan.calm).await;
        self.stop.send_replace(true);
        while let Some(visitor) = self.visitors.join_next().await {
            visitor.expect("a visitor's tasks end");
        }
        let tally = std::mem::take(&mut *self.desk.tally());
        Line::new(fault, tally, mended)
    }
}
