//! Connecting, and what is said when that fails.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use auth_core::store::SessionStore;
use auth_redis::{ConnectError, RedisStore};
use support::{RedisServer, a_principal, a_session, activity, an_id, open, rotation, store_on, timed};
use tokio::net::TcpListener;

mod support;

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_at_once() {
    let mut server = RedisServer::start().await;
    server.kill();
    let (outcome, took) = timed(RedisStore::connect(server.url())).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
    let port = server.port();
    let said = format!("the Redis server at 127.0.0.1:{port} cannot be reached: Connection refused");
    assert_eq!(error.to_string(), said);
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_an_error_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let connecting = RedisStore::builder(url).connect_timeout(Duration::from_millis(200)).connect();
    let (outcome, took) = timed(connecting).await;
    assert!(matches!(outcome.unwrap_err(), ConnectError::Unreachable { .. }));
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_unix_socket_is_a_server_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("redis.sock");
    let path = path.to_str().unwrap();
    let server = RedisServer::start_with(&[("unixsocket", path)]).await;
    let store = RedisStore::connect(format!("redis+unix://{path}")).await.unwrap();
    open(&store, a_principal()).await;
    assert_eq!(server.command(&["DBSIZE"]).await, support::Reply::Int(1));
    drop(server);
    let error = RedisStore::connect(format!("unix://{path}")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains(path), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_said_and_not_shown() {
    let server = RedisServer::start_with(&[("requirepass", "hunter2")]).await;
    RedisStore::connect(server.url()).await.unwrap();
    for (credentials, said) in [(":letmein@", "WRONGPASS"), ("app:letmein@", "WRONGPASS"), ("", "NOAUTH")] {
        let url = format!("redis://{credentials}127.0.0.1:{}", server.port());
        let error = RedisStore::connect(url).await.unwrap_err();
        assert!(matches!(error, ConnectError::Refused { .. }), "{error:?}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(said) && !text.contains("letmein"), "{text}");
    }
}

#[tokio::test]
async fn a_wrong_url_is_said_without_its_password() {
    let error = RedisStore::connect("http://:hunter2@localhost").await.unwrap_err();
    assert!(matches!(error, ConnectError::Address(_)));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn something_that_is_no_redis_is_an_error() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", other.local_addr().unwrap());
    let (outcome, ()) = tokio::join!(RedisStore::connect(url), async {
        let (mut stream, _) = other.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    assert!(outcome.is_err());
}

#[tokio::test]
async fn a_replica_is_refused_and_its_primary_named() {
    let primary = RedisServer::start().await;
    let port = primary.port().to_string();
    let replica = RedisServer::start().await;
    replica.command(&["REPLICAOF", "127.0.0.1", &port]).await;
    let error = store_error(&replica).await;
    assert!(error.contains(&format!("connect to 127.0.0.1:{port}")), "{error}");
}

async fn store_error(server: &RedisServer) -> String {
    RedisStore::connect(server.url()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_user_needs_these_commands_and_no_others() {
    let server = RedisServer::start().await;
    // As the crate's documentation has it.
    let rule = "ACL SETUSER app on >secret ~auth:* resetchannels &auth:* -@all +info +time \
                +script|load +evalsha +eval +get +set +del +hget +hmget +hset +hdel +hexists +hlen +hgetall +hrandfield +hscan \
                +pexpireat +pttl +spublish +ssubscribe +sunsubscribe";
    let command: Vec<&str> = rule.split_whitespace().collect();
    assert_eq!(server.command(&command).await, support::Reply::Status("OK".to_owned()));
    let url = format!("redis://app:secret@127.0.0.1:{}", server.port());
    let store = RedisStore::connect(url.clone()).await.unwrap();
    let at = a_principal();
    for _ in 0..6 {
        open(&store, at).await;
    }
    let mut last = a_session(&store);
    last.limit = support::limit(3, auth_core::WhenFull::EndOldest);
    let (id, have) = (last.id, last.verifier);
    store.create(at, last).await.unwrap();
    assert!(store.read(at, id).await.unwrap().is_some());
    assert!(store.touch(at, id, activity(have)).await.unwrap());
    store.rotate(at, id, rotation(have, support::a_verifier())).await.unwrap();
    assert_eq!(store.list(at).await.unwrap().len(), 3);
    assert_eq!(store.update(at, None, b"new".to_vec()).await.unwrap(), 3);
    let counts = vec![auth_core::throttle::Count {
        key: auth_core::throttle::CountKey::of("user", "ann"),
        rate: auth_core::throttle::Throttle::DEFAULT.both,
    }];
    store.count(counts.clone()).await.unwrap();
    store.refund(counts).await.unwrap();
    let mut watch = store.watch(at).unwrap();
    watch.woken().await;
    assert!(store.end(at, id).await.unwrap().is_some());
    watch.woken().await;
    store.end_all(at, None).await.unwrap();
    store.server_key(auth_core::ServerKey::from([1; 32])).await.unwrap();
    server.command(&["SCRIPT", "FLUSH"]).await;
    store.end(at, id).await.unwrap();

    server.command(&["ACL", "SETUSER", "app", "-spublish", "-ssubscribe", "resetchannels"]).await;
    let new = open(&store, at).await;
    assert!(store.end(at, new.id).await.unwrap().is_some(), "it ends, whether or not somebody is told");
    assert!(!support::is_there(&store, at, new.id).await);

    server.command(&["ACL", "SETUSER", "app", "-info"]).await;
    RedisStore::connect(url.clone()).await.unwrap();
    server.command(&["ACL", "SETUSER", "app", "-time"]).await;
    let error = RedisStore::connect(url).await.unwrap_err().to_string();
    assert!(error.contains("NOPERM"), "{error}");
}

#[tokio::test]
async fn the_connection_is_closed_with_the_last_store() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let clone = store.clone();
    drop(store);
    assert!(clone.read(a_principal(), an_id()).await.unwrap().is_none());
    assert_eq!(clients(&server).await, 1);
    drop(clone);
    let begin = std::time::Instant::now();
    while clients(&server).await > 0 {
        assert!(begin.elapsed() < Duration::from_secs(5), "the connection is still there");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The connections to the server, without the one that asks.
async fn clients(server: &RedisServer) -> usize {
    server.command(&["CLIENT", "LIST"]).await.into_text().lines().count() - 1
}
