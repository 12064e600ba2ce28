//! The store keeps to what every session store must keep to.
#![allow(clippy::unwrap_used, reason = "tests")]

use auth_core::store::conformance::Candidate;
use custom_store::SqliteStore;

auth_core::conformance_tests!({
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("sessions.db")).unwrap();
    Candidate::new(store).keeping(folder)
});
