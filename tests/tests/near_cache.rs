//! A program with a near cache, over HTTP: what another program does to its sessions, and the hunt for one that is let in
//! after its end. `AUTH_HUNT=300` hunts for as many seconds in each place.
#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "tests, which tell what they saw")]

use std::time::{Duration, Instant};

use auth_core::SessionStore;
use auth_core::session::{Record, Tag};
use auth_core::store::conformance::Candidate;
use auth_core::store::{Found, StoreResult};
use auth_redis::{NearCache, RedisStore};
use auth_tests::app::App;
use auth_tests::hunt::{Place, hunt};
use auth_tests::world::{USER, sign_in};
use auth_tests::{Client, RedisServer, Server};
use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_secs(20);

/// More than this of a session is not remembered.
const LARGEST: usize = 4000;

/// What a busy machine does not pass while nothing is wrong.
fn long() -> NearCache {
    NearCache::default().bound(Duration::from_secs(10))
}

async fn program(redis: &RedisServer, near: Option<NearCache>) -> Server {
    let builder = RedisStore::builder(redis.url());
    let builder = match near {
        Some(near) => builder.near_cache(near),
        None => builder,
    };
    let store = builder.connect().await.unwrap();
    Server::start(App::new(store.clone(), store).routes()).await
}

fn there(other: &Server, client: &Client) -> Client {
    let mut there = other.client();
    there.cookies.clone_from(&client.cookies);
    there
}

/// How many times Redis is asked for a session by some requests, which are all let in.
async fn reads(redis: &RedisServer, client: &mut Client, requests: usize) -> u64 {
    let ((), counts) = redis
        .count_commands(async {
            for _ in 0..requests {
                assert_eq!(client.get("/orders").await.status, 200);
            }
        })
        .await;
    counts.get("hget").copied().unwrap_or_default()
}

async fn until_remembered(redis: &RedisServer, client: &mut Client) {
    let begin = Instant::now();
    while reads(redis, client, 5).await > 0 {
        assert!(begin.elapsed() < PATIENCE, "it is not remembered");
    }
}

#[tokio::test]
async fn most_requests_ask_nobody() {
    let redis = RedisServer::start().await;
    let here = program(&redis, Some(long())).await;
    let mut client = here.client();
    sign_in(&mut client, "ann@example.com").await;
    until_remembered(&redis, &mut client).await;
    assert_eq!(reads(&redis, &mut client, 100).await, 0);
}

#[tokio::test]
async fn a_logout_counts_at_once_here_and_soon_elsewhere() {
    let redis = RedisServer::start().await;
    let (here, also_here) = (program(&redis, Some(long())).await, program(&redis, Some(long())).await);
    let mut client = here.client();
    sign_in(&mut client, "ann@example.com").await;
    let mut thief = client.clone();
    let mut elsewhere = there(&also_here, &client);
    until_remembered(&redis, &mut client).await;
    until_remembered(&redis, &mut elsewhere).await;
    assert_eq!(client.post("/user/logout").await.status, 204);
    assert_eq!(thief.get("/orders").await.status, 401);
    let begin = Instant::now();
    while elsewhere.get("/orders").await.status != 401 {
        assert!(begin.elapsed() < Duration::from_secs(8), "it is still let in");
    }
}

#[tokio::test]
async fn a_cookie_that_was_refreshed_elsewhere_is_good_at_once_and_the_old_one_as_ever() {
    let redis = RedisServer::start().await;
    let (here, other) = (program(&redis, Some(long())).await, program(&redis, None).await);
    let mut client = here.client();
    sign_in(&mut client, "ann@example.com").await;
    until_remembered(&redis, &mut client).await;
    let mut refreshed = there(&other, &client);
    assert!(refreshed.post("/user/refresh").await.status < 300);
    assert_ne!(refreshed.cookie(USER), client.cookie(USER));
    let mut successor = there(&here, &refreshed);
    for _ in 0..20 {
        assert_eq!(successor.get("/orders").await.status, 200);
        assert_eq!(client.get("/orders").await.status, 200, "it is good for the time of grace");
    }
    until_remembered(&redis, &mut successor).await;
}

#[tokio::test]
async fn a_secret_that_is_made_up_is_refused_whatever_is_remembered() {
    let redis = RedisServer::start().await;
    let here = program(&redis, Some(long())).await;
    let mut client = here.client();
    sign_in(&mut client, "ann@example.com").await;
    until_remembered(&redis, &mut client).await;
    let mut thief = client.clone();
    let mut cookie = client.cookie(USER).to_owned();
    let last = if cookie.pop() == Some('A') { 'B' } else { 'A' };
    cookie.push(last);
    thief.cookies.insert(USER.to_owned(), cookie);
    assert_eq!(thief.get("/orders").await.status, 401);
    assert_eq!(client.get("/orders").await.status, 200);
}

/// A store that reads what it remembers, once it remembers it.
struct Recalling {
    store: RedisStore,
}

impl SessionStore for Recalling {
    auth_tests::pass_on!(store: place login_begins now watch create rotate touch renew list update count refund end
        end_all server_key);

    async fn read(&self, at: Tag, id: uuid::Uuid) -> StoreResult<Option<Found>> {
        let read = self.store.read(at, id).await?;
        let Some(found) = &read else {
            assert!(self.store.recall(at, id).is_none(), "it is remembered, and not there");
            return Ok(None);
        };
        if found.record.payload.len() > LARGEST {
            return Ok(read);
        }
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(known) = self.store.recall(at, id) {
                return Ok(Some(Found { record: Record::clone(&known.record), now: known.now }));
            }
            if self.store.read(at, id).await?.is_none() {
                return Ok(None);
            }
            sleep(Duration::from_millis(1)).await;
        }
        panic!("it is not remembered");
    }
}

mod keeps_the_laws {
    use super::*;

    auth_core::conformance_tests!({
        let redis = RedisServer::start().await;
        let near = NearCache::default().bound(Duration::from_millis(200));
        let store = RedisStore::builder(redis.url()).near_cache(near).connect().await.unwrap();
        Candidate::new(Recalling { store }).keeping(redis)
    });
}

async fn hunt_in(place: Place) {
    let time = std::env::var("AUTH_HUNT").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(30);
    let program = env!("CARGO_BIN_EXE_other_program");
    let seen = hunt(place, program, Duration::from_millis(500), Duration::from_secs(time)).await;
    eprintln!("{seen}");
    assert!(seen.mistakes.is_empty(), "{seen}: {:#?}", &seen.mistakes[..seen.mistakes.len().min(10)]);
    assert!(seen.changes > 5 && seen.let_in > 100 && seen.refused > 0, "too little happened: {seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_ended_session_is_let_in_past_the_bound() {
    hunt_in(Place::server().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_in_a_cluster() {
    hunt_in(Place::cluster().await).await;
}
