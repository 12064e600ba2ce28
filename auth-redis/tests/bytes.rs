//! What a session takes of Redis's memory: no more than docs/costs.md says.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests, which tell what they measured")]

use auth_core::session::Tag;
use auth_core::store::{Created, NewSession, Rotated, SessionStore};
use support::{RedisServer, Reply, a_principal, a_session, a_verifier, rotation, store_on};

mod support;

const COSTS: &str = include_str!("../docs/costs.md");

/// So many principals, so that what a connection takes does not count.
const PRINCIPALS: u64 = 2_000;

/// What of an entity a session carries, and what it was opened with; the payload has a principal's id around it.
const SNAPSHOT: usize = 100;
const AROUND: usize = 9;
const DEVICE: usize = 20;

/// Bytes by `MEMORY USAGE`, and by the growth of `used_memory`.
#[derive(Clone, Copy)]
struct Taken {
    usage: u64,
    growth: u64,
}

/// What principals take with so many sessions each; refreshed, where it says so.
async fn taken(options: &[(&str, &str)], sessions: u64, refreshed: bool) -> Taken {
    let server = RedisServer::start_with(options).await;
    let store = store_on(&server).await;
    // What the first session of all brings along is no session's.
    open(&store, a_principal()).await;
    let before = used_memory(&server).await;
    let principals: Vec<Tag> = (0..PRINCIPALS).map(|_| a_principal()).collect();
    for at in &principals {
        for _ in 0..sessions {
            let new = open(&store, *at).await;
            if refreshed {
                let rotated = store.rotate(*at, new.id, rotation(new.verifier, a_verifier())).await;
                assert!(matches!(rotated, Ok(Rotated::Next(_))));
            }
        }
    }
    let growth = used_memory(&server).await.saturating_sub(before);
    let mut usage = 0;
    for at in &principals {
        let key = format!("auth:{at}");
        let Reply::Int(bytes) = server.command(&["MEMORY", "USAGE", &key, "SAMPLES", "0"]).await else {
            panic!("no bytes")
        };
        usage += u64::try_from(bytes).unwrap();
    }
    Taken { usage: usage / PRINCIPALS, growth: growth / PRINCIPALS }
}

async fn open(store: &impl SessionStore, at: Tag) -> NewSession {
    let new =
        NewSession { payload: vec![0x5a; SNAPSHOT + AROUND], device: vec![0x5a; DEVICE], ..a_session(store) };
    assert!(matches!(store.create(at, new.clone()).await, Ok(Created::Opened { .. })));
    new
}

async fn used_memory(server: &RedisServer) -> u64 {
    let info = server.command(&["INFO", "memory"]).await.into_text();
    let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
    line.parse().unwrap()
}

/// The row of the documentation that begins with `what`.
fn documented(what: &str) -> Vec<u64> {
    let begin = format!("| {what} |");
    let row = COSTS.lines().find_map(|line| line.strip_prefix(&begin));
    let row = row.unwrap_or_else(|| panic!("docs/costs.md has no row {what:?}"));
    row.trim_end_matches('|').split('|').map(|cell| cell.trim().parse().unwrap()).collect()
}

/// What is documented is enough, and by no more than a tenth too much.
fn assert_documented(what: &str, listpack: [Taken; 2]) {
    let measured: Vec<u64> = listpack.iter().flat_map(|taken| [taken.usage, taken.growth]).collect();
    let documented = documented(what);
    eprintln!("{what}: {measured:?}, documented {documented:?}");
    assert_eq!(measured.len(), documented.len());
    for (measured, documented) in measured.into_iter().zip(documented) {
        assert!(measured <= documented, "{what} takes {measured} bytes, and docs/costs.md says {documented}");
        assert!(measured * 11 / 10 >= documented, "{what} takes {measured} bytes: correct docs/costs.md");
    }
}

/// Another allocator gives other sizes.
async fn has_jemalloc() -> bool {
    let server = RedisServer::start().await;
    server.command(&["INFO", "memory"]).await.into_text().contains("mem_allocator:jemalloc")
}

#[tokio::test]
async fn a_session_takes_no_more_than_is_documented() {
    if !has_jemalloc().await {
        eprintln!("not measured: this redis-server has another allocator than jemalloc");
        return;
    }
    let confs: [&[(&str, &str)]; 2] = [&[], &[("hash-max-listpack-value", "512")]];
    let mut first = Vec::new();
    let mut further = Vec::new();
    let mut refreshed = Vec::new();
    for conf in confs {
        let (one, three) = (taken(conf, 1, false).await, taken(conf, 3, false).await);
        further.push(Taken {
            usage: (three.usage - one.usage) / 2,
            growth: three.growth.saturating_sub(one.growth) / 2,
        });
        first.push(one);
        refreshed.push(taken(conf, 1, true).await);
    }
    assert_documented("a principal's first", [first[0], first[1]]);
    assert_documented("each further one", [further[0], further[1]]);
    assert_documented("a principal's first, refreshed", [refreshed[0], refreshed[1]]);
}
