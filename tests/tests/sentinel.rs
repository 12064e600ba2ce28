//! Sentinels that fail a primary over: errors end in time, nothing is lost that was acknowledged before a quiet moment,
//! and nobody is let in.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests, which tell what they measured")]

use std::time::{Duration, Instant};

use auth_core::ServerKey;
use auth_core::session::Tag;
use auth_core::store::{Created, SessionStore};
use auth_redis::RedisStore;
use support::{
    RedisSentinel, RedisServer, Reply, a_principal, a_session, activity, an_id, is_there, open, timed,
};
use tokio::time::sleep;

#[path = "../../auth-redis/tests/support/mod.rs"]
mod support;

#[tokio::test]
async fn a_primary_that_dies_is_failed_over() {
    let mut all = RedisSentinel::start().await;
    let url = all.url();
    let store = RedisStore::connect(url.clone()).await.unwrap();
    store.server_key(ServerKey::from([1; 32])).await.unwrap();
    let (mut opened, mut ended) = (Vec::new(), Vec::new());
    for n in 0..200 {
        let at = a_principal();
        let new = open(&store, at).await;
        if n % 2 == 0 {
            opened.push((at, new));
        } else {
            store.end(at, new.id).await.unwrap();
            ended.push((at, new));
        }
    }
    let at = a_principal();
    let too_early = a_session(&store);
    store.end_all(at, None).await.unwrap();
    sleep(Duration::from_millis(500)).await;

    all.servers[0].kill();
    // One of the Sentinels was on the same machine.
    all.sentinels[0].kill();
    let begin = Instant::now();
    let (mut refused, mut longest) = (0, Duration::ZERO);
    loop {
        let (outcome, took) = timed(store.create(a_principal(), a_session(&store))).await;
        longest = longest.max(took);
        if matches!(outcome, Ok(Created::Opened { .. })) {
            break;
        }
        refused += 1;
        assert!(begin.elapsed() < Duration::from_secs(20), "service is not back: {outcome:?}");
        sleep(Duration::from_millis(5)).await;
    }
    let back = begin.elapsed();
    assert!(longest < Duration::from_millis(1_500), "{longest:?}");
    let (mut lost, mut let_in) = (0, 0);
    for (at, new) in &opened {
        lost += u32::from(!is_there(&store, *at, new.id).await);
    }
    for (at, new) in &ended {
        let_in += u32::from(is_there(&store, *at, new.id).await);
    }
    eprintln!(
        "primary killed: service back after {back:.1?}; {refused} refused, longest answer {longest:.1?}; \
         lost {lost}, let in {let_in}"
    );
    assert_eq!((lost, let_in), (0, 0));
    assert_eq!(
        store.create(at, too_early).await.unwrap(),
        Created::Fenced,
        "the fence holds on the new primary"
    );
    let (at, new) = &opened[0];
    assert!(store.touch(*at, new.id, activity(new.verifier)).await.unwrap());
    let later = RedisStore::connect(url).await.unwrap();
    assert_eq!(later.server_key(ServerKey::from([2; 32])).await.unwrap().expose(), &[1; 32]);
}

#[tokio::test]
async fn a_failover_on_purpose_is_followed() {
    let all = RedisSentinel::start().await;
    let store = RedisStore::connect(all.url()).await.unwrap();
    let at = a_principal();
    let new = open(&store, at).await;
    sleep(Duration::from_millis(500)).await;
    let begin = Instant::now();
    let reply = all.sentinels[0].command(&["SENTINEL", "FAILOVER", "sessions"]).await;
    assert_eq!(reply, Reply::Status("OK".to_owned()));
    // The former primary goes on as if nothing had happened for some ten seconds: what is written there is lost.
    let promoted = loop {
        let mut servers = all.servers[1..].iter();
        let promoted = loop {
            let Some(server) = servers.next() else { break None };
            if server.command(&["INFO", "replication"]).await.into_text().contains("role:master") {
                break Some(server);
            }
        };
        if let Some(promoted) = promoted {
            break promoted;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "nothing was failed over");
        sleep(Duration::from_millis(5)).await;
    };
    let after = begin.elapsed();
    let promotion = Instant::now();
    loop {
        let at = a_principal();
        if store.create(at, a_session(&store)).await.is_ok() && holds(promoted, at).await {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "the new primary is not used");
        sleep(Duration::from_millis(5)).await;
    }
    eprintln!("failover on purpose: promoted after {after:.1?}, used after {:.1?}", begin.elapsed());
    assert!(promotion.elapsed() < Duration::from_secs(4));
    assert!(is_there(&store, at, new.id).await);
}

