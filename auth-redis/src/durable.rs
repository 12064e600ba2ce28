//! Ends that outlive a failover: `WAIT` until replicas have what was written.
//!
//! `WAIT` is about what its own connection has written, and nothing else is answered on that connection meanwhile. So
//! what ends sessions has a connection of its own, and one `WAIT` is for all that was written on it before.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use auth_core::store::{StoreError, StoreResult};
use tokio::{sync::Mutex, time::timeout};

use crate::{connection::Settings, error::reason, link::Link};

/// How many replicas must have what was written, and how long they have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Durable {
    replicas: u32,
    within: Duration,
}

/// The `WAIT`s of a connection: one at a time.
#[derive(Default)]
pub(crate) struct Waits {
    begun: AtomicU64,
    last: Mutex<Last>,
}

/// The one that is over.
struct Last {
    number: u64,
    reached: Reached,
}

/// How many replicas had it, or why that is not known.
type Reached = Result<u64, String>;

impl Durable {
    /// `None` where no replica is waited for.
    pub(crate) fn new(replicas: u32, within: Duration) -> Option<Self> {
        (replicas > 0).then_some(Durable { replicas, within })
    }

    /// Two in a row, another's and one's own, must fit into the time limit of a command.
    pub(crate) fn fitted(self, command_timeout: Duration) -> Self {
        // Zero would be for ever.
        let within = self.within.min(command_timeout / 2).max(Duration::from_millis(1));
        Durable { within, ..self }
    }

    /// Waits until replicas have what was written on this connection.
    pub(crate) async fn confirm(self, link: &Link, settings: &Settings) -> StoreResult<()> {
        let wait = async || link.wait(self.replicas, self.within).await.map_err(|error| reason(&error));
        let reached = timeout(settings.command_timeout, link.waits.one_from_now(wait)).await;
        let reached = reached.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let found = match reached {
            Ok(reached) if reached >= self.replicas.into() => return Ok(()),
            Ok(reached) => reached.to_string(),
            Err(reason) => format!("an unknown number ({reason})"),
        };
        let Durable { replicas, .. } = self;
        tracing::error!(
            found,
            replicas,
            "sessions were ended, and too few replicas of Redis are known to have it"
        );
        Err(StoreError::unavailable(format!(
            "it was done, but {found} of {replicas} replicas had it in time: a failover may undo it until a repetition \
             succeeds"
        )))
    }
}

impl Waits {
    /// The outcome of the first `WAIT` that begins after this call, whoever makes it.
    async fn one_from_now(&self, wait: impl AsyncFnOnce() -> Reached) -> Reached {
        let begun_before = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if last.number <= begun_before {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            let reached = wait().await;
            *last = Last { number, reached };
        }
        last.reached.clone()
    }
}

impl Default for Last {
    fn default() -> Self {
        Last { number: 0, reached: Ok(0) }
    }
}
