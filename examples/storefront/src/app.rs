//! What all handlers share, and all routes.

use auth_core::{Auth, CrossOriginLayer, auth_router, password::Passwords};
use axum::{Router, extract::FromRef, middleware};
use sqlx::SqlitePool;
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::Level;

use crate::{accounts::Account, api, docs, headers, pages, telemetry, users::User};

#[derive(Clone, FromRef)]
pub(crate) struct App {
    pub(crate) users: Auth<User>,
    pub(crate) accounts: Auth<Account>,
    pub(crate) database: SqlitePool,
    pub(crate) passwords: Passwords,
}

pub(crate) fn routes(app: App) -> Router {
    let trace = TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
        .on_response(DefaultOnResponse::new().level(Level::INFO));
    Router::new()
        .merge(auth_router!("schema.yaml"))
        .merge(api::routes())
        .merge(docs::routes())
        .merge(pages::routes().layer(CrossOriginLayer::new()))
        .layer(middleware::from_fn(pages::refusals))
        .layer(middleware::map_response(headers::secure))
        .layer(middleware::from_fn(telemetry::count))
        .layer(trace)
        .with_state(app)
}
