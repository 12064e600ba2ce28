//! `/docs`: what programs can ask for, as an OpenAPI document, with Swagger UI to read it and try it out.

use auth_core::auth_openapi;
use axum::{Router, middleware};
use utoipa::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{api, app::App, headers};

/// What is not generated.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Storefront",
        description = "A shop: people sign in by cookie, suppliers' programs by token."
    ),
    paths(api::products)
)]
struct Own;

/// With all endpoints of both entities, in the words of `users.rs` and `accounts.rs`.
fn document() -> utoipa::openapi::OpenApi {
    let mut document = Own::openapi();
    document.merge(auth_openapi!("schema.yaml"));
    document
}

pub(crate) fn routes() -> Router<App> {
    // Else the page shows the document to a service that says whether it is valid.
    let config = Config::default().validator_url("none").use_base_layout();
    let ui = SwaggerUi::new("/docs").url("/docs/openapi.json", document()).config(config);
    Router::from(ui).layer(middleware::map_response(headers::of_docs))
}
