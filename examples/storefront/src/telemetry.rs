//! What the program tells those who operate it: a log on the console, metrics for Prometheus.

use std::time::Duration;

use auth_core::Auth;
use axum::{Router, extract::Request, http::Method, middleware::Next, response::Response, routing::get};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

use crate::users::User;

/// How often metrics are tidied: histograms grow between two times.
const UPKEEP: Duration = Duration::from_secs(5);

pub(crate) fn start() -> Result<PrometheusHandle, BuildError> {
    tracing_subscriber::fmt::init();
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let upkeep = metrics.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    Ok(metrics)
}

/// On a port of their own, which no proxy leads to: neither is anybody else's business.
pub(crate) fn routes(metrics: PrometheusHandle, users: Auth<User>) -> Router {
    Router::new()
        .route("/metrics", get(async move || metrics.render()))
        .route("/health", get(async move || users.health().await.map(|()| "ok")))
}

/// Counts requests, by what came of them.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    // A client can make methods up, and each would be kept.
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let answer = next.run(request).await;
    let status = answer.status().as_u16().to_string();
    metrics::counter!("http_requests_total", "method" => method, "status" => status).increment(1);
    answer
}
