//! Redis keeps to what every session store must keep to.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};

use auth_core::store::conformance::Candidate;
use auth_redis::RedisStore;
use support::{RedisCluster, RedisServer, store_on};
use tokio::sync::OnceCell;

mod support;

mod one_server {
    use super::*;

    auth_core::conformance_tests!({
        let server = RedisServer::start().await;
        Candidate::new(store_on(&server).await).keeping(server)
    });
}

mod cluster {
    use super::*;

    /// One for all laws, as six servers take their time to start; each has a place of its own there.
    static CLUSTER: OnceCell<RedisCluster> = OnceCell::const_new();
    static PLACES: AtomicUsize = AtomicUsize::new(0);

    auth_core::conformance_tests!({
        let cluster = CLUSTER.get_or_init(RedisCluster::start).await;
        let place = format!("law-{}:", PLACES.fetch_add(1, Ordering::Relaxed));
        RedisStore::builder(cluster.url()).prefix(place).connect().await.unwrap()
    });
}
