//! `durable_end`: what replicas have not got is not confirmed, and what is confirmed outlives a failover.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use auth_core::session::Tag;
use auth_core::store::{Rotated, SessionStore};
use auth_redis::RedisStore;
use support::{
    RedisServer, Reply, a_principal, a_verifier, an_id, builder_on, is_there, open, rotation, store_on, why,
};
use tokio::task::JoinSet;
use uuid::Uuid;

mod support;

const WITHIN: Duration = Duration::from_secs(1);

/// A primary and its replica.
struct Pair {
    primary: RedisServer,
    replica: RedisServer,
}

impl Pair {
    async fn start() -> Self {
        let primary = RedisServer::start_with(&[("repl-diskless-sync-delay", "0")]).await;
        let of = format!("127.0.0.1 {}", primary.port());
        let replica = RedisServer::start_with(&[("replicaof", &of)]).await;
        Pair { primary, replica }
    }

    /// The replica hears nothing more from its primary.
    async fn part(&self) {
        replicate(&self.replica, "127.0.0.1", "1").await;
    }

    async fn rejoin(&self) {
        follow(&self.replica, &self.primary).await;
    }

    /// The primary dies, and its replica takes over.
    async fn fail_over(&mut self) -> RedisStore {
        self.primary.kill();
        promote(&self.replica).await;
        store_on(&self.replica).await
    }

    async fn durable(&self) -> RedisStore {
        let store = self.durable_now().await;
        until_confirmed(&store).await;
        store
    }

    async fn durable_now(&self) -> RedisStore {
        builder_on(&self.primary).command_timeout(2 * WITHIN).durable_end(1, WITHIN).connect().await.unwrap()
    }
}

async fn promote(replica: &RedisServer) {
    replicate(replica, "NO", "ONE").await;
}

async fn follow(replica: &RedisServer, primary: &RedisServer) {
    replicate(replica, "127.0.0.1", &primary.port().to_string()).await;
}

async fn replicate(replica: &RedisServer, host: &str, port: &str) {
    let reply = replica.command(&["REPLICAOF", host, port]).await;
    assert!(matches!(reply, Reply::Status(_)), "{reply:?}");
}

/// A replica that has just come acknowledges nothing for a second or so.
async fn until_confirmed(store: &RedisStore) {
    let begin = std::time::Instant::now();
    while store.end(a_principal(), an_id()).await.is_err() {
        assert!(begin.elapsed() < Duration::from_secs(30), "the replica does not follow");
    }
}

