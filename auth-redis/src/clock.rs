//! The store's time, without asking for it.
//!
//! Time is Redis's own: `TIME` inside the scripts. Each reply that carries it is a sample of how far the server's clock
//! is ahead of this process's monotonic clock: the server read its clock after the command was sent and before the
//! reply was received, so that
//!
//! ```text
//! time − received  ≤  offset  ≤  time − sent
//! ```
//!
//! Each sample narrows what is known. Two clocks drift apart by 500 millionths at the most (what NTP corrects is less),
//! so that what is known gets wider by that rate as it ages. A sample that contradicts it shows that the server's clock
//! was set, or that another server answers: then what was known is dropped and the sample alone counts.
//!
//! So an estimate is off by half a round trip at the most, that of the fastest reply lately, and by half a millisecond
//! for each second since then; [`AGE`] bounds the latter at 7.5 ms while the server can be reached. When the server's
//! clock is set, the estimate is off by that until the next sample, `AGE` later at the most; by less than a round trip,
//! until a sample that was fast enough to show it.

use std::{
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use auth_core::store::{Began, Timestamp};

/// A connection that has carried no sample for this long asks for one.
pub(crate) const AGE: Duration = Duration::from_secs(15);

/// How much two clocks may drift apart: one part in so many, 500 ppm.
const DRIFT: i64 = 2000;

/// How long an estimate that proved wrong is remembered, in microseconds: longer than any login takes.
const MEMORY: u64 = crate::scripts::FENCE.as_secs() * 1_000_000;

/// So far behind that whatever a login began after, it did not.
const NEVER: i64 = i64::MIN / 2;

/// A step of the server's clock that is worth a line in the log, in microseconds.
const NOTABLE: i64 = 100_000;

/// Where all moments count from, so that they mean the same to the clocks of all servers.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What is known of the clock of a Redis server.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    known: Mutex<Known>,
}

/// A moment by this process's monotonic clock, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

#[derive(Debug, Default)]
struct Known {
    offset: Option<Offset>,
    /// Estimates that a later sample contradicted: until when they were believed, and their least offset.
    past: Vec<(Moment, i64)>,
    /// All that is known is of a server that does not answer any more.
    is_another: bool,
}

/// The bounds of the server's clock minus our own, in microseconds, as they were known at a moment.
#[derive(Clone, Copy, Debug)]
struct Offset {
    least: i64,
    greatest: i64,
    at: Moment,
}

impl Clock {
    /// The moment at which a login begins, for [`not_after`](Self::not_after).
    pub(crate) fn begins() -> Began {
        Began(Moment::now().0)
    }

    /// Takes note of the server's `time` in a reply that has just been received.
    pub(crate) fn note(&self, sent: Moment, time: Timestamp) {
        self.known().note(sent, Moment::now(), time);
    }

    /// The server's time now, as well as it is known.
    pub(crate) fn now(&self) -> Timestamp {
        let now = Moment::now();
        self.known()
            .at(now)
            .map_or(Timestamp::default(), |offset| now.plus(i64::midpoint(offset.least, offset.greatest)))
    }

    /// A point by the server's clock that is not before `after` from now has passed; zero where nothing is known.
    pub(crate) fn in_at_least(&self, after: Duration) -> Timestamp {
        let now = Moment::now();
        self.known().at(now).map_or(Timestamp::default(), |offset| now.plus(offset.greatest) + after)
    }

    /// A point by the server's clock that is not after the moment at which a login began; zero where nothing is known.
    ///
    /// By the least offset that was believed since then: the clock may have been set meanwhile.
    pub(crate) fn not_after(&self, began: Began) -> Timestamp {
        let began = Moment(began.0);
        let least = self.known().least_since(began, Moment::now());
        least.map_or(Timestamp::default(), |least| began.plus(least))
    }

    /// This server has keys now that `other` had until now: for a login that has begun, a fence may stand there by
    /// either clock, so that the one that is behind counts.
    pub(crate) fn takes_over_from(&self, other: &Clock) {
        if std::ptr::eq(self, other) {
            return;
        }
        let now = Moment::now();
        // Where nothing is known of the other, no login is taken to have begun after any fence.
        let least = other.known().least_since(now, now).unwrap_or(NEVER);
        self.known().remember(now, least);
    }

    /// Another server answers from now on. What was known of this one counts until the first answer, for want of better.
    pub(crate) fn is_of_another_server(&self) {
        self.known().is_another = true;
    }

