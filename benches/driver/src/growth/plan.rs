//! What a deployment needs, from what was measured: the arithmetic of docs/scale.md.

use super::{nodes::Evenness, processes::Served, sizes::Filled};
use crate::{markdown::Table, plot::thousands};

pub(super) struct Measured {
    pub(super) filled: Filled,
    pub(super) served: Served,
    pub(super) evenness: Evenness,
}

const USERS: f64 = 100e6;
/// Devices that a user is signed in with on one day; sessions live for a day.
const SESSIONS_EACH: f64 = 1.5;
const REQUESTS_EACH: f64 = 100.0;
const LOGINS_EACH: f64 = 1.5;
/// The busiest second, of the mean of a day.
const PEAK: f64 = 3.0;
const DAY: f64 = 86_400.0;
/// What a node may keep, so that a replica is brought up to date and a fork is made within seconds.
const NODE_BYTES: f64 = 16e9;
/// What a node may be busy, so that the loss of some others and a burst leave it time.
const NODE_BUSY: f64 = 0.5;
/// Requests in a second that one process of a program serves.
const PROCESS_RATE: f64 = 5_000.0;

pub(super) fn drawn_up(Measured { filled, served, evenness }: &Measured) -> String {
    let sessions = USERS * SESSIONS_EACH;
    let bytes = sessions * filled.bytes * evenness.fullest;
    let by_memory = (bytes / NODE_BYTES).ceil();
    let requests = USERS * REQUESTS_EACH / DAY * PEAK;
    let logins = USERS * LOGINS_EACH / DAY * PEAK;
    let busy = (requests * served.cpu + logins * filled.create) / 1e6 * evenness.fullest;
    let by_load = (busy / NODE_BUSY).ceil();
    let primaries = by_memory.max(by_load).max(3.0);
    let processes = (requests / PROCESS_RATE).ceil();
    let traffic = requests * served.bytes * 8.0 / 1e9;
    let mut table = Table::new(&["what", "how", "result"]);
    let mut row = |what: &str, how: String, result: String| table.push([what.to_owned(), how, result]);
    let million = |count: f64| format!("{:.0} million", count / 1e6);
    row("sessions", format!("{} users × {SESSIONS_EACH}", million(USERS)), million(sessions));
    row(
        "memory of primaries",
        format!("sessions × {:.0} bytes × {:.3}", filled.bytes, evenness.fullest),
        format!("{:.0} GB", bytes / 1e9),
    );
    row("primaries, by memory", format!("÷ {:.0} GB", NODE_BYTES / 1e9), format!("{by_memory:.0}"));
    row(
        "requests, at the peak",
        format!("{} × {REQUESTS_EACH} ÷ {DAY} s × {PEAK}", million(USERS)),
        format!("{} in a second", thousands(requests)),
    );
    row(
        "logins, at the peak",
        format!("{} × {LOGINS_EACH} ÷ {DAY} s × {PEAK}", million(USERS)),
        format!("{} in a second", thousands(logins)),
    );
    row(
        "Redis's processors",
        format!(
            "(requests × {:.1} µs + logins × {:.1} µs) × {:.3}",
            served.cpu, filled.create, evenness.fullest
        ),
        format!("{busy:.1}"),
    );
    row("primaries, by load", format!("÷ {NODE_BUSY}"), format!("{by_load:.0}"));
    row("primaries", "the greater one, and 3 at least".to_owned(), format!("{primaries:.0}"));
    row("nodes", "with one replica each".to_owned(), format!("{:.0}", 2.0 * primaries));
    row(
        "processes of programs",
        format!("requests ÷ {} in a second", thousands(PROCESS_RATE)),
        format!("{processes:.0}"),
    );
    row("connections to a primary", "one of each process".to_owned(), format!("{processes:.0}"));
    row("connections of a process", "one to each primary".to_owned(), format!("{primaries:.0}"));
    row(
        "network, at the peak",
        format!("requests × {:.0} bytes", served.bytes),
        format!("{traffic:.1} Gbit/s"),
    );
    row(
        "network of a primary",
        format!("÷ {primaries:.0} × {:.3}", evenness.fullest),
        format!("{:.2} Gbit/s", traffic / primaries * evenness.fullest),
    );
    let first = if by_memory >= by_load {
        "Memory is used up first: more devices for each user, longer lifetimes and larger snapshots are what takes more \
         primaries."
    } else {
        "Processors are used up first: more requests for each user are what takes more primaries, and the near cache \
         what takes less."
    };
    format!("{table}\n\n{first}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_scarce_first_is_named() {
        let with = |bytes, cpu| {
            drawn_up(&Measured {
                filled: Filled { bytes, create: 20.0 },
                served: Served { cpu, bytes: 500.0 },
                evenness: Evenness { fullest: 1.0 },
            })
        };
        assert!(with(1e4, 1.0).contains("Memory is used up first"));
        assert!(with(10.0, 10.0).contains("Processors are used up first"));
        assert!(with(500.0, 1.0).contains("| 75 GB |"));
    }
}
