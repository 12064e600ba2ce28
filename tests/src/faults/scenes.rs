//! The faults, each with servers of its own.

use std::time::{Duration, Instant};

use auth_core::SessionStore;
use auth_core::session::Tag;
use auth_redis::RedisStore;
use tokio::time::sleep;
use uuid::Uuid;

use super::load::{Load, Plan};
use super::model::Ask;
use super::tally::Line;
use super::visitor::Visitor;
use crate::redis_server::Reply;
use crate::{RedisCluster, RedisSentinel, RedisServer};

/// How long slots are half way.
const HALF_WAY: Duration = Duration::from_millis(100);

/// What a node of a Cluster answers for a slot that is elsewhere, or half way.
const REDIRECTS: [&str; 3] = ["MOVED", "ASK", "TRYAGAIN"];

/// How long a primary that will die is alone.
const PARTED: Duration = Duration::from_millis(300);

/// What goes wrong with Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is stopped, and goes on.
    Paused,
    /// It dies, and starts with what it had.
    Restarted,
    /// It dies, and starts with nothing.
    RestartedEmpty,
    /// It dies, and takes long to load what it had.
    Loading,
    /// It forgets its scripts, again and again.
    ScriptsFlushed,
    /// It closes all connections, again and again.
    ConnectionsKilled,
    /// It has no memory left.
    OutOfMemory,
    /// It becomes a replica, and a primary again.
    ReadOnly,
    /// A primary of a Cluster is parted from its replica and dies; the replica takes over.
    ClusterFailover,
    /// The same, with ends that wait for the replica.
    ClusterFailoverDurable,
    /// A primary of a Cluster is stopped until its replica has taken over, and goes on.
    ClusterPaused,
    /// A replica of a Cluster takes over from its primary, which is well.
    ClusterHandover,
    /// Slots of a Cluster, with the sessions in them, move from node to node.
    ClusterSlots,
    /// A primary is parted from its replicas and dies; Sentinels promote one of them.
    SentinelFailover,
    /// The same, with ends that wait for all replicas.
    SentinelFailoverDurable,
    /// A primary is stopped until Sentinels have promoted a replica, and goes on.
    SentinelPaused,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 16] = [
        Fault::Paused,
        Fault::Restarted,
        Fault::RestartedEmpty,
        Fault::Loading,
        Fault::ScriptsFlushed,
        Fault::ConnectionsKilled,
        Fault::OutOfMemory,
        Fault::ReadOnly,
        Fault::ClusterFailover,
        Fault::ClusterFailoverDurable,
        Fault::ClusterPaused,
        Fault::ClusterHandover,
        Fault::ClusterSlots,
        Fault::SentinelFailover,
        Fault::SentinelFailoverDurable,
        Fault::SentinelPaused,
    ];

    /// What it is called in the table.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Paused => "Redis paused (`SIGSTOP`)",
            Fault::Restarted => "Redis killed, restarted with its data",
            Fault::RestartedEmpty => "Redis killed, restarted empty",
            Fault::Loading => "Redis killed, `LOADING` its data",
            Fault::ScriptsFlushed => "`SCRIPT FLUSH`, ten times a second",
            Fault::ConnectionsKilled => "`CLIENT KILL`, twice a second",
            Fault::OutOfMemory => "`maxmemory` reached, `noeviction`",
            Fault::ReadOnly => "turned into a replica and back",
            Fault::ClusterFailover => "Cluster: a primary parted and killed",
            Fault::ClusterFailoverDurable => "Cluster: a primary parted and killed, with `durable_end`",
            Fault::ClusterPaused => "Cluster: a primary paused until it was replaced",
            Fault::ClusterHandover => "Cluster: `CLUSTER FAILOVER`",
            Fault::ClusterSlots => "Cluster: slots moved",
            Fault::SentinelFailover => "Sentinel: the primary parted and killed",
            Fault::SentinelFailoverDurable => "Sentinel: the primary parted and killed, with `durable_end`",
            Fault::SentinelPaused => "Sentinel: the primary paused until it was replaced",
        }
    }

    /// Brings it about while a program is under load.
    pub async fn provoke(self, plan: &Plan) -> Line {
        match self {
            Fault::Paused => Box::pin(paused(self, plan)).await,
            Fault::Restarted => Box::pin(restarted(self, plan)).await,
            Fault::RestartedEmpty => Box::pin(restarted_empty(self, plan)).await,
            Fault::Loading => Box::pin(loading(self, plan)).await,
            Fault::ScriptsFlushed | Fault::ConnectionsKilled => Box::pin(repeated(self, plan)).await,
            Fault::OutOfMemory => Box::pin(out_of_memory(self, plan)).await,
            Fault::ReadOnly => Box::pin(read_only(self, plan)).await,
            Fault::ClusterFailover => Box::pin(cluster_failover(self, plan, false)).await,
            Fault::ClusterFailoverDurable => Box::pin(cluster_failover(self, plan, true)).await,
            Fault::ClusterPaused => Box::pin(cluster_paused(self, plan)).await,
            Fault::ClusterHandover => Box::pin(cluster_handover(self, plan)).await,
            Fault::ClusterSlots => Box::pin(cluster_slots(self, plan)).await,
            Fault::SentinelFailover => Box::pin(sentinel_failover(self, plan, false)).await,
            Fault::SentinelFailoverDurable => Box::pin(sentinel_failover(self, plan, true)).await,
            Fault::SentinelPaused => Box::pin(sentinel_paused(self, plan)).await,
        }
    }
}

