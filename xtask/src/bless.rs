//! `cargo xtask bless`: accepts what the code gives now as what the tests expect.

use crate::invocation::Invocation;
use crate::setup;
use crate::step::{self, Step};

/// Reruns all tests with the variables on which trybuild and expect-test rewrite their files.
pub(crate) fn run() -> Result<(), String> {
    setup::run()?;
    // One failing suite must not keep the others from being rewritten.
    let tests = Invocation::new("cargo test --workspace --all-features --no-fail-fast")
        .with_env("TRYBUILD", "overwrite")
        .with_env("UPDATE_EXPECT", "1");
    let result = step::run_all(&[Step::new("bless", tests)]);
    println!("\nRead the diff before you commit it: each changed line is now what the tests demand.");
    result
}
