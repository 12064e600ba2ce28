//! Lifetimes and limits.

use std::{num::NonZeroU16, time::Duration};

/// How long sessions live and how many a principal may have.
///
/// ```
/// use std::time::Duration;
/// use auth_core::Policy;
///
/// let policy = Policy::new(Duration::from_secs(15 * 60), Duration::from_secs(12 * 3600))?;
/// assert_eq!(policy.idle(), Duration::from_secs(900));
/// # Ok::<(), auth_core::InvalidPolicy>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    idle: Duration,
    absolute: Duration,
    grace: Duration,
    limit: SessionLimit,
}

/// How many sessions a principal may have, and what happens at one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimit {
    /// At most this many; 100 is the most that can be asked for.
    pub sessions: NonZeroU16,
    /// What a login does when there are as many already.
    pub when_full: WhenFull,
}

/// What a login does when the principal has as many sessions as the limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It ends the oldest one.
    EndOldest,
    /// It is refused.
    Refuse,
}

/// Lifetimes or limits that contradict themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPolicy {
    /// A lifetime of less than a second.
    #[error("a session lives for {0:?}, and a second is the least")]
    TooShort(Duration),
    /// More than browsers keep a cookie: RFC 6265bis, section 5.5.
    #[error("a session lives for {0:?}, and 400 days are the most that browsers keep a cookie")]
    TooLong(Duration),
    /// An idle limit behind the absolute one.
    #[error(
        "a session ends after {absolute:?} at the latest, so an idle time of {idle:?} would mean nothing"
    )]
    IdleOverAbsolute {
        /// The idle time.
        idle: Duration,
        /// The absolute one.
        absolute: Duration,
    },
    /// A grace time of less than a second, or more than an hour.
    #[error("a grace time is a second at the least and an hour at the most, found {0:?}")]
    Grace(Duration),
    /// A limit that no store could hold cheaply.
    #[error("a principal may have {0} sessions, and 100 is the most that can be asked for")]
    TooManySessions(u16),
}

impl Policy {
    /// What an entity gets that says nothing: 30 minutes idle and 24 hours in all, within AAL2 of NIST SP 800-63B-4
    /// (at most 1 hour and 24 hours); 100 sessions, then the oldest one ends.
    pub const DEFAULT: Policy = Policy {
        idle: Duration::from_mins(30),
        absolute: Duration::from_hours(24),
        grace: Duration::from_secs(30),
        limit: SessionLimit { sessions: MOST_SESSIONS, when_full: WhenFull::EndOldest },
    };

    /// Sessions that end after `idle` without use, and after `absolute` in any case.
    ///
    /// # Errors
    ///
    /// When one of them is below a second or above 400 days, or `idle` is longer than `absolute`.
    pub const fn new(idle: Duration, absolute: Duration) -> Result<Self, InvalidPolicy> {
        if idle.as_secs() == 0 {
            return Err(InvalidPolicy::TooShort(idle));
        }
        if absolute.as_secs() == 0 {
            return Err(InvalidPolicy::TooShort(absolute));
        }
        if absolute.as_secs() > LONGEST.as_secs() {
            return Err(InvalidPolicy::TooLong(absolute));
        }
        if idle.as_nanos() > absolute.as_nanos() {
            return Err(InvalidPolicy::IdleOverAbsolute { idle, absolute });
        }
        Ok(Policy { idle, absolute, ..Policy::DEFAULT })
    }

    /// The same with another limit of sessions.
    ///
    /// # Errors
    ///
    /// When it allows more than 100.
    pub const fn with_limit(self, limit: SessionLimit) -> Result<Self, InvalidPolicy> {
        if limit.sessions.get() > MOST_SESSIONS.get() {
            return Err(InvalidPolicy::TooManySessions(limit.sessions.get()));
        }
        Ok(Policy { limit, ..self })
    }

    /// The same with another grace time: how long the secret before a refresh stays good once the new one has been
    /// seen in use. It must be longer than a request of an honest client can take; 30 seconds unless set.
    ///
    /// # Errors
    ///
    /// When it is below a second or above an hour.
    pub const fn with_grace(self, grace: Duration) -> Result<Self, InvalidPolicy> {
        if grace.as_secs() == 0 || grace.as_secs() > 3600 {
            return Err(InvalidPolicy::Grace(grace));
        }
        Ok(Policy { grace, ..self })
    }

    /// How long a session lives unused.
    #[must_use]
    pub const fn idle(&self) -> Duration {
        self.idle
    }

    /// How long a session lives at most.
    #[must_use]
    pub const fn absolute(&self) -> Duration {
        self.absolute
    }

    /// How long the secret before a refresh stays good once the new one has been seen in use.
    #[must_use]
    pub const fn grace(&self) -> Duration {
        self.grace
    }

    /// How many sessions a principal may have.
    #[must_use]
    pub const fn limit(&self) -> SessionLimit {
        self.limit
    }
}

/// RFC 6265bis, section 5.5.
const LONGEST: Duration = Duration::from_hours(9600);
const MOST_SESSIONS: NonZeroU16 = match NonZeroU16::new(100) {
    Some(most) => most,
    None => unreachable!(),
};

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn the_limits_themselves_are_allowed_and_nothing_past_them() {
        assert!(Policy::new(SECOND, SECOND).is_ok());
        assert!(Policy::new(DAY, 400 * DAY).is_ok());
        let almost = Duration::from_millis(999);
        assert_eq!(Policy::new(almost, DAY), Err(InvalidPolicy::TooShort(almost)));
        assert_eq!(Policy::new(SECOND, almost), Err(InvalidPolicy::TooShort(almost)));
        assert_eq!(Policy::new(DAY, 400 * DAY + SECOND), Err(InvalidPolicy::TooLong(400 * DAY + SECOND)));
        let (idle, absolute) = (2 * SECOND, SECOND);
        assert_eq!(Policy::new(idle, absolute), Err(InvalidPolicy::IdleOverAbsolute { idle, absolute }));
    }

    #[test]
    fn a_hundred_sessions_are_the_most() {
        let limit = |n| SessionLimit {
            sessions: NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN),
            when_full: WhenFull::Refuse,
        };
        assert!(Policy::DEFAULT.with_limit(limit(100)).is_ok());
        assert_eq!(Policy::DEFAULT.with_limit(limit(101)), Err(InvalidPolicy::TooManySessions(101)));
    }
}
