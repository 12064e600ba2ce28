//! Redis keeps to what every session store must keep to.

use auth_core::store::conformance::Candidate;
use support::{RedisServer, store_on};

mod support;

auth_core::conformance_tests!({
    let server = RedisServer::start().await;
    Candidate::new(store_on(&server).await).keeping(server)
});
