//! A principal with many sessions, which takes another policy than this library has: how long a look at all of them and
//! the end of all of them take, and for how long Redis serves nobody else meanwhile.

use std::time::Instant;

use auth_core::SessionStore;
use auth_redis::RedisStore;

use super::sessions::{id, new, open, store_at, tag};
use crate::{
    Outcome, is_short,
    markdown::Table,
    plot::thousands,
    redis::{apart, done},
    redis_server::{RedisServer, Reply},
    statistics::number,
};

/// Copies that are written by one command.
const AT_ONCE: u64 = 500;

pub(super) async fn measure() -> Outcome<String> {
    let redis = RedisServer::start().await;
    apart(&redis).await?;
    done(&redis, &["CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "4096"]).await?;
    let store = store_at(&redis.url()).await?;
    let mut table = Table::new(&["sessions", "", "in all", "steps", "longest step"]);
    let sizes: &[u64] = if is_short() { &[1_000] } else { &[1_000, 10_000, 100_000] };
    for (principal, size) in (1..).zip(sizes) {
        eprintln!("{size} sessions of one principal");
        copies(&redis, &store, principal, *size).await?;
        for (name, operation) in [("`list`", true), ("`end_all`", false)] {
            done(&redis, &["SLOWLOG", "RESET"]).await?;
            let begin = Instant::now();
            let concerned = if operation {
                store.list(tag(principal)).await?.len()
            } else {
                store.end_all(tag(principal), None).await?.len()
            };
            let elapsed = begin.elapsed();
            if u64::try_from(concerned)? != *size {
                return Err(format!("{name} concerned {concerned} of {size} sessions").into());
            }
            let steps = steps(&redis).await?;
            table.push([
                thousands(number(*size)),
                name.to_owned(),
                format!("{:.1} ms", elapsed.as_secs_f64() * 1e3),
                steps.len().to_string(),
                format!("{:.1} ms", steps.iter().copied().fold(0.0, f64::max) / 1e3),
            ]);
        }
    }
    Ok(table.to_string())
}

/// Opens a session as always, and copies its record to so many more.
async fn copies(redis: &RedisServer, store: &RedisStore, principal: u64, size: u64) -> Outcome {
    open(store, principal, new(store, 0)).await?;
    let key = format!("auth:{}", tag(principal));
    let field = id(0);
    let Reply::Text(record) = redis.command(&[b"HGET", key.as_bytes(), field.as_bytes()]).await else {
        return Err("the session that was opened is not where it should be".into());
    };
    let numbers: Vec<u64> = (1..size).collect();
    for numbers in numbers.chunks(usize::try_from(AT_ONCE)?) {
        let mut command = vec![b"HSET".to_vec(), key.clone().into_bytes()];
        for number in numbers {
            command.extend([id(*number).as_bytes().to_vec(), record.clone()]);
        }
        redis.command(&command).await;
    }
    Ok(())
}

/// How many microseconds Redis took for each script, and each look at a whole hash.
async fn steps(redis: &RedisServer) -> Outcome<Vec<f64>> {
    let Reply::Array(entries) = redis.command(&["SLOWLOG", "GET", "-1"]).await else {
        return Err("no SLOWLOG".into());
    };
    let micros = entries.iter().filter_map(|entry| {
        let Reply::Array(entry) = entry else { return None };
        let [_, _, Reply::Int(micros), Reply::Array(words), ..] = entry.as_slice() else { return None };
        let Some(Reply::Text(name)) = words.first() else { return None };
        let ours = ["evalsha", "eval"].iter().any(|ours| name.eq_ignore_ascii_case(ours.as_bytes()));
        ours.then(|| u64::try_from(*micros).map(number).unwrap_or_default())
    });
    Ok(micros.collect())
}
