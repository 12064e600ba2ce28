//! Notices that a connection answers nothing any more.
//!
//! A server that was stopped, or is behind a network that drops packets, leaves its connections open and silent: nothing
//! fails but time. After some timeouts in a row the connection is given up, so that further requests fail at once.

use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

use tokio::sync::Notify;

/// So many commands in a row without an answer are taken for a connection that is dead.
const TIMEOUTS: u32 = 3;

/// The breaker of one connection; a new connection gets a new one.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    timeouts: AtomicU32,
    reason: OnceLock<String>,
    opened: Notify,
}

impl Breaker {
    /// An answer came, whatever it says.
    pub(crate) fn answered(&self) {
        self.timeouts.store(0, Ordering::Relaxed);
    }

    /// A command got no answer in time.
    pub(crate) fn timed_out(&self) {
        if self.timeouts.fetch_add(1, Ordering::Relaxed) + 1 == TIMEOUTS {
            self.open(format!("{TIMEOUTS} commands in a row got no answer"));
        }
    }

    /// Gives the connection up.
    pub(crate) fn open(&self, reason: String) {
        if self.reason.set(reason).is_ok() {
            self.opened.notify_one();
        }
    }

    /// Waits until the connection is to be given up, and says why. For one caller.
    pub(crate) async fn opened(&self) -> String {
        loop {
            if let Some(reason) = self.reason.get() {
                return reason.clone();
            }
            // A permit is kept for a notification that came in between.
            self.opened.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_open(breaker: &Breaker) -> bool {
        breaker.reason.get().is_some()
    }

    #[tokio::test]
    async fn three_timeouts_in_a_row_open_it() {
        let breaker = Breaker::default();
        breaker.timed_out();
        breaker.timed_out();
        assert!(!is_open(&breaker));
        breaker.timed_out();
        assert!(breaker.opened().await.contains("3 commands"));
    }

    #[test]
    fn an_answer_in_between_starts_the_count_again() {
        let breaker = Breaker::default();
        for _ in 0..5 {
            breaker.timed_out();
            breaker.timed_out();
            breaker.answered();
        }
        assert!(!is_open(&breaker));
    }

    #[tokio::test]
    async fn the_first_reason_counts() {
        let breaker = Breaker::default();
        breaker.open("one".to_owned());
        breaker.open("two".to_owned());
        assert_eq!(breaker.opened().await, "one");
        assert_eq!(breaker.opened().await, "one");
    }
}
