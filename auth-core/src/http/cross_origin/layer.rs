//! The same protection for the rest of a program.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{http::Request, response::IntoResponse, response::Response};
use tower::{Layer, Service};

use super::{AllowedOrigins, check};

/// Refuses, on every route that it is laid on, requests that may change something and come from another origin's page:
/// 403, as [`ProblemType::CrossOrigin`](crate::ProblemType::CrossOrigin).
///
/// The generated routes, and handlers that ask for [`Authenticated`](crate::Authenticated) or
/// [`Session`](crate::Session), do so on their own. The layer is for what else changes something: a form for anybody, a
/// language in a cookie, a session of another kind. The rules are in [`cross_origin`](crate::cross_origin).
///
/// ```
/// use auth_core::{AllowedOrigins, CrossOriginLayer};
/// use axum::{Router, routing::post};
///
/// let protected = CrossOriginLayer::new().allow(AllowedOrigins::new(["https://app.example"])?);
/// let routes: Router = Router::new().route("/newsletter", post(async || "thanks")).layer(protected);
/// # Ok::<(), auth_core::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug)]
pub struct CrossOriginLayer {
    secure: bool,
    allowed: AllowedOrigins,
}

impl CrossOriginLayer {
    /// Without other origins that are allowed.
    #[must_use]
    pub fn new() -> Self {
        CrossOriginLayer { secure: true, allowed: AllowedOrigins::default() }
    }

    /// With other origins whose pages may send requests.
    #[must_use]
    pub fn allow(self, origins: AllowedOrigins) -> Self {
        CrossOriginLayer { allowed: origins, ..self }
    }

    /// With pages of this host that came without TLS: for development on another address than `localhost`, as
    /// [`Auth::insecure_http`](crate::Auth::insecure_http).
    #[must_use]
    pub fn insecure_http(self) -> Self {
        CrossOriginLayer { secure: false, ..self }
    }
}

impl Default for CrossOriginLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for CrossOriginLayer {
    type Service = CrossOriginService<S>;

    fn layer(&self, inner: S) -> CrossOriginService<S> {
        CrossOriginService { inner, rules: self.clone() }
    }
}

/// What [`CrossOriginLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct CrossOriginService<S> {
    inner: S,
    rules: CrossOriginLayer,
}

impl<S, B> Service<Request<B>> for CrossOriginService<S>
where
    S: Service<Request<B>>,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        if let Err(problem) = check(&parts, self.rules.secure, &self.rules.allowed) {
            return Box::pin(async { Ok(problem.into_response()) });
        }
        let answer = self.inner.call(Request::from_parts(parts, body));
        Box::pin(async { Ok(answer.await?.into_response()) })
    }
}