    /// How old the last sample is.
    pub(crate) fn age(&self) -> Duration {
        let now = Moment::now();
        self.known()
            .offset
            .map_or(Duration::MAX, |offset| Duration::from_micros(now.0 - offset.at.0.min(now.0)))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn note(&mut self, sent: Moment, received: Moment, time: Timestamp) {
        let drift = received.drift_since(sent);
        let sample =
            Offset { least: received.to(time) - drift, greatest: sent.to(time) + drift, at: received };
        let Some(known) = self.at(received) else {
            self.offset = Some(sample);
            self.is_another = false;
            return;
        };
        let both = Offset {
            least: known.least.max(sample.least),
            greatest: known.greatest.min(sample.greatest),
            at: received,
        };
        if both.least <= both.greatest && !std::mem::take(&mut self.is_another) {
            self.offset = Some(both);
            return;
        }
        let step = sample.least - known.least;
        if step.abs() > NOTABLE {
            tracing::warn!(micros = step, "the clock of the Redis server was set, or another server answers");
        }
        self.remember(received, known.least);
        self.offset = Some(sample);
    }

    /// What was believed until `now`, for logins that have begun. One entry for each second will do.
    fn remember(&mut self, now: Moment, least: i64) {
        self.past.retain(|(until, _)| now.0.saturating_sub(until.0) < MEMORY);
        match self.past.last_mut() {
            Some((until, lowest)) if now.0.saturating_sub(until.0) < 1_000_000 => {
                *until = now.max(*until);
                *lowest = least.min(*lowest);
            }
            _ => self.past.push((now, least)),
        }
    }

    /// What is known at `now`, which is less than what was known before.
    fn at(&self, now: Moment) -> Option<Offset> {
        self.offset.map(|Offset { least, greatest, at }| {
            let drift = now.drift_since(at);
            Offset { least: least - drift, greatest: greatest + drift, at: now }
        })
    }

    /// The least offset that may have been at any time since `began`.
    fn least_since(&self, began: Moment, now: Moment) -> Option<i64> {
        let believed_since = self.past.iter().filter(|(until, _)| *until >= began).map(|(_, least)| *least);
        let current = self.at(now)?.least;
        Some(believed_since.fold(current, i64::min) - now.drift_since(began))
    }
}

impl Moment {
    pub(crate) fn as_micros(self) -> u64 {
        self.0
    }

