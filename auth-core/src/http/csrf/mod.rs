//! A token in forms, for those who must have one. Most programs need none.
//!
//! What another origin's page sends is refused as [`cross_origin`](crate::cross_origin) says, on the word of the browser,
//! and `SameSite=Lax` keeps the cookie from most of it. A token adds to that where a rule asks for one (NIST SP 800-63B-4,
//! section 5.1: what a form sends must hold something of the session, and the server must check it), or where browsers
//! older than 2020 must be served. It does nothing for logins, which have no session yet, and nothing against a script
//! that runs in the page.
//!
//! Lay [`CsrfLayer`] on routes, and put a [`CsrfToken`] into their forms, or send it in the header `x-csrf-token`:
//!
//! ```
//! use auth_core::{Auth, AuthEntity, CsrfLayer, CsrfToken};
//! use axum::{Router, response::Html, routing::get};
//!
//! async fn form<User: AuthEntity>(csrf: CsrfToken<User>) -> Html<String> {
//!     Html(format!(r#"<form method="post">{}<button>Pay</button></form>"#, csrf.field()))
//! }
//!
//! fn routes<User: AuthEntity>(auth: Auth<User>) -> Router {
//!     let pay = get(form::<User>).post(async || "paid");
//!     Router::new().route("/pay", pay).layer(CsrfLayer::new(auth.clone())).with_state(auth)
//! }
//! ```
//!
//! # What a token is
//!
//! `base64url(nonce 16 ‖ HMAC-SHA256(server key, "auth/1 csrf" ‖ entity ‖ nonce ‖ session id))`, 64 characters. The server
//! keeps nothing of it, so any number of tabs can have theirs. It is good for one session and as long as that lives, after
//! a refresh or a reauthentication too, so that a form that has been open for a while still works; a login makes another
//! session, and with it other tokens. The nonce makes each one another text: what compression tells of an answer's
//! length (BREACH) does not add up over answers. It signs nobody in.
//!
//! # What it costs
//!
//! Two HMACs, and no command of the store but the one that the session costs anyway. A form is read into memory before
//! the handler sees it, up to axum's `DefaultBodyLimit`; a page with a token is one session's own, and must not be kept
//! by caches (`Cache-Control: no-store`).

mod keys;
mod layer;

use std::marker::PhantomData;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};

use super::{extract::session_of, problem::Problem};
use crate::{auth::Auth, entity::AuthEntity, service::ProvidesAuth};

pub(crate) use keys::CsrfKeys;
pub use layer::{CsrfLayer, CsrfService};

pub(crate) const FIELD: &str = "csrf_token";

/// A token for the forms of a page, bound to the session of the request: an extractor that answers 401 where there is
/// none; `Option<CsrfToken<E>>` is `None` then.
///
/// [`CsrfLayer`] checks it. It has neither `Debug` nor `Display`, so that no log shows it.
pub struct CsrfToken<E> {
    text: String,
    entity: PhantomData<fn() -> E>,
}

impl<E> CsrfToken<E> {
    /// The name of the header that scripts send it in.
    pub const HEADER: &str = "x-csrf-token";
    /// The name of the form's field.
    pub const FIELD: &str = FIELD;

    /// The token: letters, digits, `-` and `_`, which need no escaping in HTML, JavaScript or a header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The hidden field of a form, as HTML.
    #[must_use]
    pub fn field(&self) -> String {
        format!(r#"<input type="hidden" name="{}" value="{}">"#, Self::FIELD, self.text)
    }
}

impl<E: AuthEntity, S: ProvidesAuth<E>> FromRequestParts<S> for CsrfToken<E> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        token_of(parts, state).await?.ok_or_else(|| Auth::<E>::not_signed_in(parts))
    }
}

impl<E: AuthEntity, S: ProvidesAuth<E>> OptionalFromRequestParts<S> for CsrfToken<E> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        token_of(parts, state).await
    }
}

async fn token_of<E: AuthEntity, S: ProvidesAuth<E>>(
    parts: &mut Parts,
    state: &S,
) -> Result<Option<CsrfToken<E>>, Problem> {
    let Some(session) = session_of::<E, S>(parts, state).await? else {
        return Ok(None);
    };
    let auth = state.auth();
    let text = auth.csrf_keys().await?.token(session.info().session_id)?;
    Ok(Some(CsrfToken { text, entity: PhantomData }))
}
