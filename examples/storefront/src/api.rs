//! `/api/products`: what is sold, for programs of anybody. The endpoints for those that sign in are in `accounts.rs`.

use auth_core::Problem;
use axum::{Json, Router, extract::State, routing::get};
use sqlx::SqlitePool;

use crate::{
    app::App,
    shop::{self, Product},
};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/products", get(products))
}

/// What is sold.
#[utoipa::path(
    get,
    path = "/api/products",
    tag = "shop",
    responses(
        (status = 200, description = "All products, by name.", body = Vec<Product>),
        (
            status = 500,
            description = "The database cannot be asked.",
            body = ref("#/components/schemas/auth.Problem"),
            content_type = "application/problem+json",
        ),
    ),
)]
pub(crate) async fn products(State(database): State<SqlitePool>) -> Result<Json<Vec<Product>>, Problem> {
    shop::products(&database).await.map(Json).map_err(|error| {
        tracing::error!(%error, "the products cannot be listed");
        Problem::new(auth_core::ProblemType::Internal)
    })
}
