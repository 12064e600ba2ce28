//! What is where in Redis.
#![allow(clippy::unwrap_used, reason = "tests")]

use auth_core::{
    ServerKey,
    store::{SessionStore, StoreError},
};
use support::{
    MINUTE, RedisServer, Reply, a_principal, a_session, builder_on, is_there, open, store_on, why,
};

mod support;

async fn keys(server: &RedisServer) -> Vec<String> {
    let Reply::Array(keys) = server.command(&["KEYS", "*"]).await else { panic!("no list") };
    let mut keys: Vec<_> = keys.into_iter().map(Reply::into_text).collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn all_sessions_of_a_principal_are_one_hash_that_expires() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    open(&store, at).await;
    open(&store, at).await;
    let key = format!("auth:{at}");
    assert_eq!(keys(&server).await, std::slice::from_ref(&key));
    assert_eq!(server.command(&["HLEN", &key]).await, Reply::Int(2));
    let Reply::Int(life) = server.command(&["PTTL", &key]).await else { panic!("no life") };
    assert!(life > 50_000 && u128::from(life.cast_unsigned()) <= MINUTE.as_millis(), "{life}");
}

#[tokio::test]
async fn a_prefix_divides_what_programs_keep() {
    let server = RedisServer::start().await;
    let (shop, forum) = (builder_on(&server).prefix("shop:"), builder_on(&server).prefix("forum:"));
    let (shop, forum) = (shop.connect().await.unwrap(), forum.connect().await.unwrap());
    let at = a_principal();
    let new = open(&shop, at).await;
    assert!(is_there(&shop, at, new.id).await && !is_there(&forum, at, new.id).await);
    assert!(forum.end_all(at, None).await.unwrap().is_empty());
    let (one, other) = (ServerKey::from([1; 32]), ServerKey::from([2; 32]));
    assert_eq!(shop.server_key(one.clone()).await.unwrap().expose(), one.expose());
    assert_eq!(forum.server_key(other.clone()).await.unwrap().expose(), other.expose());
    let mut expected = [
        format!("forum:auth:{at}"),
        "forum:auth:!key".to_owned(),
        "shop:auth:!key".to_owned(),
        format!("shop:auth:{at}"),
    ];
    expected.sort();
    assert_eq!(keys(&server).await, expected);
}

#[tokio::test]
async fn a_database_number_divides_too() {
    let server = RedisServer::start().await;
    let other = auth_redis::RedisStore::connect(format!("{}/3", server.url())).await.unwrap();
    open(&other, a_principal()).await;
    assert!(keys(&server).await.is_empty());
}

#[tokio::test]
async fn programs_on_one_server_share_sessions_and_the_server_key() {
    let server = RedisServer::start().await;
    let (one, other) = (store_on(&server).await, store_on(&server).await);
    let at = a_principal();
    let new = open(&one, at).await;
    assert!(is_there(&other, at, new.id).await);
    let (a, b) =
        tokio::join!(one.server_key(ServerKey::from([1; 32])), other.server_key(ServerKey::from([2; 32])));
    assert_eq!(a.unwrap().expose(), b.unwrap().expose());
}

#[tokio::test]
async fn a_login_that_began_elsewhere_is_fenced_off_too() {
    let server = RedisServer::start().await;
    let (one, other) = (store_on(&server).await, store_on(&server).await);
    let at = a_principal();
    for _ in 0..20 {
        let begun = a_session(&one);
        other.end_all(at, None).await.unwrap();
        assert_eq!(one.create(at, begun).await.unwrap(), auth_core::store::Created::Fenced);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        open(&one, at).await;
    }
}

#[tokio::test]
async fn what_is_not_ours_under_our_names_is_an_error() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    server.command(&["SET", &format!("auth:{at}"), "a string"]).await;
    server.command(&["SET", "auth:!key", "too short"]).await;
    let new = a_session(&store);
    let id = new.id;
    assert!(why(store.read(at, id).await).contains("WRONGTYPE"));
    assert!(why(store.create(at, new).await).contains("WRONGTYPE"));
    assert!(why(store.end_all(at, None).await).contains("WRONGTYPE"));
    assert!(why(store.server_key(ServerKey::from([1; 32])).await).contains("auth:!key holds no server key"));
}

#[tokio::test]
async fn without_memory_logins_are_refused_and_all_else_goes_on() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let at = a_principal();
    let (one, two) = (open(&store, at).await, open(&store, at).await);
    server.command(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let refused = store.create(at, a_session(&store)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Full(_)), "{refused}");
    assert!(store.touch(at, one.id, support::activity(one.verifier)).await.unwrap());
    let rotation = support::rotation(one.verifier, support::a_verifier());
    assert!(matches!(store.rotate(at, one.id, rotation).await.unwrap(), auth_core::store::Rotated::Next(_)));
    assert!(store.end(at, one.id).await.unwrap().is_some());
    assert_eq!(store.end_all(at, None).await.unwrap(), [two.id]);
}
