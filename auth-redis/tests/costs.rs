//! What each operation costs: the commands that Redis runs for it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, fmt::Write, future::Future, time::Duration};

use auth_core::{
    ServerKey,
    store::{Renew, SessionStore},
    throttle::{Count, CountKey, Rate},
};
use auth_redis::RedisStore;
use support::{
    MINUTE, RedisCluster, RedisServer, a_principal, a_session, a_verifier, activity, open, rotation, store_on,
};

mod support;

const COSTS: &str = include_str!("../docs/costs.md");

/// The commands that came over the network: those of the scripts are counted too, and left out here.
async fn sent(server: &RedisServer, work: impl Future) -> BTreeMap<String, u64> {
    let (_, mut counts) = server.count_commands(work).await;
    if counts.contains_key("evalsha") || counts.contains_key("eval") {
        counts.retain(|command, _| command.starts_with("eval"));
    }
    counts
}

fn one(command: &str) -> BTreeMap<String, u64> {
    BTreeMap::from([(command.to_owned(), 1)])
}

/// The commands that some servers ran during `work`, without what keeps them together and what counting takes.
async fn ran(servers: &[RedisServer], work: impl Future) -> BTreeMap<String, u64> {
    for server in servers {
        server.command(&["CONFIG", "RESETSTAT"]).await;
    }
    work.await;
    let mut all = BTreeMap::new();
    for server in servers {
        for (command, calls) in server.command_stats().await {
            let aside = ["config|resetstat", "info", "ping", "replconf"].contains(&&*command);
            if !aside && !command.starts_with("cluster|") {
                *all.entry(command).or_default() += calls;
            }
        }
    }
    all
}

/// What each operation makes the servers do.
async fn operations(
    store: &RedisStore,
    servers: &[RedisServer],
) -> Vec<(&'static str, BTreeMap<String, u64>)> {
    let at = a_principal();
    let (new, verifier) = (a_session(store), a_verifier());
    let id = new.id;
    let renewal = Renew {
        have: verifier.into(),
        next: a_verifier(),
        payload: b"renewed".to_vec(),
        grace: MINUTE,
        idle: MINUTE,
        began: store.login_begins(),
    };
    let counts = counts();
    vec![
        ("`create`", ran(servers, store.create(at, new.clone())).await),
        ("`read`", ran(servers, store.read(at, id)).await),
        ("`touch`", ran(servers, store.touch(at, id, activity(new.verifier))).await),
        ("`rotate`", ran(servers, store.rotate(at, id, rotation(new.verifier, verifier))).await),
        ("`renew`", ran(servers, store.renew(at, id, renewal)).await),
        ("`list`", ran(servers, store.list(at)).await),
        ("`update`", ran(servers, store.update(at, None, b"updated".to_vec())).await),
        ("`end`", ran(servers, store.end(at, id)).await),
        ("`end_all`", ran(servers, store.end_all(at, None)).await),
        ("`count`", ran(servers, store.count(counts.clone())).await),
        ("`refund`", ran(servers, store.refund(counts)).await),
        ("`server_key`", ran(servers, store.server_key(ServerKey::from([1; 32]))).await),
        ("`server_key`, again", ran(servers, store.server_key(ServerKey::from([1; 32]))).await),
    ]
}

/// As a login is counted by: an identifier, the same from a network, the network.
fn counts() -> Vec<Count> {
    let rate = Rate { burst: 100, every: Duration::from_secs(1) };
    ["ann", "ann here", "here"].map(|what| Count { key: CountKey::of("user", what), rate }).into()
}

/// How many came over the network, and what they were or what they ran.
fn sent_and_run(commands: &BTreeMap<String, u64>) -> (u64, String) {
    let is_script = |command: &&String| command.starts_with("eval");
    let scripts: u64 =
        commands.iter().filter(|(command, _)| is_script(command)).map(|(_, calls)| calls).sum();
    let run = commands.iter().filter(|(command, _)| !is_script(command));
    let run = run.map(|(command, calls)| match calls {
        1 => format!("`{command}`"),
        _ => format!("`{command}` ×{calls}"),
    });
    let run: Vec<String> = run.collect();
    let sent = if scripts > 0 { scripts } else { commands.values().sum() };
    (sent, run.join(" "))
}

#[tokio::test]
async fn each_operation_costs_what_is_documented() {
    let server = [RedisServer::start().await];
    let alone = operations(&store_on(&server[0]).await, &server).await;
    let mut cluster = RedisCluster::start().await;
    let store = RedisStore::connect(cluster.url()).await.unwrap();
    // All nodes have been connected to, and have the scripts.
    for _ in 0..50 {
        open(&store, a_principal()).await;
    }
    // Replicas run what their primaries ran.
    let replicas = cluster.nodes.split_off(3);
    let together = operations(&store, &cluster.nodes).await;
    drop(replicas);
    let mut table =
        "| operation | one server | Cluster | what runs |\n| --- | --- | --- | --- |\n".to_owned();
    for ((name, alone), (_, together)) in alone.iter().zip(&together) {
        let ((sent, run), (in_cluster, _)) = (sent_and_run(alone), sent_and_run(together));
        writeln!(table, "| {name} | {sent} | {in_cluster} | {run} |").unwrap();
    }
    assert!(COSTS.contains(&table), "docs/costs.md should have this table:\n{table}");
}

#[tokio::test]
async fn nothing_looks_at_all_keys_from_the_start_on() {
    let server = [RedisServer::start().await];
    let store = store_on(&server[0]).await;
    let mut all = server[0].command_stats().await;
    for (_, commands) in operations(&store, &server).await {
        all.extend(commands);
    }
    for command in ["evalsha", "hget", "hscan", "time"] {
        assert!(all.contains_key(command), "{command} has been seen: {all:?}");
    }
    let forbidden = [
        "dbsize",
        "flush",
        "keys",
        "monitor",
        "psubscribe",
        "randomkey",
        "scan",
        "sort",
        "ssubscribe",
        "subscribe",
    ];
    for command in all.keys() {
        assert!(!forbidden.iter().any(|forbidden| command.starts_with(forbidden)), "{command}");
    }
}

#[tokio::test]
async fn a_thousand_sessions_end_in_steps_of_some_two_hundred() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    for _ in 0..1000 {
        let mut new = a_session(&store);
        new.limit = support::limit(2000, auth_core::WhenFull::Refuse);
        store.create(at, new).await.unwrap();
    }
    let counts = sent(&server, store.end_all(at, None)).await;
    assert!((4..=8).contains(&counts["evalsha"]), "{counts:?}");
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    server.command(&["SCRIPT", "FLUSH"]).await;
    let new = open(&store, at).await;
    assert!(store.touch(at, new.id, activity(new.verifier)).await.unwrap());
    server.command(&["SCRIPT", "FLUSH"]).await;
    let counts = sent(&server, store.touch(at, new.id, activity(new.verifier))).await;
    assert_eq!(counts, BTreeMap::from([("evalsha".to_owned(), 1), ("eval".to_owned(), 1)]));
    assert_eq!(sent(&server, store.touch(at, new.id, activity(new.verifier))).await, one("evalsha"));
}

#[tokio::test]
async fn the_first_calls_after_a_connection_find_their_scripts() {
    let mut server = RedisServer::start().await;
    let store = store_on(&server).await;
    server.restart().await;
    support::until_back(&store).await;
    let new = a_session(&store);
    assert_eq!(sent(&server, store.create(a_principal(), new)).await, one("evalsha"));
}