#[tokio::test]
async fn an_end_is_confirmed_when_the_replica_has_it_and_not_before() {
    let pair = Pair::start().await;
    let store = pair.durable().await;
    let at = a_principal();
    let (one, two) = (open(&store, at).await, open(&store, at).await);
    assert!(store.end(at, one.id).await.unwrap().is_some());

    pair.replica.pause();
    assert!(why(store.end(at, two.id).await).contains("0 of 1 replicas"));
    assert!(!is_there(&store, at, two.id).await, "it is ended where it was asked for");
    // A repetition has nothing left to end, and is no confirmation all the same; nor is one on a new connection.
    assert!(why(store.end(at, two.id).await).contains("0 of 1 replicas"));
    assert!(why(pair.durable_now().await.end(at, two.id).await).contains("0 of 1 replicas"));
    assert!(why(store.end_all(at, None).await).contains("0 of 1 replicas"));
    assert!(why(store.update(at, None, Vec::new()).await).contains("0 of 1 replicas"));

    pair.replica.resume();
    until_confirmed(&store).await;
    assert!(store.end(at, two.id).await.unwrap().is_none(), "the repetition succeeds");
    assert!(store.end_all(at, None).await.unwrap().is_empty());
    assert_eq!(store.update(at, None, Vec::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn what_ends_nothing_leaves_nothing_behind() {
    let pair = Pair::start().await;
    let store = pair.durable().await;
    let (outcome, counts) = pair.primary.count_commands(store.end(a_principal(), an_id())).await;
    assert!(outcome.unwrap().is_none());
    let counts: Vec<_> = counts.iter().map(|(command, calls)| (&**command, *calls)).collect();
    assert_eq!(counts, [("evalsha", 1), ("hdel", 1), ("hget", 1), ("hset", 1), ("replconf", 1), ("wait", 1)]);
    assert_eq!(pair.primary.command(&["DBSIZE"]).await, Reply::Int(0));
    assert_eq!(pair.replica.command(&["DBSIZE"]).await, Reply::Int(0));
}

#[tokio::test]
async fn a_user_needs_one_right_more() {
    let pair = Pair::start().await;
    // As the crate's documentation has it.
    let rule = "ACL SETUSER app on >secret ~auth:* resetchannels -@all +info +time +script|load +evalsha +eval \
                +hget +hset +hdel";
    let command: Vec<&str> = rule.split_whitespace().collect();
    assert_eq!(pair.primary.command(&command).await, Reply::Status("OK".to_owned()));
    let url = format!("redis://app:secret@127.0.0.1:{}", pair.primary.port());
    let store = RedisStore::builder(url).durable_end(1, WITHIN).connect().await.unwrap();
    assert!(why(store.end(a_principal(), an_id()).await).contains("NOPERM"));
    pair.primary.command(&["ACL", "SETUSER", "app", "+wait"]).await;
    until_confirmed(&store).await;
}

#[tokio::test]
async fn a_confirmed_end_outlives_a_failover_at_once() {
    let mut pair = Pair::start().await;
    let store = pair.durable().await;
    let mut opened = Vec::new();
    for _ in 0..200 {
        let at = a_principal();
        opened.push((at, open(&store, at).await.id));
    }
    let (alive, later) = (opened.split_off(199), opened.split_off(100));
    let mut ended = Vec::new();
    for (n, (at, id)) in opened.into_iter().enumerate() {
        if n % 2 == 0 {
            store.end(at, id).await.unwrap();
        } else {
            store.end_all(at, None).await.unwrap();
        }
        ended.push((at, id));
    }
    // In the midst of ends the replica hears nothing more: some may be confirmed, and then it has them.
    let mut ends = JoinSet::new();
    for (n, (at, id)) in later.into_iter().enumerate() {
        if n == 50 {
            pair.part().await;
        }
        let store = store.clone();
        ends.spawn(async move { store.end(at, id).await.is_ok().then_some((at, id)) });
    }
    while let Some(end) = ends.join_next().await {
        ended.extend(end.unwrap());
    }
    let promoted = pair.fail_over().await;
    for (at, id) in alive {
        assert!(is_there(&promoted, at, id).await);
    }
    for (at, id) in ended {
        assert!(!is_there(&promoted, at, id).await);
    }
}

#[tokio::test]
async fn what_all_replicas_confirmed_outlives_a_second_failover() {
    let Pair { primary: first, replica: second } = Pair::start().await;
    let third = RedisServer::start_with(&[("replicaof", &format!("127.0.0.1 {}", first.port()))]).await;
    let mut confirmed = ends_while_it_dies(first, 2).await;
    promote(&second).await;
    follow(&third, &second).await;
    confirmed.extend(ends_while_it_dies(second, 1).await);
    promote(&third).await;
    let store = store_on(&third).await;
    for (at, id) in confirmed {
        assert!(!is_there(&store, at, id).await);
    }
}

/// Ends sessions, some of them while their server dies; those of which it was confirmed.
async fn ends_while_it_dies(mut primary: RedisServer, replicas: u32) -> Vec<(Tag, Uuid)> {
    let builder = builder_on(&primary).command_timeout(2 * WITHIN);
    let store = builder.durable_end(replicas, WITHIN).connect().await.unwrap();
    until_confirmed(&store).await;
    let (mut confirmed, mut ends) = (Vec::new(), JoinSet::new());
    let mut sessions = Vec::new();
    for _ in 0..200 {
        let at = a_principal();
        sessions.push((at, open(&store, at).await.id));
    }
    for (n, (at, id)) in sessions.into_iter().enumerate() {
        if n < 100 {
            store.end(at, id).await.unwrap();
            confirmed.push((at, id));
        } else {
            if n == 150 {
                // From now on replicas hear nothing more.
                primary.command(&["ACL", "SETUSER", "default", "-psync", "-sync"]).await;
                primary.command(&["CLIENT", "KILL", "TYPE", "replica"]).await;
            }
            let store = store.clone();
            ends.spawn(async move { store.end(at, id).await.is_ok().then_some((at, id)) });
        }
    }
    while let Some(end) = ends.join_next().await {
        confirmed.extend(end.unwrap());
    }
    primary.kill();
    confirmed
}

#[tokio::test]
async fn an_end_that_the_replica_never_got_is_undone_by_a_failover_and_was_not_confirmed() {
    let mut pair = Pair::start().await;
    let (store, hasty) = (pair.durable().await, store_on(&pair.primary).await);
    let at = a_principal();
    let (one, two) = (open(&store, at).await, open(&store, at).await);
    pair.part().await;
    assert!(hasty.end(at, one.id).await.unwrap().is_some(), "without the option nobody asks");
    store.end(at, two.id).await.unwrap_err();
    let promoted = pair.fail_over().await;
    assert!(is_there(&promoted, at, one.id).await && is_there(&promoted, at, two.id).await);
}

#[tokio::test]
async fn a_session_whose_secret_was_reused_stays_ended_too() {
    let mut pair = Pair::start().await;
    let store = pair.durable().await;
    let at = a_principal();
    let new = open(&store, at).await;
    let mut have = new.verifier;
    for _ in 0..3 {
        let next = a_verifier();
        let mut step = rotation(have, next);
        step.grace = Duration::ZERO;
        assert!(matches!(store.rotate(at, new.id, step).await.unwrap(), Rotated::Next(_)));
        store.touch(at, new.id, support::activity(next)).await.unwrap();
        have = next;
    }
    let mut stolen = rotation(new.verifier, a_verifier());
    stolen.grace = Duration::ZERO;
    let (outcome, counts) = pair.primary.count_commands(store.rotate(at, new.id, stolen)).await;
    assert!(matches!(outcome.unwrap(), Rotated::Reuse(_)));
    assert_eq!(counts.get("wait"), Some(&1));
    let promoted = pair.fail_over().await;
    assert!(!is_there(&promoted, at, new.id).await);
}

#[tokio::test]
async fn nothing_else_waits_while_replicas_are_waited_for_and_ends_wait_together() {
    const ENDS: u64 = 40;
    let pair = Pair::start().await;
    let patient = builder_on(&pair.primary).command_timeout(Duration::from_secs(10));
    let store = patient.durable_end(1, Duration::from_secs(3)).connect().await.unwrap();
    until_confirmed(&store).await;
    let at = a_principal();
    let new = open(&store, at).await;
    pair.part().await;
    let (reads, counts) = pair
        .primary
        .count_commands(async {
            let mut ends = JoinSet::new();
            for _ in 0..ENDS {
                let (store, at): (_, Tag) = (store.clone(), a_principal());
                ends.spawn(async move { store.end(at, an_id()).await });
            }
            let mut reads = 0;
            while ends.try_join_next().is_none() {
                assert!(is_there(&store, at, new.id).await);
                reads += 1;
            }
            while let Some(end) = ends.join_next().await {
                assert!(end.unwrap().is_err());
            }
            reads
        })
        .await;
    assert!(reads > 50, "{reads} reads while replicas were waited for");
    assert!(counts["wait"] < ENDS / 2, "{counts:?}");
    pair.rejoin().await;
    until_confirmed(&store).await;
    assert!(store.end(at, new.id).await.unwrap().is_some());
}