fn nothing(_: Ask) -> bool {
    false
}

fn everything(_: Ask) -> bool {
    true
}

async fn store_at(url: String) -> RedisStore {
    RedisStore::connect(url).await.expect("a store can be connected")
}

/// A store whose ends wait for so many replicas; they have begun to acknowledge.
async fn durable_store_at(url: String, replicas: u32) -> RedisStore {
    let builder = RedisStore::builder(url).durable_end(replicas, Duration::from_millis(400));
    let store = builder.connect().await.expect("a store can be connected");
    for n in 0..50 {
        let begin = Instant::now();
        while store.end(Tag::of("nobody", &n.to_string()), Uuid::nil()).await.is_err() {
            assert!(begin.elapsed() < Duration::from_secs(30), "the replicas do not follow");
        }
    }
    store
}

async fn paused(fault: Fault, plan: &Plan) -> Line {
    let redis = RedisServer::start_persistent().await;
    let load = Load::start(plan, store_at(redis.url()).await, false, nothing).await;
    redis.pause();
    sleep(plan.fault).await;
    redis.resume();
    load.finish(fault.name(), Instant::now()).await
}

async fn restarted(fault: Fault, plan: &Plan) -> Line {
    let mut redis = RedisServer::start_persistent().await;
    let load = Load::start(plan, store_at(redis.url()).await, false, nothing).await;
    redis.kill();
    sleep(plan.fault).await;
    redis.restart().await;
    load.finish(fault.name(), Instant::now()).await
}

async fn restarted_empty(fault: Fault, plan: &Plan) -> Line {
    let begin = Instant::now();
    let mut redis = RedisServer::start().await;
    let load = Load::start(plan, store_at(redis.url()).await, false, nothing).await;
    redis.kill();
    load.all_is_lost(begin);
    sleep(plan.fault).await;
    redis.restart().await;
    load.finish(fault.name(), Instant::now()).await
}

async fn loading(fault: Fault, plan: &Plan) -> Line {
    const DELAY: u64 = 300;
    let delay = DELAY.to_string();
    let options = [("appendonly", "yes"), ("appendfsync", "always"), ("key-load-delay", &*delay)];
    let mut redis = RedisServer::start_with(&options).await;
    let load = Load::start(plan, store_at(redis.url()).await, false, nothing).await;
    let keys = plan.fault.min(Duration::from_secs(2)).as_micros() / u128::from(DELAY);
    let fill = "for n = 1, ARGV[1] do redis.call('SET', 'a key ' .. n, n) end";
    redis.command(&["EVAL", fill, "0", &keys.to_string()]).await;
    redis.kill();
    let begin = Instant::now();
    redis.restart().await;
    load.note(format!("loading took {:.1} s", begin.elapsed().as_secs_f64()));
    load.finish(fault.name(), Instant::now()).await
}

