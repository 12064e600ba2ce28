//! What went wrong, as a page for those who wait for one.

use askama::Template;
use auth_core::{Problem, ProblemType, password::PasswordError, store::StoreError};
use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Why there is no page. The reason goes to the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the session store: {0}")]
    Sessions(#[from] StoreError),
    #[error("a password: {0}")]
    Password(#[from] PasswordError),
    #[error("a template: {0}")]
    Template(#[from] askama::Error),
    #[error("{0}")]
    Problem(#[from] Problem),
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            PageError::Problem(problem) => problem.into_response(),
            PageError::Sessions(error) => Problem::from(error).into_response(),
            PageError::Password(PasswordError::Busy) => Problem::new(ProblemType::Busy).into_response(),
            PageError::Database(_) | PageError::Password(_) | PageError::Template(_) => {
                tracing::error!(error = %self, "a page failed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    title: &'static str,
    text: &'static str,
}

/// Shows browsers a page where an answer is a refusal.
pub(crate) async fn refusals(request: Request, next: Next) -> Response {
    let waits_for_page = names_html(request.headers(), ACCEPT);
    let answer = next.run(request).await;
    let refused = answer.status().is_client_error() || answer.status().is_server_error();
    if !waits_for_page || !refused || names_html(answer.headers(), CONTENT_TYPE) {
        return answer;
    }
    let (title, text) = words(answer.status());
    let Ok(html) = (ErrorPage { title, text }).render() else { return answer };
    // The other headers stay: when to try again, which cookie is gone.
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Response::from_parts(parts, Body::from(html))
}

fn names_html(headers: &HeaderMap, name: axum::http::HeaderName) -> bool {
    headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("text/html"))
}

fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::FORBIDDEN => {
            ("Not allowed", "This is not for you, or the page that sent you here is not ours.")
        }
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => ("Nothing here", "There is no such page."),
        StatusCode::SERVICE_UNAVAILABLE => {
            ("Just a moment", "We cannot answer right now. Nothing is lost; please try again shortly.")
        }
        status if status.is_client_error() => {
            ("That did not work", "What was sent is not what we expected. Please go back and try again.")
        }
        _ => ("Something went wrong", "That is our fault, and we have been told of it."),
    }
}
