//! `cargo xtask faults`: what a program under load does when Redis fails.

use crate::{
    invocation::Invocation,
    step::{self, Step},
};

/// Runs the program that brings the faults about; it fails where something happened that must not happen.
pub(crate) fn run() -> Result<(), String> {
    let program = Invocation::new("cargo run --quiet --release --package auth-tests --bin faults");
    step::run_all(&[Step::new("faults", program)])
}
