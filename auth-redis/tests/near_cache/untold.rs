//! Changes that a near cache is not told of.

use std::time::Instant;

use super::*;

/// What makes the server forget who has read what, and keep the keys.
const EMPTIED: [&[&str]; 2] = [
    &["EVAL", "redis.call('SELECT', 1) redis.call('FLUSHDB') return redis.status_reply('OK')", "0"],
    &["DEBUG", "RELOAD"],
];

/// Uses a session until the bound has passed, so that it is proven again and again.
async fn use_for_the_bound(store: &RedisStore, at: Tag, id: uuid::Uuid) {
    let begin = Instant::now();
    while begin.elapsed() < BOUND {
        if !knows(store, at, id) {
            store.read(at, id).await.ok();
        }
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_server_that_has_forgotten_who_has_read_what_proves_nothing() {
    let server = RedisServer::start_with(&[("enable-debug-command", "yes")]).await;
    let (here, there) = (near(builder_on(&server), short()).await, store_on(&server).await);
    let (at, stays) = a_known_session(&here).await;
    for emptied in EMPTIED {
        let (other, ends) = a_known_session(&here).await;
        // It is proven before and after.
        use_for_the_bound(&here, at, stays.id).await;
        until_known(&here, other, ends.id).await;
        assert_eq!(server.command(emptied).await, Reply::Status("OK".to_owned()));
        there.end(other, ends.id).await.unwrap();
        use_for_the_bound(&here, at, stays.id).await;
        assert!(!knows(&here, other, ends.id), "{emptied:?}");
        until_known(&here, at, stays.id).await;
    }
}

#[tokio::test]
async fn another_database_in_the_place_of_this_one_proves_nothing() {
    let server = RedisServer::start().await;
    let (here, there) = (near(builder_on(&server), short()).await, store_on(&server).await);
    let (at, new) = a_known_session(&here).await;
    let (other, ends) = a_known_session(&here).await;
    let swap = || server.command(&["SWAPDB", "0", "1"]);
    swap().await;
    let (here_now, meanwhile) = (a_principal(), open(&there, a_principal()).await);
    use_for_the_bound(&here, here_now, meanwhile.id).await;
    assert!(!knows(&here, at, new.id) && !knows(&here, other, ends.id));
    swap().await;
    until_known(&here, at, new.id).await;
    until_known(&here, other, ends.id).await;
    there.end(other, ends.id).await.unwrap();
    use_for_the_bound(&here, at, new.id).await;
    assert!(!knows(&here, other, ends.id));
}

#[tokio::test]
async fn a_proxy_that_agrees_to_tell_and_does_not_proves_nothing() {
    let server = RedisServer::start().await;
    let relay = Relay::to(server.port()).await;
    relay.pass(Passing::Untold);
    let url = format!("redis://127.0.0.1:{}", relay.port());
    let store = near(RedisStore::builder(url), short()).await;
    let at = a_principal();
    let new = open(&store, at).await;
    let begin = Instant::now();
    while begin.elapsed() < 3 * BOUND {
        assert!(store.read(at, new.id).await.unwrap().is_some());
        assert!(!knows(&store, at, new.id));
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_end_of_the_first_session_takes_no_other_along() {
    let server = RedisServer::start().await;
    let store = near(builder_on(&server), long()).await;
    let (first, ends) = a_known_session(&store).await;
    let (at, stays) = a_known_session(&store).await;
    store.end(first, ends.id).await.unwrap();
    // It is proven once more meanwhile.
    sleep(Duration::from_secs(4)).await;
    assert!(knows(&store, at, stays.id));
}

#[tokio::test]
async fn flushed_keys_are_noticed() {
    let server = RedisServer::start().await;
    let store = near(builder_on(&server), short()).await;
    let (at, new) = a_known_session(&store).await;
    let (other, second) = a_known_session(&store).await;
    server.command(&["FLUSHALL"]).await;
    // Others sign in meanwhile.
    let third = open(&store, at).await;
    until_forgotten("all keys were flushed", &store, other, second.id).await;
    assert!(!knows(&store, at, new.id));
    until_known(&store, at, third.id).await;
}

#[tokio::test]
async fn more_changes_at_once_than_can_be_heard_of() {
    let server = RedisServer::start().await;
    let store = near(builder_on(&server), long()).await;
    let mut sessions = Vec::new();
    for _ in 0..3000 {
        let at = a_principal();
        sessions.push((at, open(&store, at).await.id));
    }
    let (first, id) = sessions[0];
    until_known(&store, first, id).await;
    for (at, id) in &sessions {
        store.read(*at, *id).await.unwrap();
    }
    let known = sessions.iter().filter(|(at, id)| knows(&store, *at, *id)).count();
    assert!(known > 2000, "{known}");
    let keys = sessions[1..].iter().map(|(at, _)| format!("auth:{at}"));
    let delete: Vec<String> = std::iter::once("DEL".to_owned()).chain(keys).collect();
    assert_eq!(server.command(&delete).await, Reply::Int(2999));
    for (at, id) in &sessions[1..] {
        until_forgotten("it was deleted with many", &store, *at, *id).await;
    }
    until_known(&store, first, id).await;
}
