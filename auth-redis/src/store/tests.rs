//! What no real server can be brought to show.
#![allow(clippy::unwrap_used)]

use std::{num::NonZeroU16, time::Duration};

use auth_core::{SessionLimit, WhenFull, session::Verifier};

use super::*;
use crate::{connection::Place, node::Node, redis_server::RedisServer};

fn a_session(began: Began) -> NewSession {
    NewSession {
        id: Uuid::from_u128(1),
        verifier: Verifier::from_bytes([1; 16]),
        payload: Vec::new(),
        device: b"a device".to_vec(),
        idle: Duration::from_mins(1),
        absolute: Duration::from_mins(1),
        limit: SessionLimit { sessions: NonZeroU16::MIN, when_full: WhenFull::Refuse },
        began,
        replace: None,
    }
}

/// The same store, as if nothing had ever told it the server's time.
fn with_a_clock_that_knows_nothing(store: &RedisStore) -> RedisStore {
    let node = only_node(store);
    let (address, settings) = (node.place.address.clone(), Arc::clone(&node.place.settings));
    let place = Arc::new(Place::new(address, settings));
    let servers = Servers::One(Arc::new(Node::new(place, node.connection.clone())));
    RedisStore {
        enders: servers.clone(),
        servers,
        durable: None,
        watchers: Watchers::default(),
        near: None,
        name: "a test".into(),
    }
}

fn only_node(store: &RedisStore) -> Arc<Node> {
    store.servers.of("").unwrap()
}

#[tokio::test]
async fn a_login_that_was_refused_for_want_of_the_time_is_tried_once_more() {
    let server = RedisServer::start().await;
    let store = RedisStore::connect(server.url()).await.unwrap();
    let at = Tag::of("user", "1");
    let ignorant = with_a_clock_that_knows_nothing(&store);
    let too_early = a_session(ignorant.login_begins());
    store.end_all(at, None).await.unwrap();
    assert_eq!(ignorant.create(at, too_early).await.unwrap(), Created::Fenced, "it did begin before");

    let ignorant = with_a_clock_that_knows_nothing(&store);
    tokio::time::sleep(Duration::from_millis(5)).await;
    let (created, counts) =
        server.count_commands(ignorant.create(at, a_session(ignorant.login_begins()))).await;
    assert!(matches!(created.unwrap(), Created::Opened { .. }));
    assert_eq!(counts["evalsha"], 2);
}

#[tokio::test]
async fn without_the_time_there_is_no_deadline() {
    let server = RedisServer::start().await;
    let store = RedisStore::connect(server.url()).await.unwrap();
    let ignorant = with_a_clock_that_knows_nothing(&store);
    let node = only_node(&ignorant);
    let limit = node.place.settings.command_timeout;
    assert_eq!(node.times(limit).deadline(), Timestamp::default());
    let new = a_session(ignorant.login_begins());
    assert!(matches!(ignorant.create(Tag::of("user", "1"), new).await.unwrap(), Created::Opened { .. }));
    // A caller who has waited for a part of it already waits for the rest.
    for left in [limit, limit / 4] {
        let ahead = node.times(left).deadline().since(node.place.clock.now());
        assert!(ahead >= left && ahead < left + Duration::from_millis(500), "{ahead:?}");
    }
}

/// A request allocates one. What is larger takes the allocator of most systems, glibc, several times as long.
#[tokio::test]
async fn the_future_of_a_read_is_small() {
    let server = RedisServer::start().await;
    let store = RedisStore::connect(server.url()).await.unwrap();
    let size = size_of_val(&store.read(Tag::of("user", "1"), Uuid::from_u128(1)));
    assert!(size <= 1_032, "{size} bytes");
}
