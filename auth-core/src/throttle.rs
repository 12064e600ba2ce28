//! How many logins may be tried: counted before credentials are looked at, and given back where they were right.
//!
//! Each login is counted by the network that it comes from (24 bits of an IPv4 address, 48 of an IPv6 one), by the
//! identifier that it names, and by the two together; in IPv6 also by the identifier and the first 64 bits, which are one
//! customer's own, so that neighbours do not wait for each other. Where one of these has too many, it is answered with 429
//! and `Retry-After`, and nothing is counted. Counting first means that parallel guesses count in full (ASVS 5.0, 6.3.1).
//!
//! # Malicious lockout
//!
//! Whoever fails on purpose against somebody else's identifier first runs into the limit of the two together, which
//! concerns the attacker's own network only. The limit of the identifier alone is so much wider that no single network
//! reaches it, nor who has one of IPv4 and one of IPv6: it refills as fast as these two may try. It is reached by an attack
//! from more networks at once, and while that goes on, everyone waits who has no session yet; when it ends, for half a
//! minute by default, and not until an administrator comes. Sessions that are open go on (ASVS 5.0, 6.1.1).

use std::{
    fmt::{self, Display, Write},
    time::Duration,
};

use crate::{
    events::ThrottledBy,
    session::{Device, Tag},
    store::Timestamp,
};

/// Limits on the logins of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// From one network, whatever the identifiers.
    pub network: Rate,
    /// With one identifier, from whatever networks.
    pub identifier: Rate,
    /// With one identifier from one network; in IPv6 from one /64, and from the /48 around, which may try twice as
    /// many at once.
    pub both: Rate,
}

/// So many at once, then one each so often: GCRA, the generic cell rate algorithm (ITU-T I.371, annex A).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many are let through at once.
    pub burst: u32,
    /// How long it takes until one more is.
    pub every: Duration,
}

impl Rate {
    /// Twice as many at once, and no more often: one line of IPv4 and one network of IPv6 together must not use an
    /// identifier up.
    fn twice_at_once(self) -> Self {
        Rate { burst: self.burst.saturating_mul(2), ..self }
    }
}

impl Throttle {
    /// From one network 100, then one each 2 seconds; with one identifier 60, then one each 30 seconds; with one
    /// identifier from one network 10, then one each minute.
    ///
    /// NIST SP 800-63B-4, section 3.2.2, allows at most 100 failed attempts in a row on one account.
    pub const DEFAULT: Throttle = Throttle {
        network: Rate { burst: 100, every: Duration::from_secs(2) },
        identifier: Rate { burst: 60, every: Duration::from_secs(30) },
        both: Rate { burst: 10, every: Duration::from_mins(1) },
    };
}

/// A count of logins that a store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Where it is kept.
    pub key: CountKey,
    /// Its limit.
    pub rate: Rate,
}

/// Where a count is kept: a hash, so that a store learns no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountKey(pub(crate) Tag);

impl CountKey {
    /// The key of a count of an entity's logins, `what` is counted being a text.
    #[must_use]
    pub fn of(entity: &str, what: &str) -> Self {
        CountKey(Tag::of(entity, what))
    }

    /// The key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// As base64url: 16 characters.
impl Display for CountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Too many: which count it was, and how long until one more is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The position in the list that was counted by.
    pub which: usize,
    /// How long to wait.
    pub wait: Duration,
}

impl Throttle {
    /// What to count a login by, with what each is called. Without a network, by the identifier alone, which is
    /// [`normalized`].
    pub(crate) fn counts(
        &self,
        entity: &str,
        identifier: &str,
        device: &Device,
    ) -> Vec<(ThrottledBy, Count)> {
        let mut text = String::with_capacity(64 + identifier.len());
        let mut count = |what: fmt::Arguments<'_>, rate: Rate| {
            text.clear();
            // Memory grows as it must: this does not fail.
            text.write_fmt(what).ok();
            Count { key: CountKey::of(entity, &text), rate }
        };
        let mut counts = Vec::with_capacity(4);
        let of_identifier = count(format_args!("identifier\0{identifier}"), self.identifier);
        counts.push((ThrottledBy::Identifier, of_identifier));
        if let Some(network) = device.network {
            let mut both = |place: &dyn Display, rate: Rate| {
                let of_both = count(format_args!("both\0{place}\0{identifier}"), rate);
                counts.push((ThrottledBy::Both, of_both));
            };
            if let Some(line) = device.line {
                both(&line, self.both);
                both(&network, self.both.twice_at_once());
            } else {
                both(&network, self.both);
            }
            let of_network = count(format_args!("network\0{network}"), self.network);
            counts.push((ThrottledBy::Network, of_network));
        }
        counts
    }
}