    pub(crate) fn now() -> Self {
        Moment(u64::try_from(ORIGIN.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// How far two clocks can have drifted apart since `earlier`, in microseconds.
    fn drift_since(self, earlier: Moment) -> i64 {
        self.0.saturating_sub(earlier.0).cast_signed() / DRIFT
    }

    /// The server's time at this moment, by its offset.
    fn plus(self, offset: i64) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_add_signed(offset))
    }

    /// The offset by which the server's `time` at this moment was ahead.
    fn to(self, time: Timestamp) -> i64 {
        time.as_micros().cast_signed().saturating_sub(self.0.cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What happens, one after the other, to two clocks and the network between them; in microseconds.
    #[derive(Clone, Debug)]
    enum Event {
        /// A reply after some time: how long the command travelled, and how long its answer.
        Reply { after: u64, there: u64, back: u64 },
        /// The server's clock is set.
        Step(i64),
        /// Only time goes by.
        Wait(u64),
    }

    fn an_event() -> impl Strategy<Value = Event> {
        let travel = || prop_oneof![50_u64..500, 50_u64..900_000];
        prop_oneof![
            6 => (0_u64..20_000_000, travel(), travel())
                .prop_map(|(after, there, back)| Event::Reply { after, there, back }),
            // By more than a round trip: less cannot be told from a slow network.
            1 => (2_000_000_i64..20_000_000).prop_map(Event::Step),
            1 => (2_000_000_i64..20_000_000).prop_map(|by| Event::Step(-by)),
            2 => (0_u64..30_000_000).prop_map(Event::Wait),
        ]
    }

    /// A server's clock that runs too fast or too slow, and is set now and then.
    struct World {
        now: u64,
        offset: i64,
        millionths: i64,
        known: Known,
        sampled_since_step: bool,
        /// Moments of our clock, with the server's time then.
        history: Vec<(Moment, u64)>,
    }

    impl World {
        fn new(millionths: i64) -> Self {
            let known = Known::default();
            World {
                now: 0,
                offset: 1 << 50,
                millionths,
                known,
                sampled_since_step: false,
                history: Vec::new(),
            }
        }

        fn server_time(&self) -> u64 {
            let drift = self.now.cast_signed() * self.millionths / 1_000_000;
            self.now.saturating_add_signed(self.offset + drift)
        }

        fn live_through(&mut self, event: &Event) {
            match *event {
                Event::Wait(micros) => self.now += micros,
                // Two steps with no reply in between are one, which may be a small one.
                Event::Step(by) if self.sampled_since_step => {
                    self.offset += by;
                    self.sampled_since_step = false;
                }
                Event::Step(_) => {}
                Event::Reply { after, there, back } => {
                    self.now += after;
                    let sent = Moment(self.now);
                    self.now += there;
                    let time = Timestamp::from_micros(self.server_time());
                    self.now += back;
                    self.known.note(sent, Moment(self.now), time);
                    self.sampled_since_step = true;
                }
            }
            // What nobody can know: that the clock was set after the last reply before a login.
            if self.sampled_since_step {
                self.history.push((Moment(self.now), self.server_time()));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_bounds_hold_unless_the_clock_was_set_since_the_last_reply(
            millionths in -490_i64..490,
            events in proptest::collection::vec(an_event(), 1..60),
        ) {
            let mut world = World::new(millionths);
            for event in events {
                world.live_through(&event);
                if !world.sampled_since_step {
                    continue;
                }
                let now = Moment(world.now);
                let offset = world.known.at(now).map(|offset| (offset.least, offset.greatest));
                let (least, greatest) = offset.unwrap_or_default();
                let truth = now.to(Timestamp::from_micros(world.server_time()));
                prop_assert!(least - 1 <= truth && truth <= greatest + 1, "{least} {truth} {greatest}");
            }
        }

        #[test]
        fn no_login_is_taken_to_have_begun_too_late_however_the_clock_was_set(
            millionths in -490_i64..490,
            events in proptest::collection::vec(an_event(), 1..60),
        ) {
            let mut world = World::new(millionths);
            for event in events {
                world.live_through(&event);
                if !world.sampled_since_step {
                    continue;
                }
                let lately = world.history.iter().filter(|(moment, _)| world.now - moment.0 < MEMORY / 2);
                for (began, truth) in lately {
                    let taken = world.known.least_since(*began, Moment(world.now)).unwrap_or_default();
                    prop_assert!(began.0.saturating_add_signed(taken) <= truth + 1);
                }
            }
        }
    }

    #[test]
    fn fast_replies_make_it_exact_and_slow_ones_do_not_spoil_it() {
        let mut known = Known::default();
        let sample = |known: &mut Known, sent: u64, received: u64, time: u64| {
            known.note(Moment(sent), Moment(received), Timestamp::from_micros(time));
            known.offset.map(|offset| (offset.least, offset.greatest))
        };
        assert_eq!(sample(&mut known, 1_000, 1_200, 501_100), Some((499_900, 500_100)));
        assert_eq!(sample(&mut known, 2_000, 902_000, 602_000), Some((499_900 - 450, 500_100 + 450)));
        assert_eq!(sample(&mut known, 903_000, 903_020, 1_403_010), Some((499_990, 500_010)));
    }

    #[test]
    fn a_clock_that_was_set_is_believed_at_the_next_reply_and_not_for_logins_before() {
        let mut known = Known::default();
        known.note(Moment(1_000), Moment(1_000), Timestamp::from_micros(1_001_000));
        known.note(Moment(2_000), Moment(2_000), Timestamp::from_micros(9_002_000));
        assert_eq!(known.offset.map(|offset| offset.least), Some(9_000_000));
        assert_eq!(known.least_since(Moment(1_500), Moment(2_000)), Some(1_000_000));
        assert_eq!(known.least_since(Moment(2_001), Moment(2_001)), Some(9_000_000));
    }

    #[test]
    fn of_two_servers_the_one_that_is_behind_counts_for_logins_that_had_begun() {
        let sample = |known: &mut Known, at: u64, time: u64| {
            known.note(Moment(at), Moment(at + 200), Timestamp::from_micros(time));
        };
        let mut known = Known::default();
        sample(&mut known, 1_000, 501_100);
        known.is_another = true;
        // It would fit to what was known.
        sample(&mut known, 2_000, 502_150);
        assert_eq!(known.offset.map(|offset| offset.least), Some(499_950));
        assert_eq!(known.least_since(Moment(2_199), Moment(2_200)), Some(499_900));
        assert_eq!(known.least_since(Moment(2_201), Moment(2_201)), Some(499_950));

        let (one, other) = (Clock::default(), Clock::default());
        let now = Moment::now();
        one.note(now, Timestamp::from_micros(1_000_000_000));
        other.note(now, Timestamp::from_micros(2_000_000_000));
        let begun = Clock::begins();
        let alone = other.not_after(begun);
        other.takes_over_from(&one);
        assert!(alone.since(other.not_after(begun)) > Duration::from_mins(15));
        std::thread::sleep(Duration::from_millis(2));
        let later = Clock::begins();
        assert!(other.not_after(later) >= alone, "a login that begins later is not concerned");
        other.takes_over_from(&Clock::default());
        assert_eq!(other.not_after(later), Timestamp::default(), "a clock that nothing is known of");
    }

    #[test]
    fn without_a_reply_nothing_is_known() {
        let clock = Clock::default();
        assert_eq!(clock.now(), Timestamp::default());
        assert_eq!(clock.in_at_least(Duration::from_secs(1)), Timestamp::default());
        assert_eq!(clock.not_after(Clock::begins()), Timestamp::default());
        assert_eq!(clock.age(), Duration::MAX);
    }
}
