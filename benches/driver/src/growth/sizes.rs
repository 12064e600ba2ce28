//! From a thousand sessions to ten million: each operation's latency, one at a time.

use std::{fs, time::Instant};

use auth_core::SessionStore;
use auth_redis::RedisStore;

use super::sessions::{activity, fill, id, new, open, rotation, store_at, tag};
use crate::{
    Outcome, is_short,
    markdown::Table,
    plot::thousands,
    redis::{apart, cpu, memory},
    redis_server::RedisServer,
    statistics::{histogram, number, quantile, record},
};

/// What the largest size says of one session, and of one that is opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    pub(super) bytes: f64,
    /// Microseconds of Redis.
    pub(super) create: f64,
}

/// At most so many are tried of each operation.
const TRIES: u64 = 5_000;

/// Sessions are numbered by principal; those that are opened and ended again are beyond all others.
const BEYOND: u64 = 1 << 40;

/// More than a session takes, so that the machine is never full.
const AT_MOST: u64 = 600;

fn sizes() -> Vec<u64> {
    let all = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
    let fits = |size: &u64| size * AT_MOST < available() / 2;
    let most = if is_short() { 2 } else { all.len() };
    all.into_iter().take(most).filter(fits).collect()
}

/// Bytes of memory that this machine has to give.
fn available() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

pub(super) async fn measure() -> Outcome<(String, Filled)> {
    let redis = RedisServer::start().await;
    apart(&redis).await?;
    let store = store_at(&redis.url()).await?;
    let empty = memory(&redis).await?;
    let mut table = Table::new(&[
        "sessions",
        "",
        "read",
        "create",
        "rotate",
        "touch",
        "list",
        "end",
        "bytes of each",
        "opened in a second",
    ]);
    let (mut there, mut filled) = (0, Filled { bytes: f64::NAN, create: f64::NAN });
    for size in sizes() {
        eprintln!("{size} sessions");
        let (begin, cpu_before) = (Instant::now(), cpu(&redis).await?);
        fill(&store, there, size).await?;
        let opened = number(size - there);
        let rate = opened / begin.elapsed().as_secs_f64();
        let create = (cpu(&redis).await? - cpu_before) * 1e6 / opened;
        there = size;
        let bytes = (memory(&redis).await? - empty) / number(size);
        filled = Filled { bytes, create };
        let latencies = latencies(&store, size).await?;
        let row = |which: &str, figure: fn(&(f64, f64)) -> f64, rest: [String; 2]| {
            let head = [thousands(number(size)), which.to_owned()];
            let figures = latencies.iter().map(|one| format!("{:.0} µs", figure(one)));
            head.into_iter().chain(figures).chain(rest).collect::<Vec<String>>()
        };
        table.push(row("p50", |one| one.0, [format!("{bytes:.0}"), thousands(rate)]));
        table.push(row("p99", |one| one.1, [String::new(), String::new()]));
    }
    Ok((table.to_string(), filled))
}

/// p50 and p99 of read, create, rotate, touch, list and end.
async fn latencies(store: &RedisStore, size: u64) -> Outcome<[(f64, f64); 6]> {
    let tries = TRIES.min(size);
    // Others than those that were used last, so that no cache of a processor has them.
    let some = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % size;
    let fresh = |n: u64| BEYOND + size + n;
    Ok([
        timed(tries, async |n| there(store.read(tag(some(n)), id(some(n))).await?.is_some())).await?,
        timed(tries, async |n| open(store, fresh(n), new(store, fresh(n))).await).await?,
        timed(tries, async |n| {
            store.rotate(tag(fresh(n)), id(fresh(n)), rotation(fresh(n))).await?;
            Ok(())
        })
        .await?,
        timed(tries, async |n| there(store.touch(tag(some(n)), id(some(n)), activity(some(n))).await?))
            .await?,
        timed(tries, async |n| there(store.list(tag(some(n))).await?.len() == 1)).await?,
        timed(tries, async |n| there(store.end(tag(fresh(n)), id(fresh(n))).await?.is_some())).await?,
    ])
}

fn there(is_there: bool) -> Outcome {
    if is_there { Ok(()) } else { Err("a session that should be there is not".into()) }
}

async fn timed(tries: u64, step: impl AsyncFn(u64) -> Outcome) -> Outcome<(f64, f64)> {
    let mut latencies = histogram();
    for n in 0..tries {
        let begin = Instant::now();
        step(n).await?;
        record(&mut latencies, begin.elapsed());
    }
    Ok((quantile(&latencies, 0.5), quantile(&latencies, 0.99)))
}
