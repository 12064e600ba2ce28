//! Hears of changes over a connection, and proves now and then that it would.

use std::{future::pending, pin::pin};

use fred::types::client::Invalidation;
use tokio::{
    sync::broadcast::{
        Receiver,
        error::{RecvError, TryRecvError},
    },
    time::{sleep, timeout},
};

use super::{Tracking, cache::Point, canaries::Canaries};
use crate::{keys::Keys, link::Link};

/// How often a proof is made within the bound; and how often at the most while none succeeds.
const PROOFS: (u32, u32) = (4, 40);

/// Feeds the cache for as long as the connection lasts; returns when it can hear no more, and says why.
pub(crate) async fn feed(link: &Link, keys: &Keys) -> String {
    let Some(tracking) = &link.tracking else { return pending().await };
    let mut feed = Feed { changes: link.changes(), tracking, keys, canaries: None };
    // What was read before anybody listened may have changed.
    tracking.forget();
    while feed.prove_when_wanted(link).await.is_some() {}
    tracking.forget();
    "changes are not heard of any more".to_owned()
}

struct Feed<'a> {
    changes: Receiver<Invalidation>,
    tracking: &'a Tracking,
    keys: &'a Keys,
    canaries: Option<Canaries>,
}

/// All of them give none where nothing will be heard of any more.
impl Feed<'_> {
    async fn prove_when_wanted(&mut self, link: &Link) -> Option<()> {
        let tracking = self.tracking;
        self.meanwhile(tracking.wanted.notified()).await?;
        tracking.begins_proof();
        let sent = Point::now();
        let is_proven = self.is_told(link).await?;
        if is_proven {
            tracking.prove(sent);
        } else {
            tracking.forget();
        }
        let proofs = if is_proven { PROOFS.0 } else { PROOFS.1 };
        self.meanwhile(sleep(tracking.cache.bound / proofs)).await
    }

    /// Whether the server has told of all changes that it had made when this began, and they are applied.
    async fn is_told(&mut self, link: &Link) -> Option<bool> {
        if self.canaries.is_none() {
            self.canaries = self.tracking.beside().map(|at| Canaries::new(self.keys.canaries(at)));
        }
        let Some(canaries) = &mut self.canaries else { return Some(false) };
        let (keys, number) = (canaries.keys.clone(), canaries.begin());
        // An answer that comes later proves nothing.
        let written = timeout(self.tracking.cache.bound, link.write_and_read(&keys, number));
        let before = self.meanwhile(written).await?;
        self.catch_up()?;
        if let (Some(canaries), Ok(Ok(before))) = (&mut self.canaries, before) {
            return Some(canaries.are_alive(before));
        }
        // It may not have been written. Or the server has become a replica, or the keys are another node's now.
        self.canaries = None;
        Some(false)
    }

    /// Applies what is heard of until `work` is done.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                change = self.changes.recv() => match change {
                    Ok(change) => self.apply(&change),
                    Err(RecvError::Lagged(_)) => self.tracking.forget(),
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    /// Applies what has been heard of by now.
    fn catch_up(&mut self) -> Option<()> {
        loop {
            match self.changes.try_recv() {
                Ok(change) => self.apply(&change),
                Err(TryRecvError::Lagged(_)) => self.tracking.forget(),
                Err(TryRecvError::Empty) => return Some(()),
                Err(TryRecvError::Closed) => return None,
            }
        }
    }

    fn apply(&mut self, change: &Invalidation) {
        for key in &change.keys {
            if let Some(tag) = self.keys.tag_of(key.as_bytes()) {
                self.tracking.cache.changed_at(&tag);
            } else if let Some(canaries) = &mut self.canaries {
                canaries.hear(key.as_bytes());
            }
        }
        // Should all keys be meant.
        if change.keys.is_empty() {
            self.tracking.forget();
        }
    }
}
