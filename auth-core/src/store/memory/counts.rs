//! Counts of logins, without a clock.

use std::collections::{BTreeSet, HashMap};

use crate::{
    store::Timestamp,
    throttle::{self, Arrival, Count, CountKey, Refused},
};

/// As many counts of logins are kept at most; then no login is let through.
pub(super) const MOST_COUNTS: usize = 100_000;

/// Counts of logins, each until it is as if nothing had been counted.
#[derive(Default)]
pub(super) struct Counts {
    arrivals: HashMap<CountKey, Arrival>,
    expiries: BTreeSet<(Arrival, CountKey)>,
}

impl Counts {
    pub(super) fn are_too_many(&self) -> bool {
        self.arrivals.len() > MOST_COUNTS
    }

    pub(super) fn count(&mut self, counts: &[Count], now: Timestamp) -> Option<Refused> {
        let mut next = Vec::with_capacity(counts.len());
        let mut refused: Option<Refused> = None;
        for (which, Count { key, rate }) in counts.iter().enumerate() {
            match throttle::count(self.arrivals.get(key).copied(), *rate, now) {
                Ok(arrival) => next.push((*key, arrival)),
                Err(wait) if refused.is_none_or(|longest| longest.wait < wait) => {
                    refused = Some(Refused { which, wait });
                }
                Err(_) => {}
            }
        }
        if refused.is_none() {
            for (key, arrival) in next {
                self.set(key, Some(arrival));
            }
        }
        refused
    }

    pub(super) fn refund(&mut self, counts: &[Count], now: Timestamp) {
        for Count { key, rate } in counts {
            if let Some(last) = self.arrivals.get(key) {
                let left = throttle::refund(*last, *rate, now);
                self.set(*key, left);
            }
        }
    }

    fn set(&mut self, key: CountKey, arrival: Option<Arrival>) {
        let before = match arrival {
            Some(arrival) => {
                self.expiries.insert((arrival, key));
                self.arrivals.insert(key, arrival)
            }
            None => self.arrivals.remove(&key),
        };
        if let Some(before) = before.filter(|before| arrival != Some(*before)) {
            self.expiries.remove(&(before, key));
        }
    }

    pub(super) fn forget_expired(&mut self, now: Timestamp) {
        while let Some((arrival, key)) = self.expiries.first().copied().filter(|(arrival, _)| *arrival <= now)
        {
            self.expiries.remove(&(arrival, key));
            self.arrivals.remove(&key);
        }
    }
}