/// One that has not heard of a failover names the former primary, which may have woken up and not know of it either.
#[tokio::test]
async fn the_sentinel_with_the_latest_failover_is_believed() {
    let (all, former) = (RedisSentinel::start().await, RedisServer::start().await);
    let ok = Reply::Status("OK".to_owned());
    assert_eq!(all.sentinels[0].command(&["SENTINEL", "FAILOVER", "sessions"]).await, ok);
    let promoted = all.until_failed_over_from(0).await;
    let behind = RedisServer::start_sentinel().await;
    let port = former.port().to_string();
    assert_eq!(behind.command(&["SENTINEL", "MONITOR", "sessions", "127.0.0.1", &port, "2"]).await, ok);
    let knows = all.sentinels[0].port();
    for (first, other) in [(behind.port(), knows), (knows, behind.port())] {
        let url = format!("redis-sentinel://127.0.0.1:{first}/sessions?node=127.0.0.1:{other}");
        let store = RedisStore::connect(url).await.unwrap();
        let at = a_principal();
        open(&store, at).await;
        assert!(holds(&all.servers[promoted], at).await && !holds(&former, at).await);
    }
}

/// Two of three that are slow are waited for, whatever the quick one says.
#[tokio::test]
async fn most_sentinels_are_waited_for() {
    let (all, former) = (RedisSentinel::start().await, RedisServer::start().await);
    let ok = Reply::Status("OK".to_owned());
    assert_eq!(all.sentinels[0].command(&["SENTINEL", "FAILOVER", "sessions"]).await, ok);
    let promoted = all.until_failed_over_from(0).await;
    let behind = RedisServer::start_sentinel().await;
    let port = former.port().to_string();
    assert_eq!(behind.command(&["SENTINEL", "MONITOR", "sessions", "127.0.0.1", &port, "2"]).await, ok);
    let [slow, slower, _] = all.sentinels.as_slice() else { panic!("three Sentinels") };
    let url = format!(
        "redis-sentinel://127.0.0.1:{}/sessions?node=127.0.0.1:{}&node=127.0.0.1:{}",
        behind.port(),
        slow.port(),
        slower.port()
    );
    slow.pause();
    slower.pause();
    let connecting = tokio::spawn(RedisStore::connect(url));
    sleep(Duration::from_millis(600)).await;
    slow.resume();
    slower.resume();
    let store = connecting.await.unwrap().unwrap();
    let at = a_principal();
    open(&store, at).await;
    assert!(holds(&all.servers[promoted], at).await && !holds(&former, at).await);
}

/// A store that has followed a failover does not go back for a Sentinel that has not heard of it, and is alone.
#[tokio::test]
async fn an_earlier_failover_is_not_gone_back_to() {
    let (all, former) = (RedisSentinel::start().await, RedisServer::start().await);
    let ok = Reply::Status("OK".to_owned());
    assert_eq!(all.sentinels[0].command(&["SENTINEL", "FAILOVER", "sessions"]).await, ok);
    all.until_failed_over_from(0).await;
    let behind = RedisServer::start_sentinel().await;
    let port = former.port().to_string();
    assert_eq!(behind.command(&["SENTINEL", "MONITOR", "sessions", "127.0.0.1", &port, "2"]).await, ok);
    let knows = &all.sentinels[0];
    let url =
        format!("redis-sentinel://127.0.0.1:{}/sessions?node=127.0.0.1:{}", behind.port(), knows.port());
    let store = RedisStore::builder(url).connect_timeout(Duration::from_millis(300)).connect().await.unwrap();
    knows.pause();
    let begin = Instant::now();
    // Long enough for two looks, each of which waits for the one that is silent.
    while begin.elapsed() < Duration::from_secs(5) {
        open(&store, a_principal()).await;
        sleep(Duration::from_millis(20)).await;
    }
    knows.resume();
    assert_eq!(former.command(&["DBSIZE"]).await, Reply::Int(0));
}

/// One that says nothing for a while is asked time and again, and all of that is gone when it is back.
#[tokio::test]
async fn a_silent_sentinel_is_left_with_no_connections() {
    let all = RedisSentinel::start().await;
    let store = RedisStore::connect(all.url()).await.unwrap();
    let silent = &all.sentinels[1];
    for _ in 0..6 {
        silent.pause();
        sleep(Duration::from_millis(900)).await;
        silent.resume();
        sleep(Duration::from_millis(300)).await;
    }
    assert!(store.read(a_principal(), an_id()).await.unwrap().is_none());
    let begin = Instant::now();
    loop {
        let clients = silent.command(&["CLIENT", "LIST"]).await.into_text();
        let ours = clients
            .lines()
            .filter(|client| client.contains(" name= ") && !client.contains("cmd=client|list"));
        let ours = ours.count();
        if ours <= 1 {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{ours} connections\n{clients}");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_service_that_no_sentinel_knows_is_said() {
    let all = RedisSentinel::start().await;
    let error = RedisStore::connect(all.url().replace("/sessions", "/others")).await.unwrap_err().to_string();
    assert!(error.contains("no service others"), "{error}");
    assert!(
        RedisStore::connect(all.url()).await.unwrap().read(a_principal(), an_id()).await.unwrap().is_none()
    );
}

async fn holds(server: &RedisServer, at: Tag) -> bool {
    server.command(&["EXISTS", &format!("auth:{at}")]).await == Reply::Int(1)
}
