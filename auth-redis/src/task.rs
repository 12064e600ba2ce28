//! Tasks of a store.

use std::pin::Pin;

use tokio::runtime::Handle;

/// Runs `work` in a task of its own. What tokio has for a task is compiled anew for each type of future: so it is for this
/// one alone.
pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    spawn_in(&Handle::current(), work);
}

/// The same in a runtime that may be another.
pub(crate) fn spawn_in(runtime: &Handle, work: impl Future<Output = ()> + Send + 'static) {
    let work: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(work);
    runtime.spawn(work);
}
