//! The pages: for each a template in `templates/`, which escapes all that it shows.

mod admin;
mod devices;
mod error;
mod password;
mod shop;
mod sign_in;
mod sign_up;

use askama::Template;
use axum::{
    Router,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};

use crate::app::App;

pub(crate) use error::{PageError, refusals};

/// What a handler of a page gives.
type Page = Result<Response, PageError>;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(shop::products))
        .route("/orders", get(shop::orders).post(shop::order))
        .route("/login", get(sign_in::show))
        .route("/signup", get(sign_up::show).post(sign_up::sign_up))
        .route("/password", get(password::show).post(password::change))
        .route("/devices", get(devices::show))
        .route("/devices/end-others", post(devices::end_others))
        .route("/devices/{id}/end", post(devices::end))
        .route("/admin", get(admin::show))
        .route("/admin/users/{id}/end-sessions", post(admin::end_sessions))
        .route("/admin/users/{id}/disable", post(admin::disable))
        .route("/admin/users/{id}/enable", post(admin::enable))
        .route(
            "/static/style.css",
            get(asset("text/css; charset=utf-8", include_str!("../../static/style.css"))),
        )
        .route("/static/icon.svg", get(asset("image/svg+xml", include_str!("../../static/icon.svg"))))
        .fallback(async || StatusCode::NOT_FOUND)
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse + Clone {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=300")], text)
}

fn page(template: &impl Template) -> Page {
    Ok(Html(template.render()?).into_response())
}

/// A form that was not taken, shown again.
fn again(template: &impl Template) -> Page {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(template.render()?)).into_response())
}

/// As pages show it: `24 November 2026, 12:30 UTC`.
fn moment(time: time::OffsetDateTime) -> String {
    let format =
        time::macros::format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    time.format(format).unwrap_or_default()
}
