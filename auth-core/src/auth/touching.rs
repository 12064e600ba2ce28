//! Which sessions' activity is being noted, or has just been, so that it is done once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

use crate::{session::Record, store::Timestamp};

/// So many are remembered at most. What is forgotten is noted once more, which does no harm.
const MOST: usize = 10_000;
/// For so long. What is read as it was before has been lost since, by a failover say, and is noted again.
const LONGEST: Duration = Duration::from_secs(30);

/// What was read of sessions whose activity is being noted, or has been since.
///
/// Of requests that arrive at once several may have read the same; the first one notes it for all.
#[derive(Clone, Default)]
pub(super) struct Touching(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    read: HashMap<Uuid, (Read, Instant)>,
    under_way: usize,
}

/// What activity changes of a record.
type Read = (bool, Timestamp, Timestamp);

/// The activity of one session that is being noted; unless it succeeds, another request may try.
pub(super) struct Touch {
    touching: Touching,
    id: Uuid,
    read: Read,
    succeeded: bool,
}

impl Touching {
    /// None when activity since this record has been noted, or is being.
    pub(super) fn begin(&self, id: Uuid, record: &Record) -> Option<Touch> {
        let read = (record.fresh, record.rotated, record.idle);
        let mut noted = self.lock();
        if noted.read.get(&id).is_some_and(|(before, at)| *before == read && at.elapsed() < LONGEST) {
            return None;
        }
        if noted.read.len() >= MOST {
            noted.read.clear();
        }
        noted.read.insert(id, (read, Instant::now()));
        noted.under_way += 1;
        Some(Touch { touching: self.clone(), id, read, succeeded: false })
    }

    /// Whether none is being noted.
    #[cfg(feature = "testing")]
    pub(super) fn is_done(&self) -> bool {
        self.lock().under_way == 0
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Touch {
    pub(super) fn succeeded(mut self) {
        self.succeeded = true;
    }
}

impl Drop for Touch {
    fn drop(&mut self) {
        let mut noted = self.touching.lock();
        noted.under_way -= 1;
        if !self.succeeded && noted.read.get(&self.id).is_some_and(|(read, _)| *read == self.read) {
            noted.read.remove(&self.id);
        }
    }
}