async fn repeated(fault: Fault, plan: &Plan) -> Line {
    let (command, pause, spared): (&[&str], _, fn(Ask) -> bool) = match fault {
        Fault::ScriptsFlushed => (&["SCRIPT", "FLUSH"], Duration::from_millis(100), everything),
        _ => (&["CLIENT", "KILL", "TYPE", "normal"], Duration::from_millis(500), nothing),
    };
    let redis = RedisServer::start_persistent().await;
    let load = Load::start(plan, store_at(redis.url()).await, false, spared).await;
    let begin = Instant::now();
    while begin.elapsed() < plan.fault {
        let reply = redis.command(command).await;
        assert!(!matches!(reply, Reply::Error(_)), "{reply:?}");
        sleep(pause).await;
    }
    load.finish(fault.name(), Instant::now()).await
}

async fn out_of_memory(fault: Fault, plan: &Plan) -> Line {
    let redis = RedisServer::start_persistent().await;
    // Whoever is signed in notices nothing.
    let spared = |ask| ask != Ask::SignIn;
    let load = Load::start(plan, store_at(redis.url()).await, false, spared).await;
    set(&redis, "maxmemory", "1").await;
    sleep(plan.fault).await;
    set(&redis, "maxmemory", "0").await;
    load.finish(fault.name(), Instant::now()).await
}

async fn set(redis: &RedisServer, name: &str, value: &str) {
    ok(redis, &["CONFIG", "SET", name, value]).await;
}

async fn ok(redis: &RedisServer, command: &[&str]) {
    assert_eq!(redis.command(command).await, Reply::Status("OK".to_owned()), "{command:?}");
}

async fn read_only(fault: Fault, plan: &Plan) -> Line {
    let redis = RedisServer::start_persistent().await;
    let load = Load::start(plan, store_at(redis.url()).await, false, nothing).await;
    // Of nobody: it keeps its data.
    ok(&redis, &["REPLICAOF", "127.0.0.1", "1"]).await;
    sleep(plan.fault).await;
    ok(&redis, &["REPLICAOF", "NO", "ONE"]).await;
    load.finish(fault.name(), Instant::now()).await
}

/// Replicas hear nothing more from a primary, which goes on for a while: what it acknowledges from now on is lost when
/// it dies.
async fn part(primary: &RedisServer) -> Instant {
    let now = Instant::now();
    ok(primary, &["ACL", "SETUSER", "default", "-psync", "-sync"]).await;
    primary.command(&["CLIENT", "KILL", "TYPE", "replica"]).await;
    sleep(PARTED).await;
    now
}

async fn cluster_failover(fault: Fault, plan: &Plan, durable: bool) -> Line {
    let mut cluster = RedisCluster::start().await;
    let store =
        if durable { durable_store_at(cluster.url(), 1).await } else { store_at(cluster.url()).await };
    let load = Load::start(plan, store, durable, nothing).await;
    let parted = part(&cluster.nodes[0]).await;
    cluster.nodes[0].kill();
    let killed = Instant::now();
    load.the_last_is_lost(parted);
    cluster.until_well().await;
    load.note(format!("failed over after {:.1} s", killed.elapsed().as_secs_f64()));
    // As a replica of the one that took over, which has none until then.
    cluster.nodes[0].restart().await;
    load.finish(fault.name(), killed).await
}

async fn cluster_paused(fault: Fault, plan: &Plan) -> Line {
    let cluster = RedisCluster::start().await;
    let load = Load::start(plan, store_at(cluster.url()).await, false, nothing).await;
    cluster.nodes[0].pause();
    let paused = Instant::now();
    cluster.until_replaced(0).await;
    load.note(format!("failed over after {:.1} s", paused.elapsed().as_secs_f64()));
    sleep(plan.calm).await;
    cluster.nodes[0].resume();
    load.finish(fault.name(), paused).await
}

