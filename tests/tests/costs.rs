//! What a request costs in commands of Redis, counted by Redis.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use auth_redis::RedisStore;
use auth_tests::app::{App, PASSWORD, User};
use auth_tests::world::{enter, sign_in};
use auth_tests::{Client, RedisCluster, RedisServer, World};

/// How often a client sent a command: a script, or HGET outside of one. What scripts do within is not counted.
fn sent(stats: &BTreeMap<String, u64>) -> BTreeMap<&str, u64> {
    let count = |name: &str| stats.get(name).copied().unwrap_or_default();
    let scripts = count("evalsha") + count("eval");
    let counts = if scripts > 0 { ("script", scripts) } else { ("hget", count("hget")) };
    BTreeMap::from([counts]).into_iter().filter(|(_, calls)| *calls > 0).collect()
}

/// Without a count of logins, which the next test looks at.
async fn unthrottled() -> World {
    let redis = RedisServer::start().await;
    let store = RedisStore::connect(redis.url()).await.unwrap();
    let mut app = App::new(store.clone(), store);
    app.users = app.users.with_throttle(None);
    app.accounts = app.accounts.with_throttle(None);
    World::of(app, Some(redis)).await
}

#[tokio::test]
async fn counting_a_login_costs_one_command_before_and_one_behind_its_back() {
    let world = World::redis().await;
    world.ann().await;
    let mut client = world.client();
    let ((), stats) = redis(&world)
        .count_commands(async {
            sign_in(&mut client, "ann@example.com").await;
            while redis(&world).command_stats().await["evalsha"] < 3 {}
        })
        .await;
    assert_eq!(sent(&stats), BTreeMap::from([("script", 3)]), "{stats:?}");
    let wrong = serde_json::json!({ "email": "ann@example.com", "password": "wrong" });
    let (_, stats) = redis(&world).count_commands(client.post_json("/user/login", &wrong)).await;
    assert_eq!(sent(&stats), BTreeMap::from([("script", 1)]), "a failed one stays counted: {stats:?}");
}

fn redis(world: &World) -> &RedisServer {
    world.redis.as_ref().unwrap()
}

#[tokio::test]
async fn each_endpoint_costs_what_it_says() {
    let world = unthrottled().await;
    world.ann().await; // the server key has been agreed on
    let mut client = world.client();
    let script = BTreeMap::from([("script", 1)]);

    let (_, stats) = redis(&world).count_commands(sign_in(&mut client, "ann@example.com")).await;
    assert_eq!(sent(&stats), script, "login: {stats:?}");

    for path in ["/orders", "/user/session", "/user/me", "/maybe", "/all"] {
        let (answer, stats) = redis(&world).count_commands(client.get(path)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(stats, BTreeMap::from([("hget".to_owned(), 1)]), "{path}: however many extractors ask");
    }

    let (_, stats) = redis(&world).count_commands(client.get("/public")).await;
    assert!(stats.is_empty(), "a route that asks for no session: {stats:?}");

    let (answer, stats) = redis(&world).count_commands(client.post("/user/refresh")).await;
    assert_eq!((answer.status, sent(&stats)), (200, script.clone()), "refresh: {stats:?}");

    let (_, stats) = redis(&world).count_commands(sign_in(&mut client, "ann@example.com")).await;
    assert_eq!(sent(&stats), script, "login over a session of the same principal: {stats:?}");

    let (_, stats) = redis(&world).count_commands(sign_in(&mut client, "bob@example.com")).await;
    assert_eq!(
        sent(&stats),
        BTreeMap::from([("script", 2)]),
        "login over another principal's session: {stats:?}"
    );

    let (answer, stats) = redis(&world).count_commands(client.post("/user/logout")).await;
    assert_eq!((answer.status, sent(&stats)), (204, script), "logout: {stats:?}");
}

/// A login is counted in two places, so that no node counts everybody.
#[tokio::test]
async fn in_a_cluster_counting_a_login_costs_one_command_more() {
    let cluster = RedisCluster::start().await;
    let store = RedisStore::connect(cluster.url()).await.unwrap();
    let world = World::of(App::new(store.clone(), store), None).await;
    // What a login gives back it gives back behind its back: it is waited for, in two places too.
    for (path, expected) in [("login", 5), ("/orders", 0), ("/user/refresh", 1), ("/user/logout", 1)] {
        let mut client = if path == "login" { world.client() } else { settled(&world, &cluster).await };
        let before = scripts(&cluster).await;
        match path {
            "login" => _ = sign_in(&mut client, "ann@example.com").await,
            "/orders" => _ = client.get(path).await,
            _ => _ = client.post(path).await,
        }
        until(&cluster, before + expected).await;
        assert_eq!(scripts(&cluster).await, before + expected, "{path}");
    }
}

/// A client whose login has been given back.
async fn settled(world: &World, cluster: &RedisCluster) -> Client {
    let before = scripts(cluster).await;
    let client = world.ann().await;
    until(cluster, before + 5).await;
    client
}

async fn until(cluster: &RedisCluster, count: u64) {
    while scripts(cluster).await < count {}
}

/// How many scripts the primaries have run.
async fn scripts(cluster: &RedisCluster) -> u64 {
    let mut all = 0;
    for node in &cluster.nodes[..3] {
        let stats = node.command_stats().await;
        all += stats.get("evalsha").copied().unwrap_or_default()
            + stats.get("eval").copied().unwrap_or_default();
    }
    all
}

#[tokio::test]
async fn a_failed_login_and_a_stranger_cost_nothing() {
    let world = unthrottled().await;
    let mut client = world.client();
    let (answer, stats) = redis(&world).count_commands(enter(&mut client, 99)).await;
    assert_eq!((answer.status, stats.len()), (401, 0));
    let (answer, stats) = redis(&world).count_commands(client.get("/orders")).await;
    assert_eq!((answer.status, stats.len()), (401, 0));
}

#[tokio::test]
async fn the_first_use_of_a_successor_is_noted_once() {
    let world = World::redis().await;
    let mut client = world.ann().await;
    client.post("/user/refresh").await;
    let ((), stats) = redis(&world)
        .count_commands(async {
            while !redis(&world).command_stats().await.contains_key("evalsha") {
                assert_eq!(client.get("/orders").await.status, 200);
            }
        })
        .await;
    assert_eq!(stats["evalsha"], 1);
    let (_, stats) = redis(&world).count_commands(client.get("/orders")).await;
    assert_eq!(stats, BTreeMap::from([("hget".to_owned(), 1)]));
}

#[tokio::test]
async fn nothing_scans_the_keys() {
    let world = World::redis().await;
    let ((), stats) = redis(&world)
        .count_commands(async {
            let mut client = world.ann().await;
            client.get("/orders").await;
            client.post("/user/refresh").await;
            client.get("/user/sessions").await;
            client.send(reqwest::Method::DELETE, "/user/sessions").await;
            let credentials = serde_json::json!({ "email": "ann@example.com", "password": PASSWORD });
            client.post_json("/user/reauthenticate", &credentials).await;
            client.post("/user/logout").await;
            world.app.users.update(&User::renamed(7, "ann@new.example")).await.unwrap();
            world.app.users.health().await.unwrap();
            world.app.users.end_all(&7).await.unwrap();
        })
        .await;
    for command in stats.keys() {
        let forbidden = ["scan", "keys", "flushall", "flushdb", "subscribe", "psubscribe"];
        assert!(!forbidden.contains(&command.as_str()), "{stats:?}");
    }
}
