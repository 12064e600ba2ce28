//! Protection against requests that another origin's page sends with the user's cookie.
//!
//! The generated routes and the extractors are protected as they are; [`CrossOriginLayer`] protects the rest of a
//! program. The rules are those of Go's `net/http.CrossOriginProtection`, without its exceptions by path:
//!
//! 1. GET, HEAD, OPTIONS and TRACE change nothing (RFC 9110, section 9.2.1), and pass. A request to upgrade to a
//!    WebSocket is a GET, but opens a channel, and counts as one that may change something.
//! 2. A request whose `Origin` is among the [`AllowedOrigins`] passes.
//! 3. Where the browser says in `Sec-Fetch-Site` where a request comes from, `same-origin` and `none` (the user typed it
//!    or took a bookmark) pass, and nothing else: a sibling domain is as foreign as any other.
//! 4. Without it, `Origin` must be this host. A page without TLS is another origin than one with it, unless it is on the
//!    same machine: where the cookie is `Secure`, `Origin: http://…` is refused.
//! 5. With neither, it passes: a browser sends at least one of them with whatever may change something and comes from
//!    another origin, so it is none, and has no cookie that somebody else could make it send.
//!
//! This host is what `Host` says, or the authority in HTTP/2. `X-Forwarded-Host` is not looked at: a proxy that sends
//! another `Host` on is answered by listing the site's own origin among those that are allowed. Browsers send
//! `Sec-Fetch-Site` since 2023 at the latest, so only older ones, and pages without TLS, come to the fourth rule.

mod layer;
mod origins;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use axum::http::{
    HeaderMap, HeaderValue, Method,
    header::{AsHeaderName, HOST, ORIGIN, UPGRADE},
    request::Parts,
};

use super::problem::{Problem, ProblemType};

pub use layer::{CrossOriginLayer, CrossOriginService};
pub use origins::{AllowedOrigins, InvalidOrigin};

/// Refuses a request that may change something and comes from another origin. Where the cookie is `secure`, a page
/// without TLS is another origin, unless it is on this machine.
pub(crate) fn check(parts: &Parts, secure: bool, allowed: &AllowedOrigins) -> Result<(), Problem> {
    let passes = is_safe(parts) || is_allowed(parts, allowed) || is_same_origin(parts, secure);
    if passes { Ok(()) } else { Err(Problem::new(ProblemType::CrossOrigin)) }
}

/// In HTTP/2 a WebSocket is opened by CONNECT, which is no safe method anyway (RFC 8441).
pub(super) fn is_safe(parts: &Parts) -> bool {
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    safe && !parts.headers.contains_key(UPGRADE)
}

fn is_allowed(parts: &Parts, allowed: &AllowedOrigins) -> bool {
    the_one(&parts.headers, ORIGIN).is_some_and(|origin| allowed.contains(origin.as_bytes()))
}

fn is_same_origin(parts: &Parts, secure: bool) -> bool {
    let headers = &parts.headers;
    if headers.contains_key(SEC_FETCH_SITE) {
        return the_one(headers, SEC_FETCH_SITE).is_some_and(|site| site == "same-origin" || site == "none");
    }
    if headers.contains_key(ORIGIN) {
        let origin = the_one(headers, ORIGIN).and_then(|origin| origin.to_str().ok());
        let from = origin.and_then(|origin| authority(origin, secure));
        return from.is_some_and(|from| Some(from) == host(parts));
    }
    true
}

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// The value of a header that is there once: of two, nobody can tell which is the browser's.
pub(super) fn the_one(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).into_iter();
    values.next().filter(|_| values.next().is_none())
}

/// The host and port of an origin; `null` has none.
fn authority(origin: &str, secure: bool) -> Option<&str> {
    let plain = origin.strip_prefix("http://").filter(|host| !secure || is_local(host));
    origin.strip_prefix("https://").or(plain)
}

/// What browsers take for as safe as TLS (Secure Contexts, section 3.1).
fn is_local(authority: &str) -> bool {
    let host =
        authority.rsplit_once(':').filter(|_| !authority.ends_with(']')).map_or(authority, |(host, _)| host);
    let is_loopback = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    host == "localhost" || host.ends_with(".localhost") || is_loopback(host.trim_matches(['[', ']']))
}

/// Where the request was sent to: in `Host`, or, in HTTP/2, in the URI.
fn host(parts: &Parts) -> Option<&str> {
    if parts.headers.contains_key(HOST) {
        return the_one(&parts.headers, HOST).and_then(|host| host.to_str().ok());
    }
    parts.uri.authority().map(axum::http::uri::Authority::as_str)
}
