//! What has begun is not left half done.

use std::future::Future;

use tokio::sync::oneshot;
use tracing::Instrument;

use crate::{http::problem::Problem, task::spawn};

/// Runs what has begun to its end, though the client hangs up: in a task of its own, with the request's span.
pub(super) async fn completed<T: Send + 'static>(
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    let (done, outcome) = oneshot::channel();
    let work = async move {
        done.send(work.await).ok();
    };
    spawn(work.in_current_span());
    outcome
        .await
        .unwrap_or_else(|_| Err(Problem::internal("task", &"it has panicked, or the runtime is ending")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::{http::StatusCode, response::IntoResponse};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_panics_is_an_error_that_nobody_waits_for() {
        let panics = completed(async { unreachable!("on purpose") });
        let outcome: Result<Result<(), Problem>, _> = timeout(Duration::from_secs(30), panics).await;
        let problem = outcome.map(Result::err).ok().flatten();
        assert_eq!(
            problem.map(|problem| problem.into_response().status()),
            Some(StatusCode::INTERNAL_SERVER_ERROR)
        );
    }
}
