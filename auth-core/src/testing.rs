//! What a program's own tests need. Behind the feature `testing`; no program that is deployed should have it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::store::{Clock, Timestamp};

#[doc(hidden)]
pub mod fuzz;
mod spy;
mod steps;

pub use spy::{Counts, Spy};
#[doc(hidden)]
pub use steps::{Begun, Refresh, Steps};

/// A clock that stands still until it is moved.
///
/// ```
/// use std::time::Duration;
/// use auth_core::{MemoryStore, testing::ManualClock};
///
/// let clock = ManualClock::default();
/// let store = MemoryStore::with_clock(clock.clone());
/// clock.advance(Duration::from_secs(3600));
/// # assert!(store.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        ManualClock(Arc::new(Mutex::new(now)))
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = *now + by;
    }
}

/// On 1 January 2026.
impl Default for ManualClock {
    fn default() -> Self {
        Self::at(Timestamp::from_millis(1_767_225_600_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
