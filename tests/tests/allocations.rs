//! How often an authenticated request allocates memory.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use auth_core::testing::path::ENTITY;
use auth_tests::RedisServer;
use auth_tests::request::{WHOLE, WITHOUT, steps, steps_with_redis};
use tokio::runtime::Builder;

/// How many more than the same request without a session, and than the entity has of its own: here, a text.
const MOST: u64 = 6;

/// The same in bytes. Most of it is futures, which grow unnoticed; one above 1,032 bytes takes glibc several times as long.
const MOST_BYTES: u64 = 1_500;

#[test]
fn an_authenticated_request_allocates_six_times_at_most() {
    let runtime = Arc::new(Builder::new_current_thread().enable_all().build().unwrap());
    let redis = runtime.block_on(RedisServer::start());
    // Those with Redis are for information: how often fred looks at its socket, and allocates for it, is chance.
    let counts: Vec<_> = steps(&runtime)
        .into_iter()
        .chain(steps_with_redis(&runtime, &redis.url()))
        .map(|(name, step)| {
            // The first time something may be made ready for all others.
            step();
            let counted = allocation_counter::measure(step);
            println!("{:>5} allocations, {:>6} bytes: {name}", counted.count_total, counted.bytes_total);
            (name, [counted.count_total, counted.bytes_total])
        })
        .collect();
    let of = |wanted: &str| counts.iter().find(|(name, _)| *name == wanted).unwrap().1;
    let [count, bytes] = [0, 1].map(|which| of(WHOLE)[which] - of(WITHOUT)[which] - of(ENTITY)[which]);
    assert!(count <= MOST, "{count} are ours");
    assert!(bytes <= MOST_BYTES, "{bytes} bytes are ours");
}
