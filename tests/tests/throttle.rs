//! Logins are counted before they are looked at: too many are refused, and nobody locks anybody else's network out.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::IpAddr;
use std::time::Duration;

use auth_core::ClientAddress;
use auth_core::throttle::{Rate, Throttle};
use auth_redis::RedisStore;
use auth_tests::app::{App, PASSWORD};
use auth_tests::world::sign_in;
use auth_tests::{Answer, Client, RedisServer, World};
use reqwest::Method;
use serde_json::json;

const fn rate(burst: u32, every: Duration) -> Rate {
    Rate { burst, every }
}

const HOUR: Duration = Duration::from_hours(1);

/// Three of one identifier from one network, ten of one identifier, twelve from one network.
const STRICT: Throttle =
    Throttle { both: rate(3, HOUR), identifier: rate(10, HOUR), network: rate(12, HOUR) };

/// The network is in a header, as it would be behind a proxy that sets it.
fn strict(mut app: App) -> App {
    app.users = app.users.with_throttle(Some(STRICT)).with_client_address(ClientAddress::custom(|parts| {
        parts.headers.get("x-test-address").and_then(|address| address.to_str().ok()?.parse::<IpAddr>().ok())
    }));
    app
}

async fn each_store(test: impl AsyncFn(World)) {
    let memory = std::sync::Arc::new(auth_core::MemoryStore::new());
    test(World::of(strict(App::new(memory.clone(), memory)), None).await).await;
    let redis = RedisServer::start().await;
    let store = RedisStore::connect(redis.url()).await.unwrap();
    test(World::of(strict(App::new(store.clone(), store)), Some(redis)).await).await;
}

async fn login(client: &mut Client, email: &str, password: &str, address: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    let request = client.request(Method::POST, "/user/login").header("x-test-address", address).json(&body);
    client.finish(request).await
}

#[tokio::test]
async fn wrong_passwords_are_refused_after_a_few_with_the_time_to_wait() {
    each_store(async |world| {
        let mut client = world.client();
        for _ in 0..3 {
            login(&mut client, "ann@example.com", "wrong", "192.0.2.1")
                .await
                .assert_problem(401, "invalid-credentials");
        }
        for email in ["ann@example.com", " ANN@Example.com"] {
            let answer = login(&mut client, email, PASSWORD, "192.0.2.99").await;
            answer.assert_problem(429, "too-many-logins");
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((3500..=3600).contains(&wait), "{wait}");
        }
        // Another identifier, and the same one from elsewhere, are not concerned.
        assert_eq!(login(&mut client, "bob@example.com", PASSWORD, "192.0.2.1").await.status, 200);
        assert_eq!(login(&mut client, "ann@example.com", PASSWORD, "198.51.100.1").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn whoever_knows_the_password_is_never_counted() {
    each_store(async |world| {
        for _ in 0..30 {
            let mut client = world.client();
            // What is given back is given back behind the request's back.
            while login(&mut client, "ann@example.com", PASSWORD, "192.0.2.1").await.status == 429 {}
            assert_eq!(client.get("/orders").await.status, 200);
        }
    })
    .await;
}

#[tokio::test]
async fn an_attack_from_many_networks_is_counted_by_the_identifier() {
    each_store(async |world| {
        let mut client = world.client();
        for n in 0..10 {
            let address = format!("198.51.{n}.1");
            login(&mut client, "ann@example.com", "wrong", &address)
                .await
                .assert_problem(401, "invalid-credentials");
        }
        let refused = login(&mut client, "ann@example.com", PASSWORD, "203.0.113.1").await;
        refused.assert_problem(429, "too-many-logins");
    })
    .await;
}

#[tokio::test]
async fn one_network_that_tries_many_identifiers_is_counted_by_itself() {
    each_store(async |world| {
        let mut client = world.client();
        for n in 0..12 {
            // One household is one network: all of these are in one /48.
            let (email, address) = (format!("{n}@example.com"), format!("2001:db8:7:{n}::1"));
            login(&mut client, &email, "wrong", &address).await.assert_problem(401, "invalid-credentials");
        }
        let refused = login(&mut client, "ann@example.com", PASSWORD, "2001:db8:7:ffff::1").await;
        refused.assert_problem(429, "too-many-logins");
        assert_eq!(login(&mut client, "ann@example.com", PASSWORD, "2001:db8:8::1").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn parallel_guesses_over_several_processes_count_in_full() {
    let redis = RedisServer::start().await;
    let mut worlds = Vec::new();
    for _ in 0..4 {
        let store = RedisStore::connect(redis.url()).await.unwrap();
        worlds.push(World::of(strict(App::new(store.clone(), store)), None).await);
    }
    let guesses = (0..200).map(|n| {
        let mut client = worlds[n % 4].client();
        tokio::spawn(async move { login(&mut client, "ann@example.com", "wrong", "192.0.2.1").await.status })
    });
    let mut statuses = Vec::new();
    for guess in guesses.collect::<Vec<_>>() {
        statuses.push(guess.await.unwrap());
    }
    let looked_at = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!((looked_at, statuses.len()), (3, 200), "{statuses:?}");
}

#[tokio::test]
async fn nobody_is_let_in_uncounted_when_counting_fails() {
    let mut redis = RedisServer::start().await;
    let store = RedisStore::connect(redis.url()).await.unwrap();
    let memory = auth_core::MemoryStore::new();
    let world = World::of(strict(App::new(store, memory)), None).await;
    redis.kill();
    sign_in(&mut world.client(), "ann@example.com").await.assert_problem(503, "unavailable");
}

#[tokio::test]
async fn neighbours_in_an_ipv6_network_do_not_wait_for_each_other() {
    each_store(async |world| {
        let mut client = world.client();
        for _ in 0..3 {
            let answer = login(&mut client, "ann@example.com", "wrong", "2001:db8:7:8::1").await;
            answer.assert_problem(401, "invalid-credentials");
        }
        let answer = login(&mut client, "ann@example.com", PASSWORD, "2001:db8:7:8:ffff::2").await;
        answer.assert_problem(429, "too-many-logins");
        assert_eq!(login(&mut client, "ann@example.com", PASSWORD, "2001:db8:7:9::1").await.status, 200);
        // Whoever has the whole network gets twice as far, and not as far as the identifier.
        for line in 0..3 {
            let address = format!("2001:db8:7:{line}::1");
            login(&mut client, "ann@example.com", "wrong", &address)
                .await
                .assert_problem(401, "invalid-credentials");
        }
        let answer = login(&mut client, "ann@example.com", PASSWORD, "2001:db8:7:9::1").await;
        answer.assert_problem(429, "too-many-logins");
        assert_eq!(login(&mut client, "ann@example.com", PASSWORD, "2001:db8:8::1").await.status, 200);
    })
    .await;
}
