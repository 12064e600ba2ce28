//! What the tests need besides crates: a new need is a new row of the table.

use std::fmt;

use crate::installer::Package;
use crate::invocation::Invocation;

/// All that a machine must have, in the order in which it is looked for.
pub(crate) const NEEDS: [Need; 6] = [
    Need {
        program: "rustfmt",
        min: Version(1, 0),
        source: Source::Rustup { component: "rustfmt" },
        why: "the gate checks the formatting",
    },
    Need {
        program: "cargo-clippy",
        min: Version(0, 1),
        source: Source::Rustup { component: "clippy" },
        why: "the gate denies its warnings",
    },
    Need {
        program: "redis-server",
        // The store's scripts begin with a shebang that names flags, which 7.0 brought.
        min: Version(7, 0),
        source: Source::System(Package {
            apt: "redis-server",
            brew: "redis",
            service: Some("redis-server.service"),
        }),
        why: "the suites start servers of their own, on free ports of 127.0.0.1",
    },
    Need {
        program: "curl",
        // Keeps `Secure` cookies of http://localhost, as browsers do, since 7.79.
        min: Version(7, 79),
        source: Source::System(Package { apt: "curl", brew: "curl", service: None }),
        why: "the quickstarts print commands for it, which a test tries",
    },
    Need {
        program: "chromium",
        // `--headless=new`, which is the whole browser without its windows.
        min: Version(112, 0),
        source: Source::System(Package { apt: "chromium", brew: "--cask chromium", service: None }),
        why: "a browser drives the storefront",
    },
    Need {
        program: "chromedriver",
        min: Version(112, 0),
        source: Source::System(Package {
            apt: "chromium-driver",
            brew: "--cask chromedriver",
            service: None,
        }),
        why: "the suite talks to the browser by WebDriver; it must be of the browser's version",
    },
];

/// A program that must be on the search path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    /// What is run, with `--version`, to see whether it is there.
    pub(crate) program: &'static str,
    pub(crate) min: Version,
    pub(crate) source: Source,
    pub(crate) why: &'static str,
}

/// Where a program comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// A component of the toolchain that `rust-toolchain.toml` pins.
    Rustup { component: &'static str },
    /// A package of the system.
    System(Package),
}

/// What a look at this machine found of a program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Missing,
    TooOld(Version),
    Ready(Version),
}

impl Need {
    /// Looks at this machine.
    pub(crate) fn presence(&self) -> Presence {
        let answer = Invocation::new(&format!("{} --version", self.program)).read();
        answer.map_or(Presence::Missing, |answer| self.judge(&answer))
    }

    /// An answer that has no version counts as older than any.
    fn judge(&self, answer: &str) -> Presence {
        let found = Version::find_in(answer).unwrap_or(Version(0, 0));
        if found < self.min { Presence::TooOld(found) } else { Presence::Ready(found) }
    }
}

/// The two numbers of a version that tell what a program can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32);

impl Version {
    /// The first word that has a number, a dot and a number, as in `Redis server v=7.0.15 bits=64`.
    fn find_in(answer: &str) -> Option<Self> {
        answer.split_whitespace().find_map(Self::read)
    }

    fn read(word: &str) -> Option<Self> {
        let digits_first = word.trim_start_matches(|c: char| !c.is_ascii_digit());
        let (major, rest) = digits_first.split_once('.')?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        Some(Self(major.parse().ok()?, rest[..end].parse().ok()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIS: Need = NEEDS[2];

    #[test]
    fn a_version_is_found_in_what_programs_say() {
        for (answer, expected) in [
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", Version(7, 0)),
            ("Redis server v=8.2 sha=00000000:0", Version(8, 2)),
            ("rustfmt 1.8.0-stable (f2d3ce0bd3 2026-03-21)", Version(1, 8)),
            ("clippy 0.1.95 (f2d3ce0bd3 2026-03-21)", Version(0, 1)),
            ("Chromium 131.0.6778.139 built on Debian", Version(131, 0)),
            ("ChromeDriver 131.0.6778.139 (a21ce95c24ce-refs/branch-heads/6778@{#1704})", Version(131, 0)),
            ("v2 build 6.10-rc1", Version(6, 10)),
        ] {
            assert_eq!(Version::find_in(answer), Some(expected), "{answer}");
        }
    }

    #[test]
    fn an_answer_without_a_version_has_none() {
        for answer in ["", "unknown", "build 7", "7.x", "."] {
            assert_eq!(Version::find_in(answer), None, "{answer}");
        }
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(Version(7, 9) < Version(7, 10));
        assert!(Version(9, 5) < Version(10, 0));
    }

    #[test]
    fn an_old_program_is_told_from_a_ready_one() {
        assert_eq!(REDIS.judge("Redis server v=6.2.14"), Presence::TooOld(Version(6, 2)));
        assert_eq!(REDIS.judge("Redis server v=7.0.0"), Presence::Ready(Version(7, 0)));
        assert_eq!(REDIS.judge("no idea"), Presence::TooOld(Version(0, 0)));
    }

    #[test]
    fn a_program_that_cannot_be_run_is_missing() {
        let need = Need { program: "no-such-program", ..REDIS };
        assert_eq!(need.presence(), Presence::Missing);
    }
}
