//! Sealed sessions: what Redis keeps shows nothing, cannot be changed, and outlives a change of keys.
#![allow(clippy::unwrap_used, reason = "tests")]

use auth_core::session::{Record, Tag};
use auth_core::{MemoryStore, ServerKey};
use auth_redis::RedisStore;
use auth_tests::app::App;
use auth_tests::redis_server::Reply;
use auth_tests::world::sign_in;
use auth_tests::{RedisServer, World};

fn key(byte: u8) -> ServerKey {
    ServerKey::from([byte; 32])
}

/// A process with sealed sessions of users: its current key, and those that it still accepts.
async fn process(redis: &RedisServer, current: u8, previous: &[u8]) -> World {
    let store = RedisStore::connect(redis.url()).await.unwrap();
    let mut app = App::new(store, MemoryStore::new());
    app.users = app.users.with_keys(key(current), previous.iter().map(|byte| key(*byte))).sealed();
    World::of(app, None).await
}

/// The key of a principal in Redis, and the sessions there: ids and records.
async fn kept(redis: &RedisServer, principal: &str) -> (String, Vec<(Vec<u8>, Record)>) {
    let name = format!("auth:{}", Tag::of("user", principal));
    let Reply::Array(fields) = redis.command(&["HGETALL", &name]).await else { panic!("no hash") };
    let bytes = |reply: &Reply| match reply {
        Reply::Text(bytes) => bytes.clone(),
        other => panic!("{other:?}"),
    };
    let sessions = fields.chunks(2).map(|pair| (bytes(&pair[0]), Record::decode(&bytes(&pair[1])).unwrap()));
    (name, sessions.collect())
}

async fn put(redis: &RedisServer, name: &str, id: &[u8], record: &Record) {
    redis.command(&[b"HSET".as_slice(), name.as_bytes(), id, &record.encode()]).await;
}

#[tokio::test]
async fn redis_shows_nothing_of_an_entity() {
    let redis = RedisServer::start().await;
    let world = process(&redis, 1, &[]).await;
    assert_eq!(world.ann().await.get("/orders").await.body, "ann@example.com");
    let (_, sessions) = kept(&redis, "7").await;
    let payload = &sessions[0].1.payload;
    assert!(!payload.windows(3).any(|bytes| bytes == b"ann"));
}

#[tokio::test]
async fn what_a_session_carries_cannot_be_changed_or_exchanged() {
    let redis = RedisServer::start().await;
    let world = process(&redis, 1, &[]).await;
    let mut ann = world.ann().await;
    let mut bob = world.client();
    sign_in(&mut bob, "bob@example.com").await;
    let (of_ann, ann_before) = kept(&redis, "7").await;
    let (of_bob, bob_before) = kept(&redis, "8").await;

    // Another principal's payload, a changed byte, and one that was never sealed.
    let plain =
        World::of(App::new(RedisStore::connect(redis.url()).await.unwrap(), MemoryStore::new()), None).await;
    let mut other = plain.client();
    sign_in(&mut other, "ann@example.com").await;
    let unsealed =
        kept(&redis, "7").await.1.into_iter().find(|(id, _)| *id != ann_before[0].0).unwrap().1.payload;
    let mut changed = bob_before[0].1.payload.clone();
    *changed.last_mut().unwrap() ^= 1;
    for payload in [ann_before[0].1.payload.clone(), changed, unsealed, Vec::new()] {
        let (id, record) = &bob_before[0];
        put(&redis, &of_bob, id, &Record { payload, ..record.clone() }).await;
        bob.get("/orders").await.assert_problem(401, "not-signed-in");
    }
    let (id, record) = &bob_before[0];
    put(&redis, &of_bob, id, record).await;
    assert_eq!(bob.get("/orders").await.body, "bob@example.com");
    assert!(of_ann != of_bob && ann.get("/orders").await.status == 200);
}

#[tokio::test]
async fn another_server_key_ends_the_sessions_of_all() {
    let redis = RedisServer::start().await;
    // Unsealed, so that it is the secret that is not good any more.
    let process = async |current| {
        let mut app = App::new(RedisStore::connect(redis.url()).await.unwrap(), MemoryStore::new());
        app.users = app.users.with_keys(key(current), []);
        World::of(app, None).await
    };
    let with_the_key = process(1).await;
    let mut client = with_the_key.ann().await;
    let with_another_key = process(2).await;
    let mut there = with_another_key.client();
    there.cookies.clone_from(&client.cookies);
    there.get("/orders").await.assert_problem(401, "not-signed-in");
    there.post("/user/refresh").await.assert_problem(401, "not-signed-in");
    assert_eq!(client.get("/orders").await.status, 200, "it is the key, and nothing else");
    assert_eq!(with_another_key.ann().await.get("/orders").await.status, 200);
}

#[tokio::test]
async fn keys_change_while_programs_run() {
    let redis = RedisServer::start().await;
    let old = process(&redis, 1, &[]).await;
    let mut client = old.ann().await;
    // First every process learns the new key, then it becomes the current one, then the old one goes.
    let learned = process(&redis, 1, &[2]).await;
    let changed = process(&redis, 2, &[1]).await;
    for world in [&old, &learned, &changed] {
        let mut there = world.client();
        there.cookies.clone_from(&client.cookies);
        assert_eq!(there.get("/orders").await.body, "ann@example.com");
    }
    // A refresh by the one, repeated by the other: the same cookie.
    let mut there = changed.client();
    there.cookies.clone_from(&client.cookies);
    assert_eq!(there.post("/user/refresh").await.status, 200);
    let mut here = learned.client();
    here.cookies.clone_from(&client.cookies);
    assert_eq!(here.post("/user/refresh").await.status, 200);
    assert_eq!(here.cookies, there.cookies);
    client.cookies.clone_from(&there.cookies);
    let mut elsewhere = learned.client();
    elsewhere.cookies.clone_from(&client.cookies);
    assert_eq!(elsewhere.get("/orders").await.status, 200);

    let mut new = changed.ann().await;
    let only_new = process(&redis, 2, &[]).await;
    let mut there = only_new.client();
    there.cookies.clone_from(&new.cookies);
    assert_eq!(there.get("/orders").await.status, 200);
    assert_eq!(new.get("/orders").await.status, 200);
}

#[tokio::test]
async fn another_principals_payload_is_refused_without_a_seal_too() {
    let redis = RedisServer::start().await;
    let world = World::with(redis).await;
    let redis = world.redis.as_ref().unwrap();
    let mut bob = world.client();
    sign_in(&mut bob, "bob@example.com").await;
    let _ann = world.ann().await;
    let (_, of_ann) = kept(redis, "7").await;
    let (name, of_bob) = kept(redis, "8").await;
    let (id, record) = &of_bob[0];
    put(redis, &name, id, &Record { payload: of_ann[0].1.payload.clone(), ..record.clone() }).await;
    bob.get("/orders").await.assert_problem(401, "not-signed-in");
}
