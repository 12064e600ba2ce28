//! Redis killed and paused: every endpoint says 503 in bounded time, nobody is let in, no cookie is touched, and
//! service is back when Redis is.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use auth_core::SessionStore;
use auth_core::session::Tag;
use auth_redis::RedisStore;
use auth_tests::app::App;
use auth_tests::world::{enter, sign_in};
use auth_tests::{Client, RedisServer, World};
use uuid::Uuid;

/// The command timeout of a second, and room for a slow machine.
const BOUND: Duration = Duration::from_secs(3);

/// Asks every endpoint of a program whose Redis is out of order.
async fn everything_is_unavailable(world: &World, signed_in: &Client) {
    let before = signed_in.cookies.clone();
    let mut client = signed_in.clone();
    let mut stranger = world.client();
    for path in ["/orders", "/user/session", "/user/me", "/maybe", "/all"] {
        let start = Instant::now();
        let answer = client.get(path).await;
        answer.assert_problem(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "1");
        assert!(start.elapsed() < BOUND, "{path} took {:?}", start.elapsed());
    }
    for path in ["/user/refresh", "/user/logout", "/bank/leave", "/bank/refresh", "/account"] {
        let start = Instant::now();
        let answer = client.post(path).await;
        answer.assert_problem(503, "unavailable");
        assert!(start.elapsed() < BOUND, "{path} took {:?}", start.elapsed());
    }
    for who in [&mut client, &mut stranger] {
        let start = Instant::now();
        sign_in(who, "ann@example.com").await.assert_problem(503, "unavailable");
        enter(who, 7).await.assert_problem(503, "unavailable");
        assert!(start.elapsed() < 2 * BOUND, "logins took {:?}", start.elapsed());
    }
    assert_eq!(client.cookies, before, "no cookie was touched");
    assert!(stranger.cookies.is_empty());
    assert_eq!(client.get("/public").await.status, 200, "what needs no session goes on");
    stranger.get("/orders").await.assert_problem(401, "not-signed-in");
}

/// Waits for service, and gives the time that it took.
async fn back(client: &mut Client) -> Duration {
    let start = Instant::now();
    loop {
        match client.get("/orders").await.status {
            503 => assert!(start.elapsed() < Duration::from_secs(10), "service is not back"),
            200 => return start.elapsed(),
            other => panic!("answered {other} while Redis comes back"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn redis_killed_and_restarted_with_its_data() {
    let mut world = World::with(RedisServer::start_persistent().await).await;
    let mut client = world.ann().await;
    enter(&mut client, 7).await;
    world.redis.as_mut().unwrap().kill();
    everything_is_unavailable(&world, &client).await;

    world.redis.as_mut().unwrap().restart().await;
    let took = back(&mut client).await;
    assert!(took < BOUND, "service was back after {took:?}");
    // The logout that was answered with 503 did not happen, so this one does.
    assert_eq!(client.post("/user/refresh").await.status, 200);
    let mut copy = client.clone();
    assert_eq!(client.post("/user/logout").await.status, 204);
    copy.get("/orders").await.assert_problem(401, "not-signed-in");
    assert_eq!(sign_in(&mut client, "ann@example.com").await.status, 200);
}

#[tokio::test]
async fn redis_killed_and_restarted_empty() {
    let mut world = World::redis().await;
    let mut client = world.ann().await;
    world.redis.as_mut().unwrap().kill();
    client.get("/orders").await.assert_problem(503, "unavailable");
    world.redis.as_mut().unwrap().restart().await;
    let start = Instant::now();
    while client.get("/orders").await.status == 503 {
        assert!(start.elapsed() < Duration::from_secs(10), "service is not back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    client.get("/orders").await.assert_problem(401, "not-signed-in");
    assert_eq!(sign_in(&mut client, "ann@example.com").await.status, 200);
    assert_eq!(client.get("/orders").await.status, 200);
    // Another process, which asks for the server key now, gets the one that this one has.
    let redis = world.redis.take().unwrap();
    let other_process = World::with(redis).await;
    let mut other = other_process.client();
    other.cookies.clone_from(&client.cookies);
    assert_eq!(other.get("/orders").await.status, 200);
}

#[tokio::test]
async fn redis_paused_and_resumed() {
    let world = World::redis().await;
    let (mut client, mut other) = (world.ann().await, world.ann().await);
    enter(&mut client, 7).await;
    world.redis.as_ref().unwrap().pause();
    everything_is_unavailable(&world, &client).await;
    world.redis.as_ref().unwrap().resume();
    let took = back(&mut other).await;
    assert!(took < BOUND, "service was back after {took:?}");
    assert_eq!(sign_in(&mut client, "ann@example.com").await.status, 200);
    assert_eq!(client.get("/orders").await.status, 200);
}

/// With `durable_end`: 503 says that the logout may be undone by a failover yet, and the cookie stays for another try.
#[tokio::test]
async fn a_logout_is_confirmed_when_the_replica_has_it() {
    let primary = RedisServer::start_with(&[("repl-diskless-sync-delay", "0")]).await;
    let of = format!("127.0.0.1 {}", primary.port());
    let replica = RedisServer::start_with(&[("replicaof", &of)]).await;
    let builder = RedisStore::builder(primary.url()).durable_end(1, Duration::from_millis(500));
    let store = builder.connect().await.unwrap();
    let start = Instant::now();
    while store.end(Tag::of("nobody", ""), Uuid::nil()).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "the replica does not follow");
    }
    let world = World::of(App::new(store.clone(), store), None).await;
    let (mut client, mut other) = (world.ann().await, world.ann().await);
    let (before, mut copy) = (client.cookies.clone(), client.clone());
    replica.pause();
    for path in ["/user/logout", "/user/logout"] {
        let answer = client.post(path).await;
        answer.assert_problem(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(client.cookies, before);
        copy.get("/orders").await.assert_problem(401, "not-signed-in");
    }
    other.send(reqwest::Method::DELETE, "/user/sessions").await.assert_problem(503, "unavailable");
    assert_eq!(other.get("/orders").await.status, 200, "whoever does not end sessions notices nothing");
    replica.resume();
    let start = Instant::now();
    let last = loop {
        let answer = client.post("/user/logout").await;
        if answer.status != 503 {
            break answer;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "the replica does not follow");
    };
    last.assert_problem(401, "not-signed-in");
    assert_eq!(other.post("/user/logout").await.status, 204);
}
