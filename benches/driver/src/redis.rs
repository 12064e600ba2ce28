//! What a Redis says of itself.

use std::process::Command;

use crate::{
    Outcome,
    machine::SERVER_CORE,
    redis_server::{RedisServer, Reply},
    statistics::number,
};

/// The sum of `MEMORY USAGE` of all keys, each looked at in full.
const USAGE: &str = "local sum = 0 \
    for _, key in ipairs(redis.call('KEYS', '*')) do \
    sum = sum + redis.call('MEMORY', 'USAGE', key, 'SAMPLES', '0') end return sum";

/// A figure of `INFO`, such as `used_memory`.
pub(crate) async fn info(redis: &RedisServer, name: &str) -> Outcome<f64> {
    let text = redis.command(&["INFO"]).await.into_text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    Ok(line.ok_or_else(|| format!("INFO has no {name}"))?.trim().parse()?)
}

/// Bytes of what it keeps; connections come and go, and are left out.
pub(crate) async fn memory(redis: &RedisServer) -> Outcome<f64> {
    Ok(info(redis, "used_memory").await? - info(redis, "mem_clients_normal").await?)
}

/// Seconds of its processor.
pub(crate) async fn cpu(redis: &RedisServer) -> Outcome<f64> {
    Ok(info(redis, "used_cpu_user").await? + info(redis, "used_cpu_sys").await?)
}

pub(crate) async fn usage_of_all(redis: &RedisServer) -> Outcome<f64> {
    integer(redis, &["EVAL", USAGE, "0"]).await
}

pub(crate) async fn keys(redis: &RedisServer) -> Outcome<f64> {
    integer(redis, &["DBSIZE"]).await
}

pub(crate) async fn integer(redis: &RedisServer, command: &[&str]) -> Outcome<f64> {
    match redis.command(command).await {
        Reply::Int(value) => Ok(number(u64::try_from(value)?)),
        other => Err(format!("{}: {other:?}", command[0]).into()),
    }
}

pub(crate) async fn done(redis: &RedisServer, command: &[&str]) -> Outcome {
    match redis.command(command).await {
        Reply::Error(error) => Err(format!("{}: {error}", command[0]).into()),
        _ => Ok(()),
    }
}

/// Puts it on a core of its own, where it is what is measured.
pub(crate) async fn apart(redis: &RedisServer) -> Outcome {
    let pid = info(redis, "process_id").await?.to_string();
    let moved =
        Command::new("taskset").args(["--all-tasks", "--cpu-list", "--pid", SERVER_CORE, &pid]).output()?;
    if moved.status.success() { Ok(()) } else { Err("`taskset` moves no redis-server".into()) }
}
