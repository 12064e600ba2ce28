//! `cargo xtask bless`: accepts what the code gives now as what the tests expect.

use crate::api;
use crate::invocation::Invocation;
use crate::setup;
use crate::step::{self, Step};

/// Rewrites the listings, and reruns all tests with the variables on which trybuild and expect-test rewrite their files.
pub(crate) fn run() -> Result<(), String> {
    // One failing suite must not keep the others from being rewritten.
    let tests = Invocation::new("cargo test --workspace --all-features --no-fail-fast")
        .with_env("TRYBUILD", "overwrite")
        .with_env("UPDATE_EXPECT", "1");
    let listings = api::bless();
    setup::run()?;
    let expected = step::run_all(&[Step::new("bless", tests)]);
    println!("\nRead the diff before you commit it: each changed line is now what the tests demand.");
    listings.and(expected)
}
