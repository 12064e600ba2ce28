//! When a session has ended, for one who waits for it: the rules, without I/O.

use std::{ops::ControlFlow, time::Duration};

use super::{lifecycle, record::Record};
use crate::store::{Found, StoreResult, Timestamp};

/// How often the store is asked at the least whether a session is still there, whatever it tells by itself.
pub(crate) const POLL: Duration = Duration::from_secs(15);

/// How soon it is asked again when it gave no answer.
const RETRY: Duration = Duration::from_secs(2);

/// For how long nobody may know whether a session is still there.
pub(crate) const SILENCE: Duration = Duration::from_mins(1);

/// So much behind a limit the store is asked whether it has been reached: clocks are not that exact.
const MARGIN: Duration = Duration::from_millis(10);

/// How a session has ended, as [`Session::ended`](super::Session::ended) tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// It was ended before its time: its user signed out, it was revoked, all were ended, its secret was stolen, or another
    /// took its place. [`events`](crate::events) say which, in the program that ended it.
    Early,
    /// It has reached its idle limit, or its absolute one.
    Expired,
    /// Nobody knows: the store has given no answer for a minute. The session may live on, but what cannot be checked must
    /// not stay open.
    Unknown,
}

/// The limits of a session, as far as they are known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) idle: Timestamp,
    pub(crate) absolute: Timestamp,
}

impl Limits {
    pub(crate) fn of(record: &Record) -> Self {
        Limits { idle: record.idle, absolute: record.absolute }
    }

    /// How the session has ended by what the store said, or how long to wait until it is asked again. It is `now` by the
    /// store's clock, as far as it is known, and the store has been `silent` for so long.
    pub(crate) fn judge(
        &mut self,
        answer: &StoreResult<Option<Found>>,
        now: Timestamp,
        silent: Duration,
    ) -> ControlFlow<Ended, Duration> {
        match answer {
            Ok(Some(found)) if lifecycle::is_expired(&found.record, found.now) => {
                ControlFlow::Break(Ended::Expired)
            }
            Ok(Some(found)) => {
                *self = Limits::of(&found.record);
                ControlFlow::Continue(POLL.min(self.idle.since(found.now) + MARGIN))
            }
            Ok(None) if now >= self.idle => ControlFlow::Break(Ended::Expired),
            Ok(None) => ControlFlow::Break(Ended::Early),
            // The idle limit may have moved meanwhile; the absolute one does not.
            Err(_) if now >= self.absolute => ControlFlow::Break(Ended::Expired),
            Err(_) if silent >= SILENCE => ControlFlow::Break(Ended::Unknown),
            Err(_) => {
                ControlFlow::Continue(RETRY.min(self.absolute.since(now)).min(SILENCE.saturating_sub(silent)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unchecked_time_subtraction)]
    use ControlFlow::{Break, Continue};

    use super::*;
    use crate::{
        session::lifecycle::tests::{ABSOLUTE, IDLE, START, opened},
        store::StoreError,
    };

    /// What follows from an answer after so long, of a session that nobody has used.
    fn judged(
        answer: StoreResult<Option<Record>>,
        after: Duration,
        silent: Duration,
    ) -> ControlFlow<Ended, Duration> {
        let now = START + after;
        let answer = answer.map(|record| record.map(|record| Found { record, now }));
        Limits::of(&opened()).judge(&answer, now, silent)
    }

    fn there(after: Duration) -> ControlFlow<Ended, Duration> {
        judged(Ok(Some(opened())), after, Duration::ZERO)
    }

    #[test]
    fn a_session_that_is_there_is_looked_at_again_and_right_behind_its_limit() {
        assert_eq!(there(Duration::ZERO), Continue(POLL));
        assert_eq!(there(IDLE - Duration::from_secs(1)), Continue(Duration::from_secs(1) + MARGIN));
        assert_eq!(there(IDLE), Break(Ended::Expired));
    }

    #[test]
    fn one_that_is_gone_was_ended_early_or_has_expired() {
        let gone = |after| judged(Ok(None), after, Duration::ZERO);
        assert_eq!(gone(IDLE - Duration::from_millis(1)), Break(Ended::Early));
        assert_eq!(gone(IDLE), Break(Ended::Expired));
    }

    #[test]
    fn without_an_answer_it_lasts_a_minute_and_never_past_the_absolute_limit() {
        let silent =
            |after, silent| judged(Err(StoreError::unavailable("gone")), after, Duration::from_secs(silent));
        assert_eq!(silent(IDLE, 0), Continue(RETRY));
        assert_eq!(silent(IDLE, 59), Continue(Duration::from_secs(1)));
        assert_eq!(silent(IDLE, 60), Break(Ended::Unknown));
        assert_eq!(silent(ABSOLUTE - Duration::from_secs(1), 0), Continue(Duration::from_secs(1)));
        assert_eq!(silent(ABSOLUTE, 0), Break(Ended::Expired));
    }

    #[test]
    fn a_limit_that_has_moved_is_the_one_that_counts() {
        let mut limits = Limits { idle: START, absolute: START };
        let found = Found { record: opened(), now: START };
        assert_eq!(limits.judge(&Ok(Some(found)), START, Duration::ZERO), Continue(POLL));
        assert_eq!((limits.idle, limits.absolute), (START + IDLE, START + ABSOLUTE));
    }
}
