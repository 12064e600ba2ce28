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
    runtime::{Handle, Id},
    sync::{Notify, futures::OwnedNotified},
    time::sleep,
};

use crate::task::spawn_in;

/// The time limits of the commands of one connection.
pub(crate) struct Deadlines {
    limit: Duration,
    current: Arc<Current>,
}

/// The present moment, if there is one.
#[derive(Default)]
struct Current(Mutex<Option<Shared>>);

/// What tells the commands of a moment that their time is over.
struct Shared {
    overdue: Arc<Notify>,
    /// Whose timer it is. A command of another runtime must not depend on it: it may end, or not be driven.
    runtime: Id,
}

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
        let runtime = Handle::current();
        let overdue = Arc::<Notify>::default();
        // Made before the moment can end, so that it cannot miss it.
        let waits = Arc::clone(&overdue).notified_owned();
        {
            let mut current = self.current.lock();
            if let Some(shared) = current.as_ref().filter(|shared| shared.runtime == runtime.id()) {
                return Arc::clone(&shared.overdue).notified_owned();
            }
            *current = Some(Shared { overdue: Arc::clone(&overdue), runtime: runtime.id() });
        }
        let moment = Moment { overdue, current: Arc::clone(&self.current) };
        let limit = self.limit;
        // Not under the lock: a runtime that is ending drops the timer here.
        spawn_in(&runtime, async move {
            sleep(limit / 20).await;
            moment.is_over();
            sleep(limit).await;
        });
        waits
    }
}

impl Current {
    fn lock(&self) -> MutexGuard<'_, Option<Shared>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Moment {
    /// The next command to begin belongs to another one.
    fn is_over(&self) {
        self.current.lock().take_if(|current| Arc::ptr_eq(&current.overdue, &self.overdue));
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

    use tokio::{
        runtime::Builder,
        time::{Instant, timeout},
    };

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
        let waits = {
            let _entered = first.enter();
            deadlines.begin()
        };
        drop(first);
        second.block_on(waits);
        assert!(deadlines.current.lock().is_none());
    }

    #[test]
    fn a_runtime_that_is_over_lets_nobody_begin_to_wait() {
        let deadlines = Arc::new(Deadlines::new(Duration::from_hours(1)));
        let Ok(first) = Builder::new_current_thread().enable_time().build() else { unreachable!() };
        let handle = first.handle().clone();
        drop(first);
        let (done, ended) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let _entered = handle.enter();
            let waits = deadlines.begin();
            let over = Builder::new_current_thread().build().map(|second| second.block_on(waits));
            done.send(over.is_ok())
        });
        assert_eq!(ended.recv_timeout(Duration::from_mins(1)), Ok(true));
    }

    /// Its timer does not run out, and another runtime's command does not wait for it.
    #[test]
    fn a_runtime_that_is_not_driven_holds_up_nobody_elses_commands() {
        let deadlines = Deadlines::new(Duration::from_millis(20));
        let first = Builder::new_current_thread().enable_time().build();
        let second = Builder::new_current_thread().enable_time().build();
        let (Ok(first), Ok(second)) = (first, second) else { unreachable!() };
        let waits = {
            let _entered = first.enter();
            deadlines.begin()
        };
        let answer =
            second.block_on(async { timeout(Duration::from_mins(1), deadlines.keep(pending::<()>())).await });
        assert_eq!(answer.ok(), Some(None));
        drop((waits, first));
    }
}
