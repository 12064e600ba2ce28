//! One time limit for many commands.
//!
//! Here all commands that begin within the same moment, a twentieth of the limit, share a timer. It is set when the first
//! of them begins and runs out when the last of them has had its time: each waits as long as it may, and at most a moment
//! longer. That is little more than half of what a timer for each command costs.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, futures::OwnedNotified},
    time::sleep,
};

/// The time limits of the commands of one connection.
pub(crate) struct Deadlines {
    limit: Duration,
    current: Arc<Current>,
}

/// What tells the commands of the present moment that their time is over, if there are any.
#[derive(Default)]
struct Current(Mutex<Option<Arc<Notify>>>);

/// The commands of one moment. When it is dropped their time is over: also when the runtime ends with the timer in it.
struct Moment {
    overdue: Arc<Notify>,
    current: Arc<Current>,
}

impl Deadlines {
    pub(crate) fn new(limit: Duration) -> Self {
        Deadlines { limit, current: Arc::default() }
    }

    /// What `command` gives, unless it takes too long.
    pub(crate) async fn keep<T>(&self, command: impl Future<Output = T>) -> Option<T> {
        let overdue = self.begin();
        tokio::select! {
            biased;
            answer = command => Some(answer),
            () = overdue => None,
        }
    }

    fn begin(&self) -> OwnedNotified {
        let mut current = self.current.lock();
        let overdue = current.get_or_insert_with(|| self.moment());
        // Made under the lock, so that it cannot miss the end of its moment.
        Arc::clone(overdue).notified_owned()
    }

    fn moment(&self) -> Arc<Notify> {
        let moment = Moment { overdue: Arc::default(), current: Arc::clone(&self.current) };
        let (overdue, limit) = (Arc::clone(&moment.overdue), self.limit);
        tokio::spawn(async move {
            sleep(limit / 20).await;
            moment.is_over();
            sleep(limit).await;
        });
        overdue
    }
}

impl Current {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Moment {
    /// The next command to begin belongs to another one.
    fn is_over(&self) {
        self.current.lock().take_if(|current| Arc::ptr_eq(current, &self.overdue));
    }
}

impl Drop for Moment {
    fn drop(&mut self) {
        self.is_over();
        self.overdue.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::{runtime::Builder, time::Instant};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);
    const MOMENT: Duration = Duration::from_millis(50);

    #[tokio::test(start_paused = true)]
    async fn a_command_that_begins_at_any_time_waits_for_its_limit_and_a_moment_at_most() {
        let deadlines = Arc::new(Deadlines::new(LIMIT));
        let commands: Vec<_> = (0..200)
            .map(|n| {
                let deadlines = Arc::clone(&deadlines);
                tokio::spawn(async move {
                    sleep(Duration::from_millis(n * 7)).await;
                    let begun = Instant::now();
                    assert_eq!(deadlines.keep(pending::<()>()).await, None);
                    begun.elapsed()
                })
            })
            .collect();
        for command in commands {
            let waited = command.await.unwrap_or_default();
            // The timer counts in milliseconds.
            assert!((LIMIT..=LIMIT + MOMENT + Duration::from_millis(2)).contains(&waited), "{waited:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_answered_or_dropped_leaves_nothing_behind() {
        let deadlines = Deadlines::new(LIMIT);
        assert_eq!(deadlines.keep(ready(7)).await, Some(7));
        let dropped = tokio::time::timeout(MOMENT / 2, deadlines.keep(pending::<()>())).await;
        assert!(dropped.is_err());
        sleep(2 * (LIMIT + MOMENT)).await;
        assert!(deadlines.current.lock().is_none());
        assert_eq!(Arc::strong_count(&deadlines.current), 1, "no timer is left");
    }

    #[test]
    fn a_runtime_that_ends_leaves_nobody_waiting() {
        let deadlines = Arc::new(Deadlines::new(Duration::from_hours(1)));
        let first = Builder::new_current_thread().enable_time().build();
        let second = Builder::new_current_thread().enable_time().build();
        let (Ok(first), Ok(second)) = (first, second) else { unreachable!() };
        let waiting = Arc::clone(&deadlines);
        let waits = {
            let _entered = first.enter();
            waiting.begin()
        };
        drop(first);
        second.block_on(waits);
        assert!(deadlines.current.lock().is_none());
    }
}
