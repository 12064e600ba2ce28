//! One Redis, and more and more processes that ask it.

use std::{
    env,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::available_parallelism,
    time::Duration,
};

use auth_core::SessionStore;
use tokio::{process::Command, task::JoinSet, time::Instant};

use super::sessions::{fill, id, store_at, tag};
use crate::{
    Outcome, is_short,
    markdown::Table,
    plot::thousands,
    redis::{apart, cpu, info},
    redis_server::RedisServer,
    statistics::number,
};

const SESSIONS: u64 = 100_000;
/// Requests of one process that are under way at the same time.
const AT_ONCE: u64 = 32;
const PROCESSES: [usize; 4] = [1, 2, 4, 8];

/// What a read takes with as many processes as were tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Served {
    /// Microseconds of Redis.
    pub(super) cpu: f64,
    /// Bytes to and from Redis.
    pub(super) bytes: f64,
}

pub(super) async fn measure() -> Outcome<(String, Served)> {
    let redis = RedisServer::start().await;
    apart(&redis).await?;
    fill(&store_at(&redis.url()).await?, 0, SESSIONS).await?;
    let seconds = if is_short() { 1 } else { 5 };
    let mut table =
        Table::new(&["processes", "", "read in a second", "Redis's processor, each", "bytes, each"]);
    let mut served = Served { cpu: f64::NAN, bytes: f64::NAN };
    for processes in PROCESSES {
        eprintln!("{processes} processes");
        let (cpu_before, bytes_before) = (cpu(&redis).await?, traffic(&redis).await?);
        let reads = read_by(processes, &redis.url(), seconds).await?;
        let cpu = (cpu(&redis).await? - cpu_before) * 1e6 / reads;
        let bytes = (traffic(&redis).await? - bytes_before) / reads;
        served = Served { cpu, bytes };
        table.push([
            processes.to_string(),
            String::new(),
            thousands(reads / number(seconds)),
            format!("{cpu:.1} µs"),
            format!("{bytes:.0}"),
        ]);
    }
    Ok((table.to_string(), served))
}

async fn traffic(redis: &RedisServer) -> Outcome<f64> {
    Ok(info(redis, "total_net_input_bytes").await? + info(redis, "total_net_output_bytes").await?)
}

async fn read_by(processes: usize, url: &str, seconds: u64) -> Outcome<f64> {
    let cores = available_parallelism()?.get().max(2) - 1;
    let mut running = Vec::new();
    for _ in 0..processes {
        let reader = Command::new("taskset")
            .args(["--cpu-list", &format!("0-{cores}")])
            .arg(env::current_exe()?)
            .args(["reader", url, &seconds.to_string()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        running.push(reader);
    }
    let mut reads = 0.0;
    for reader in running {
        let output = reader.wait_with_output().await?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        reads += said.trim().parse::<f64>().map_err(|_| "a reader failed")?;
    }
    Ok(reads)
}

/// One of the processes: says how many sessions it read.
pub(crate) async fn reader(url: &str, seconds: &str) -> Outcome<String> {
    let store = store_at(url).await?;
    let end = Instant::now() + Duration::from_secs(seconds.parse()?);
    let reads = Arc::new(AtomicU64::new(0));
    let mut readers = JoinSet::new();
    for first in 0..AT_ONCE {
        let (store, reads) = (store.clone(), Arc::clone(&reads));
        readers.spawn(async move {
            let mut principal = first * SESSIONS / AT_ONCE;
            while Instant::now() < end {
                principal = (principal + 7919) % SESSIONS;
                match store.read(tag(principal), id(principal)).await {
                    Ok(Some(_)) => reads.fetch_add(1, Ordering::Relaxed),
                    Ok(None) => return Err("a session is not there".to_owned()),
                    Err(error) => return Err(error.to_string()),
                };
            }
            Ok(())
        });
    }
    while let Some(ended) = readers.join_next().await {
        ended??;
    }
    Ok(reads.load(Ordering::Relaxed).to_string())
}
