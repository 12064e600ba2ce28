//! What is done in steps: each has its bound, so that Redis serves others in between.
#![allow(clippy::print_stderr, reason = "it tells what it measured")]

use std::collections::BTreeSet;

use super::{rules::Met, *};
use crate::redis_server::Reply as Answer;

const SESSIONS: u64 = 10_000;
/// A step asks for 200, and a scan gives what shares a bucket with them.
const MOST: usize = 400;

/// Sessions with ids that are numbers.
static FILL: Script = aside(
    "for n = 1, tonumber(ARGV[1]) do redis.call('HSET', KEYS[1], struct.pack('>LL', 0, n), ARGV[2]) end \
     return redis.call('PEXPIRE', KEYS[1], 1000000)",
);

async fn filled(at: Tag) -> Bench {
    let bench = Bench::new().await;
    let met = Met {
        rotated: 0,
        idle: 60_000,
        absolute: 60_000,
        fresh: false,
        previous: false,
        payload: vec![7; 100],
    };
    let record = met.at(bench.now().await).encode();
    bench
        .link
        .call(&FILL, key(at), vec![number(SESSIONS.into()), bytes(&record)], Manner::Plain)
        .await
        .unwrap();
    bench
        .server
        .command(&["CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "100000"])
        .await;
    bench
}

/// Takes all steps of an operation: the ids that each was about, and that each was within its bound.
async fn steps(bench: &Bench, what: &str, call: impl Fn(&Progress) -> Call) {
    bench.server.command(&["SLOWLOG", "RESET"]).await;
    let mut progress = Progress::start();
    let (mut all, mut longest, mut count) = (BTreeSet::new(), 0, 0);
    while !progress.is_done() {
        let (next, ids) = bench.call(&call(&progress)).await.progress().unwrap();
        longest = longest.max(ids.len());
        count += 1;
        all.extend(ids);
        progress = next;
    }
    let micros = longest_script(&bench.server).await;
    eprintln!("{what} of {SESSIONS}: {count} steps, {longest} sessions and {micros} µs at most");
    assert_eq!(all.len() as u64, SESSIONS);
    assert!(longest <= MOST, "a step of {what} was about {longest} sessions");
}

/// Microseconds in Redis itself, so that a busy machine changes little.
async fn longest_script(server: &RedisServer) -> i64 {
    let Answer::Array(entries) = server.command(&["SLOWLOG", "GET", "-1"]).await else { panic!("no log") };
    let scripts = entries.into_iter().filter_map(|entry| {
        let Answer::Array(entry) = entry else { return None };
        let [_, _, Answer::Int(micros), Answer::Array(arguments), ..] = entry.as_slice() else { return None };
        let is_script =
            matches!(arguments.first(), Some(Answer::Text(name)) if name.eq_ignore_ascii_case(b"evalsha"));
        is_script.then_some(*micros)
    });
    scripts.max().unwrap()
}

#[tokio::test]
async fn ten_thousand_sessions_end_in_bounded_steps() {
    let at = Tag::of("user", "1");
    let bench = filled(at).await;
    steps(&bench, "end_all", |progress| Call::end_all(at, None, progress, NEVER)).await;
    let (_, left) = (bench.kept(at, Uuid::from_u128(1)).await, bench.call(&Call::list(at)).await);
    assert_eq!(left.sessions().unwrap(), []);
}

#[tokio::test]
async fn ten_thousand_sessions_are_updated_in_bounded_steps() {
    let at = Tag::of("user", "1");
    let bench = filled(at).await;
    steps(&bench, "update", |progress| Call::update(at, None, b"updated", progress, NEVER)).await;
    for (_, record) in bench.call(&Call::list(at)).await.sessions().unwrap() {
        assert_eq!(record.payload, b"updated");
    }
}
