//! Hears of changes over a connection, and proves now and then that it would.

use std::{future::pending, pin::pin};

use fred::{error::Error, types::client::Invalidation};
use tokio::{
    sync::broadcast::{
        Receiver,
        error::{RecvError, TryRecvError},
    },
    time::{sleep, timeout},
};

use super::{Tracking, cache::Point};
use crate::{
    keys::Keys,
    link::{Link, is_answer},
};

/// How often a proof is made within the bound.
const PROOFS: u32 = 4;

/// Feeds the cache for as long as the connection lasts; returns when it can hear no more, and says why.
pub(crate) async fn feed(link: &Link, keys: &Keys) -> String {
    let Some(tracking) = &link.tracking else { return pending().await };
    let mut feed = Feed { changes: link.changes(), tracking };
    // What was read before anybody listened may have changed.
    tracking.forget();
    loop {
        let bound = tracking.cache.bound;
        let prove = async {
            tracking.wanted.notified().await;
            tracking.begins_proof();
            let sent = Point::now();
            // An answer that comes later proves nothing.
            (sent, timeout(bound, probe(link, tracking, keys)).await.ok())
        };
        let Some((sent, outcome)) = feed.meanwhile(prove).await else { break };
        if !feed.catch_up() {
            break;
        }
        match outcome {
            Some(Ok(true)) => tracking.prove(sent),
            Some(Ok(false)) => tracking.forget(),
            // The server has become a replica, say, or the key is another node's now.
            Some(Err(error)) if is_answer(&error) => tracking.forget(),
            Some(Err(_)) | None => {}
        }
        if feed.meanwhile(sleep(bound / PROOFS)).await.is_none() {
            break;
        }
    }
    tracking.forget();
    "changes are not heard of any more".to_owned()
}

/// Whether the session is still there that was when the first was read that is good; and that the server would write.
async fn probe(link: &Link, tracking: &Tracking, keys: &Keys) -> Result<bool, Error> {
    let Some((at, id)) = tracking.probe() else { return Ok(false) };
    link.would_write(&keys.principal(at), id.as_bytes()).await
}

struct Feed<'a> {
    changes: Receiver<Invalidation>,
    tracking: &'a Tracking,
}

impl Feed<'_> {
    /// Applies what is heard of until `work` is done; none where nothing will be heard of any more.
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

    /// Applies what has been heard of by now; whether more can be.
    fn catch_up(&mut self) -> bool {
        loop {
            match self.changes.try_recv() {
                Ok(change) => self.apply(&change),
                Err(TryRecvError::Lagged(_)) => self.tracking.forget(),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Closed) => return false,
            }
        }
    }

    fn apply(&self, change: &Invalidation) {
        for key in &change.keys {
            self.tracking.cache.changed_at(key.as_bytes());
        }
        // Should all keys be meant.
        if change.keys.is_empty() {
            self.tracking.forget();
        }
    }
}