async fn cluster_handover(fault: Fault, plan: &Plan) -> Line {
    let cluster = RedisCluster::start().await;
    let load = Load::start(plan, store_at(cluster.url()).await, false, nothing).await;
    let asked = Instant::now();
    ok(&cluster.nodes[3], &["CLUSTER", "FAILOVER"]).await;
    sleep(plan.fault).await;
    load.finish(fault.name(), asked).await
}

async fn cluster_slots(fault: Fault, plan: &Plan) -> Line {
    let cluster = RedisCluster::start().await;
    let mut slots = Vec::new();
    for visitor in 0..plan.visitors {
        let key = format!("auth:{}", Tag::of("user", &Visitor::user(visitor).to_string()));
        if cluster.owner_of(&key).await == 0 {
            slots.push(cluster.slot_of(&key).await);
        }
    }
    let load = Load::start(plan, store_at(cluster.url()).await, false, everything).await;
    let (begin, mut moved, mut there) = (Instant::now(), 0, true);
    let mut redirects = [0, 0, 0];
    while begin.elapsed() < plan.fault || redirects[..2].contains(&0) || !there {
        let (from, to) = if there { (0, 1) } else { (1, 0) };
        for slot in &slots {
            cluster.begin_move(*slot, from, to).await;
        }
        for slot in &slots {
            cluster.move_keys(*slot, from, to, usize::MAX).await;
        }
        // Who comes now is sent on, for this once.
        sleep(HALF_WAY).await;
        for slot in &slots {
            cluster.end_move_with_keys(*slot, from, to).await;
        }
        cluster.until_agreed().await;
        moved += slots.len();
        there = !there;
        for (kind, count) in REDIRECTS.iter().zip(&mut redirects) {
            *count = 0;
            for node in &cluster.nodes {
                *count += node.errors(kind).await;
            }
        }
        assert!(begin.elapsed() < Duration::from_mins(1), "nobody is sent on: {redirects:?}");
    }
    let [moved_on, ask, try_again] = redirects;
    load.note(format!(
        "{moved} slots moved, with sessions in them; the nodes answered {moved_on} `MOVED`, {ask} `ASK`, \
         {try_again} `TRYAGAIN`, and no visitor noticed"
    ));
    load.finish(fault.name(), Instant::now()).await
}

async fn sentinel_failover(fault: Fault, plan: &Plan, durable: bool) -> Line {
    let mut all = RedisSentinel::start().await;
    let store = if durable { durable_store_at(all.url(), 2).await } else { store_at(all.url()).await };
    let load = Load::start(plan, store, durable, nothing).await;
    let parted = part(&all.servers[0]).await;
    all.servers[0].kill();
    let killed = Instant::now();
    load.the_last_is_lost(parted);
    let primary = all.until_failed_over_from(0).await;
    all.stay().await;
    load.note(format!("failed over after {:.1} s", killed.elapsed().as_secs_f64()));
    all.servers[0].restart().await;
    // The Sentinels would have it so too, some ten seconds later.
    let port = all.servers[primary].port().to_string();
    ok(&all.servers[0], &["REPLICAOF", "127.0.0.1", &port]).await;
    load.finish(fault.name(), killed).await
}

async fn sentinel_paused(fault: Fault, plan: &Plan) -> Line {
    let all = RedisSentinel::start().await;
    let load = Load::start(plan, store_at(all.url()).await, false, nothing).await;
    all.servers[0].pause();
    let paused = Instant::now();
    all.until_failed_over_from(0).await;
    all.stay().await;
    load.note(format!("failed over after {:.1} s", paused.elapsed().as_secs_f64()));
    sleep(plan.calm).await;
    all.servers[0].resume();
    load.finish(fault.name(), paused).await
}
