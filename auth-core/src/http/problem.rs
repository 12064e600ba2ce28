//! Errors as a client sees them: RFC 9457 problem details.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::store::StoreError;

/// An error as a client sees it: `application/problem+json` (RFC 9457), not to be cached.
///
/// It says what kind of error it is and nothing of its cause, which goes to the log.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    kind: ProblemType,
    status: StatusCode,
    retry_after: Option<Duration>,
    challenge: Option<Challenge>,
    /// Where a person is sent instead.
    page: Option<String>,
}

/// What a client without a session is told of bearer tokens (RFC 6750, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// There was none.
    Bearer,
    /// The one that was there is not of a session that is alive.
    InvalidToken,
}

impl Challenge {
    const fn text(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::InvalidToken => "Bearer error=\"invalid_token\"",
        }
    }
}

/// The kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemType {
    /// 401: no session, or none that is alive.
    NotSignedIn,
    /// 401: unknown, wrong, locked or disabled.
    InvalidCredentials,
    /// 403: a request that another origin's page sent.
    CrossOrigin,
    /// 403: without the token that a form must hold; see [`csrf`](crate::csrf).
    CsrfToken,
    /// 403: signed in, but not allowed.
    NotAllowed,
    /// 403: signed in too long ago for this.
    AuthenticationTooOld,
    /// 409: as many sessions as there may be.
    TooManySessions,
    /// 429: more logins than may be tried; see [`throttle`](crate::throttle).
    TooManyLogins,
    /// 404: no session of that id among the user's own.
    NoSuchSession,
    /// 400: a body that is not JSON.
    Malformed,
    /// 422: JSON, but not of the form that is expected.
    Unprocessable,
    /// 413: a body that is too large.
    TooLarge,
    /// 415: a body of another content type.
    UnsupportedMediaType,
    /// 408: a body that did not arrive in time.
    RequestTimeout,
    /// 405: another method.
    MethodNotAllowed,
    /// 503: too much to do at the moment.
    Busy,
    /// 503: the session store, or what `authenticate` asks, cannot be reached.
    Unavailable,
    /// 500: anything else.
    Internal,
    /// What an extractor of the program's own, or of axum's, refused; any status.
    Rejected,
}