/// The same for all spellings that a user would take for the same: NFKC, lower case, without combining marks or blanks
/// around it; at most 256 bytes.
pub(crate) fn normalized(identifier: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    let identifier = identifier.trim();
    let mut text: String = if identifier.is_ascii() {
        // Most are, and the rest does nothing to them.
        identifier.to_ascii_lowercase()
    } else {
        let plain = identifier.nfkd().filter(|c| !is_combining_mark(*c));
        plain.nfkc().flat_map(char::to_lowercase).collect()
    };
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

const LONGEST: usize = 256;

/// When the last of what was let through would have come if it had come one by one: all that a count is.
pub type Arrival = Timestamp;

/// One more: the count's new value, or how long to wait.
///
/// # Errors
///
/// When there have been too many.
pub fn count(last: Option<Arrival>, rate: Rate, now: Timestamp) -> Result<Arrival, Duration> {
    let now = now.to_millis();
    // A clock that stepped back cannot lock anybody out for longer than a full burst.
    let furthest = now + rate.every * rate.burst;
    let next = last.unwrap_or(now).max(now).min(furthest) + rate.every;
    let early = next.since(furthest);
    if early.is_zero() { Ok(next) } else { Err(early) }
}

/// One less: what is left of a count that one was taken back from; `None` where nothing is.
#[must_use]
pub fn refund(last: Arrival, rate: Rate, now: Timestamp) -> Option<Arrival> {
    let left = last.before(rate.every);
    (left > now.to_millis()).then_some(left)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const RATE: Rate = Rate { burst: 3, every: Duration::from_secs(10) };
    const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    #[test]
    fn a_burst_passes_and_then_one_each_so_often() {
        let mut last = None;
        for _ in 0..3 {
            last = Some(count(last, RATE, START).unwrap());
        }
        assert_eq!(count(last, RATE, START), Err(RATE.every));
        let almost = Duration::from_millis(9_999);
        assert_eq!(count(last, RATE, START + almost), Err(Duration::from_millis(1)));
        last = Some(count(last, RATE, START + RATE.every).unwrap());
        assert!(count(last, RATE, START + RATE.every).is_err());
        // After a long time a whole burst passes again, and no more.
        let later = START + 100 * RATE.every;
        for _ in 0..3 {
            last = Some(count(last, RATE, later).unwrap());
        }
        assert!(count(last, RATE, later).is_err());
    }

    #[test]
    fn what_is_given_back_can_be_used_again() {
        let mut last = None;
        for _ in 0..3 {
            last = Some(count(last, RATE, START).unwrap());
        }
        last = refund(last.unwrap(), RATE, START);
        last = Some(count(last, RATE, START).unwrap());
        assert!(count(last, RATE, START).is_err());
        let one = count(None, RATE, START).unwrap();
        assert_eq!(refund(one, RATE, START), None);
    }

    #[test]
    fn a_clock_that_steps_back_locks_for_a_burst_at_most() {
        let last = count(None, RATE, START + 1000 * RATE.every).unwrap();
        assert_eq!(count(Some(last), RATE, START), Err(RATE.every));
    }

    #[test]
    fn spellings_of_one_identifier_are_counted_together() {
        for spelling in [
            "Ann@Example.com",
            " ann@example.com\t",
            "ａnn@example.com",
            "A\u{301}nn@example.com",
            "Ánn@EXAMPLE.COM",
        ] {
            assert_eq!(normalized(spelling), "ann@example.com", "{spelling}");
        }
        assert!(normalized(&"é".repeat(10_000)).len() <= LONGEST);
        assert!(normalized(&"語".repeat(10_000)).len() <= LONGEST);
    }

    /// Nor can who has a network of IPv4 and all lines of one of IPv6.
    #[test]
    fn one_network_cannot_use_an_identifier_up() {
        let Throttle { identifier, both, .. } = Throttle::DEFAULT;
        let mut of_both = [(both, None), (both.twice_at_once(), None)];
        let mut of_identifier = None;
        for second in 0..24 * 3600 {
            let now = START + Duration::from_secs(second);
            for (rate, last) in &mut of_both {
                if let Ok(next) = count(*last, *rate, now) {
                    *last = Some(next);
                    of_identifier =
                        Some(count(of_identifier, identifier, now).expect("another network still gets in"));
                }
            }
        }
    }

    #[test]
    fn an_ipv6_network_may_have_as_many_as_a_line_and_one_of_ipv4_together() {
        assert_eq!(RATE.twice_at_once(), Rate { burst: 6, every: RATE.every });
        assert_eq!(Rate { burst: u32::MAX, ..RATE }.twice_at_once().burst, u32::MAX);
    }

    #[test]
    fn whoever_is_counted_apart_has_a_key_apart() {
        let keys = [("user", "ann"), ("user", "bob"), ("account", "ann")].map(|(e, i)| CountKey::of(e, i));
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            assert_ne!(keys[one].as_bytes(), keys[other].as_bytes());
            assert_ne!(keys[one].to_string(), keys[other].to_string());
        }
        assert_eq!(keys[0].to_string().len(), 16);
    }

    #[test]
    fn lines_of_an_ipv6_network_are_counted_apart_and_together() {
        let counts = |address: &str| {
            let device = Device::new(None, Some(address.parse().unwrap()));
            Throttle::DEFAULT.counts("user", "ann", &device)
        };
        assert_eq!(counts("192.0.2.7").len(), 3);
        let (here, beside, elsewhere) =
            (counts("2001:db8:7:8::1"), counts("2001:db8:7:9::1"), counts("2001:db8:8:8::1"));
        let same =
            |other: &[(ThrottledBy, Count)]| here.iter().zip(other).map(|(a, b)| a == b).collect::<Vec<_>>();
        assert_eq!(same(&counts("2001:db8:7:8:ffff::2")), [true; 4]);
        assert_eq!(same(&beside), [true, false, true, true], "identifier, /64, /48, network");
        assert_eq!(same(&elsewhere), [true, false, false, false]);
    }
}
