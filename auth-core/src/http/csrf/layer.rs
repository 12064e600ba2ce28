//! The check of a token, on routes.

use std::{
    convert::Infallible,
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    RequestExt,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError};
use tokio::time::timeout;
use tower::{Layer, Service};

use super::CsrfToken;
use crate::{
    auth::Auth,
    entity::AuthEntity,
    http::{
        body::SLOWEST,
        cross_origin::{is_safe, the_one},
        extract::session_of,
        problem::{Problem, ProblemType},
        transport::Transport,
    },
};

/// Asks, on every route that it is laid on, for a [`CsrfToken`] of the session that a request comes with: in the header
/// `x-csrf-token`, or else in the field `csrf_token` of a form that is `application/x-www-form-urlencoded`. Without it, or
/// with another session's, the answer is 403, as [`ProblemType::CsrfToken`].
///
/// GET, HEAD, OPTIONS and TRACE pass, and so does a request without a session, which has nothing to lose: it is the handler's
/// to refuse. A WebSocket's handshake does not, and no browser puts a token into one: keep the layer off such routes, which
/// [`cross_origin`](crate::cross_origin) protects. A form with files (`multipart/form-data`) is not looked into; its token
/// has to be in the header.
///
/// See [`csrf`](crate::csrf) for whether it is needed.
pub struct CsrfLayer<E> {
    auth: Auth<E>,
}

impl<E: AuthEntity> CsrfLayer<E> {
    /// For sessions of `E`.
    #[must_use]
    pub fn new(auth: Auth<E>) -> Self {
        CsrfLayer { auth }
    }
}

impl<E> Clone for CsrfLayer<E> {
    fn clone(&self) -> Self {
        CsrfLayer { auth: self.auth.clone() }
    }
}

impl<E, S> Layer<S> for CsrfLayer<E> {
    type Service = CsrfService<E, S>;

    fn layer(&self, inner: S) -> CsrfService<E, S> {
        CsrfService { inner, auth: self.auth.clone() }
    }
}

/// What [`CsrfLayer`] makes of a service.
pub struct CsrfService<E, S> {
    inner: S,
    auth: Auth<E>,
}

impl<E, S: Clone> Clone for CsrfService<E, S> {
    fn clone(&self) -> Self {
        CsrfService { inner: self.inner.clone(), auth: self.auth.clone() }
    }
}

impl<E, S> Service<Request> for CsrfService<E, S>
where
    E: AuthEntity,
    S: Service<Request, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The one that said it is ready, and not its clone, is the one to call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let auth = self.auth.clone();
        Box::pin(async move {
            match checked(&auth, request).await {
                Ok(request) => Ok(inner.call(request).await?.into_response()),
                Err(problem) => Ok(problem.into_response()),
            }
        })
    }
}

/// The request, where it may pass.
async fn checked<E: AuthEntity>(auth: &Auth<E>, request: Request) -> Result<Request, Problem> {
    let (mut parts, body) = request.into_parts();
    if is_safe(&parts) {
        return Ok(Request::from_parts(parts, body));
    }
    // No page sends a bearer token unless its script has it.
    if Auth::<E>::transport(&parts.headers) == Transport::Bearer {
        return Ok(Request::from_parts(parts, body));
    }
    let Some(session) = session_of::<E, Auth<E>>(&mut parts, auth).await? else {
        return Ok(Request::from_parts(parts, body));
    };
    let session = session.info().session_id;
    let keys = auth.csrf_keys().await?;
    let check = |token: Option<&[u8]>| match token {
        Some(token) if keys.is_token_of(session, token) => Ok(()),
        _ => Err(Problem::new(ProblemType::CsrfToken)),
    };
    if parts.headers.contains_key(CsrfToken::<E>::HEADER) || !is_form(&parts.headers) {
        check(the_one(&parts.headers, CsrfToken::<E>::HEADER).map(HeaderValue::as_bytes))?;
        return Ok(Request::from_parts(parts, body));
    }
    let (parts, body) = Request::from_parts(parts, body).with_limited_body().into_parts();
    let form = read(body).await?;
    check(field(&form, CsrfToken::<E>::FIELD).as_deref().map(str::as_bytes))?;
    Ok(Request::from_parts(parts, Body::from(form)))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

async fn read(body: Body) -> Result<Bytes, Problem> {
    let collected = timeout(SLOWEST, body.collect()).await;
    let collected = collected.map_err(|_| Problem::new(ProblemType::RequestTimeout))?.map_err(|error| {
        let too_large = error.source().is_some_and(<dyn Error>::is::<LengthLimitError>);
        Problem::new(if too_large { ProblemType::TooLarge } else { ProblemType::Malformed })
    })?;
    Ok(collected.to_bytes())
}

/// The value of a field that is there once.
fn field<'a>(form: &'a [u8], name: &str) -> Option<std::borrow::Cow<'a, str>> {
    let mut values = form_urlencoded::parse(form).filter(|(key, _)| key == name).map(|(_, value)| value);
    values.next().filter(|_| values.next().is_none())
}
