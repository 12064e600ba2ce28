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
mod pass_on;
pub mod redis_cluster;
pub mod redis_sentinel;
pub mod redis_server;
pub mod request;
pub mod storefront;
pub mod world;

pub use gate::Gate;
pub use http::{Answer, Client, Server};
pub use redis_cluster::RedisCluster;
pub use redis_sentinel::RedisSentinel;
pub use redis_server::RedisServer;
pub use storefront::Storefront;
pub use world::World;

/// The README's example, as a doc test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