/// Name in the type URI, title, status of each kind.
impl ProblemType {
    pub(crate) const fn row(self) -> (&'static str, &'static str, StatusCode) {
        match self {
            Self::NotSignedIn => ("not-signed-in", "Not signed in", StatusCode::UNAUTHORIZED),
            Self::InvalidCredentials => {
                ("invalid-credentials", "Invalid credentials", StatusCode::UNAUTHORIZED)
            }
            Self::CrossOrigin => ("cross-origin", "Request from another origin", StatusCode::FORBIDDEN),
            Self::CsrfToken => ("csrf-token", "Missing or wrong CSRF token", StatusCode::FORBIDDEN),
            Self::NotAllowed => ("not-allowed", "Not allowed", StatusCode::FORBIDDEN),
            Self::AuthenticationTooOld => {
                ("authentication-too-old", "Sign in again to do this", StatusCode::FORBIDDEN)
            }
            Self::TooManySessions => ("too-many-sessions", "Too many sessions", StatusCode::CONFLICT),
            Self::TooManyLogins => {
                ("too-many-logins", "Too many attempts to sign in", StatusCode::TOO_MANY_REQUESTS)
            }
            Self::NoSuchSession => ("no-such-session", "No such session", StatusCode::NOT_FOUND),
            Self::Malformed => ("malformed", "Malformed request body", StatusCode::BAD_REQUEST),
            Self::Unprocessable => {
                ("unprocessable", "Request body of another form", StatusCode::UNPROCESSABLE_ENTITY)
            }
            Self::TooLarge => ("too-large", "Request body too large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnsupportedMediaType => {
                ("unsupported-media-type", "Unsupported media type", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::RequestTimeout => ("request-timeout", "Request body too slow", StatusCode::REQUEST_TIMEOUT),
            Self::MethodNotAllowed => {
                ("method-not-allowed", "Method not allowed", StatusCode::METHOD_NOT_ALLOWED)
            }
            Self::Busy => ("busy", "Too busy", StatusCode::SERVICE_UNAVAILABLE),
            Self::Unavailable => ("unavailable", "Temporarily unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::Internal => ("internal", "Internal error", StatusCode::INTERNAL_SERVER_ERROR),
            Self::Rejected => ("rejected", "Request rejected", StatusCode::BAD_REQUEST),
        }
    }

    /// Its name in the type URI.
    pub(crate) const fn name(self) -> &'static str {
        self.row().0
    }

    /// The status that answers carry.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().2
    }
}

/// After how long to try again when a store cannot be reached: about as long as a new connection takes.
const RETRY: Duration = Duration::from_secs(1);

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(kind: ProblemType) -> Self {
        let status = kind.status();
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY);
        Problem { kind, status, retry_after, challenge: None, page: None }
    }

    /// 403, for a program's own endpoints.
    #[must_use]
    pub fn not_allowed() -> Self {
        Self::new(ProblemType::NotAllowed)
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ProblemType {
        self.kind
    }

    /// The status that it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn not_signed_in() -> Self {
        Self::new(ProblemType::NotSignedIn)
    }

    /// With a `WWW-Authenticate` header.
    pub(crate) fn challenging(self, challenge: Challenge) -> Self {
        Problem { challenge: Some(challenge), ..self }
    }

    /// With a page for those who wait for one.
    pub(crate) fn at_page(self, page: Option<String>) -> Self {
        Problem { page, ..self }
    }

    /// 429, to be tried again after `wait`.
    pub(crate) fn too_many_logins(wait: Duration) -> Self {
        Problem { retry_after: Some(wait), ..Self::new(ProblemType::TooManyLogins) }
    }

    /// 500, with the reason in the log.
    pub(crate) fn internal(step: &str, reason: &dyn Display) -> Self {
        tracing::error!(step, reason = on_one_line(reason), "a request failed");
        Self::new(ProblemType::Internal)
    }

    /// 503, with the reason in the log.
    pub(crate) fn unavailable(step: &str, reason: &dyn Display) -> Self {
        tracing::error!(step, reason = on_one_line(reason), "what a request needs is unavailable");
        Self::new(ProblemType::Unavailable)
    }

    /// An extractor's refusal: its status stays, and its text, which may quote the request, does not.
    pub(crate) fn rejected(refusal: Response) -> Response {
        let text =
            refusal.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
        if !text || !(refusal.status().is_client_error() || refusal.status().is_server_error()) {
            return refusal;
        }
        let kind = match refusal.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ProblemType::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemType::UnsupportedMediaType,
            StatusCode::UNPROCESSABLE_ENTITY => ProblemType::Unprocessable,
            StatusCode::INTERNAL_SERVER_ERROR => ProblemType::Internal,
            _ => ProblemType::Rejected,
        };
        Problem::new(kind).with_status(refusal.status()).into_response()
    }

    /// With another status than the kind's own.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Problem { status, ..self }
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.kind.row().1, self.status)
    }
}

/// Without the page: its query is the client's.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("kind", &self.kind)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Problem {}

/// The members of RFC 9457, section 3.1.
#[derive(Serialize)]
pub(crate) struct Details {
    pub(crate) r#type: String,
    pub(crate) title: &'static str,
    status: u16,
}

impl Problem {
    pub(crate) fn details(&self) -> Details {
        let (name, title, _) = self.kind.row();
        Details { r#type: format!("urn:auth-service:problem:{name}"), title, status: self.status.as_u16() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Some(Ok(page)) = self.page.as_deref().map(HeaderValue::from_str) {
            return (StatusCode::SEE_OTHER, [(LOCATION, page), (CACHE_CONTROL, NO_STORE)]).into_response();
        }
        let mut response = (self.status, Json(self.details())).into_response();
        response.extensions_mut().insert(self.kind);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(after) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(after).max(1)));
        }
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge.text()));
        }
        response
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A reason may quote what a client sent: it cannot begin a line of the log (ASVS 5.0, 16.4.1).
fn on_one_line(reason: &dyn Display) -> String {
    reason.to_string().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Rounded up: who comes back then has waited long enough.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Problem::unavailable("session store", &error)
    }
}
