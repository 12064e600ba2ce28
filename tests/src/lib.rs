//! What the suites share: real servers that a test starts for itself and that end with it, a program under test, and
//! clients for it.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "tests panic where they fail"
)]

pub mod app;
pub mod faults;
pub mod gate;
pub mod http;
pub mod hunt;
pub mod pages;
mod pass_on;
#[path = "../../auth-redis/tests/support/redis_cluster.rs"]
pub mod redis_cluster;
#[path = "../../auth-redis/tests/support/redis_sentinel.rs"]
pub mod redis_sentinel;
#[path = "../../auth-redis/tests/support/redis_server.rs"]
pub mod redis_server;
#[path = "../../auth-redis/tests/support/relay.rs"]
pub mod relay;
pub mod request;
pub mod storefront;
pub mod world;

pub use gate::Gate;
pub use http::{Answer, Client, Server};
pub use redis_cluster::RedisCluster;
pub use redis_sentinel::RedisSentinel;
pub use redis_server::RedisServer;
pub use relay::{Passing, Relay};
pub use storefront::Storefront;
pub use world::World;

/// The README and the guide, as doc tests: here is what their examples need, Redis included.
#[cfg(doctest)]
mod documentation {
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[doc = include_str!("../../auth-core/src/guide/first_login.md")]
    mod first_login {}
    #[doc = include_str!("../../auth-core/src/guide/contract.md")]
    mod contract {}
    // Its entities are declared in `schema.yaml` of this package.
    #[doc = include_str!("../../auth-core/src/guide/schema.md")]
    mod schema {}
    #[doc = include_str!("../../auth-core/src/guide/sessions.md")]
    mod sessions {}
    #[doc = include_str!("../../auth-core/src/guide/refresh.md")]
    mod refresh {}
    #[doc = include_str!("../../auth-core/src/guide/redis.md")]
    mod redis {}
    #[doc = include_str!("../../auth-core/src/guide/browsers.md")]
    mod browsers {}
    #[doc = include_str!("../../auth-core/src/guide/throttling.md")]
    mod throttling {}
    #[doc = include_str!("../../auth-core/src/guide/testing.md")]
    mod testing {}
    #[doc = include_str!("../../auth-core/src/guide/several_entities.md")]
    mod several_entities {}
    #[doc = include_str!("../../auth-core/src/guide/own_store.md")]
    mod own_store {}
    #[doc = include_str!("../../auth-core/src/guide/migrating.md")]
    mod migrating {}
    #[doc = include_str!("../../auth-core/src/guide/failures.md")]
    mod failures {}
}
