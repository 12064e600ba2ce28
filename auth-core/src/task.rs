//! Tasks beside requests.

use std::pin::Pin;

/// Runs `work` in a task of its own. What tokio has for a task is compiled anew for each type of future, in the program
/// where it is known: so it is for this one alone.
pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    boxed(Box::pin(work));
}

fn boxed(work: Pin<Box<dyn Future<Output = ()> + Send>>) {
    tokio::spawn(work);
}
