//! Protection against requests that another origin's page sends with the user's cookie.
//!
//! A browser says where a request comes from, in `Sec-Fetch-Site` (Fetch Metadata) or, an older one, in `Origin`. One
//! with neither is no browser's, since a browser sends at least one on an unsafe method; it has no cookies that somebody
//! else planted, and passes.

use std::net::IpAddr;

use axum::http::{
    Method,
    header::{HOST, ORIGIN, UPGRADE},
    request::Parts,
};

use super::problem::{Problem, ProblemType};

/// Refuses a request that may change something and comes from another origin. Where the cookie is `secure`, a page
/// without TLS is another origin, unless it is on this machine.
pub(crate) fn check(parts: &Parts, secure: bool) -> Result<(), Problem> {
    let passes = is_safe(parts) || is_same_origin(parts, secure);
    if passes { Ok(()) } else { Err(Problem::new(ProblemType::CrossOrigin)) }
}

/// A method that changes nothing (RFC 9110, section 9.2.1); a WebSocket's handshake is a GET, but opens a channel.
fn is_safe(parts: &Parts) -> bool {
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    safe && !parts.headers.contains_key(UPGRADE)
}

fn is_same_origin(parts: &Parts, secure: bool) -> bool {
    match (parts.headers.get("sec-fetch-site"), parts.headers.get(ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => {
            let from = origin.to_str().ok().and_then(|origin| authority(origin, secure));
            from.is_some_and(|from| Some(from) == host(parts))
        }
        (None, None) => true,
    }
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
    match parts.headers.get(HOST) {
        Some(host) => host.to_str().ok(),
        None => parts.uri.authority().map(axum::http::uri::Authority::as_str),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::Request;

    use super::*;

    fn passes(method: &str, headers: &[(&str, &str)]) -> bool {
        let request =
            headers.iter().fold(Request::builder().method(method).uri("/"), |r, (k, v)| r.header(*k, *v));
        check(&request.body(()).unwrap().into_parts().0, true).is_ok()
    }

    #[test]
    fn what_a_browser_says_of_the_site_decides() {
        for (site, passed) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false), ("", false)]
        {
            for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE"] {
                let headers =
                    [("sec-fetch-site", site), ("host", "a.example"), ("origin", "https://a.example")];
                assert_eq!(passes(method, &headers), passed, "{method} {site}");
            }
        }
    }

    #[test]
    fn without_it_the_origin_must_be_the_host() {
        for (origin, host, passed) in [
            ("https://a.example", "a.example", true),
            ("https://a.example:3000", "a.example:3000", true),
            ("http://a.example:3000", "a.example:3000", false),
            ("http://localhost:3000", "localhost:3000", true),
            ("http://127.0.0.1:3000", "127.0.0.1:3000", true),
            ("http://[::1]:3000", "[::1]:3000", true),
            ("http://[::1]", "[::1]", true),
            ("http://localhost.evil", "localhost.evil", false),
            ("https://a.example:3000", "a.example", false),
            ("https://b.example", "a.example", false),
            ("https://a.example.evil", "a.example", false),
            ("null", "a.example", false),
            ("", "a.example", false),
            ("https://", "", true),
            ("a.example", "a.example", false),
        ] {
            assert_eq!(passes("POST", &[("origin", origin), ("host", host)]), passed, "{origin} {host}");
        }
        assert!(!passes("POST", &[("origin", "https://a.example")]));
    }

    #[test]
    fn a_request_with_neither_is_no_browsers() {
        assert!(passes("POST", &[("host", "a.example")]));
    }

    #[test]
    fn safe_methods_pass_unless_they_open_a_socket() {
        let foreign = ("sec-fetch-site", "cross-site");
        for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
            assert!(passes(method, &[foreign]));
        }
        assert!(!passes("GET", &[foreign, ("upgrade", "websocket")]));
        assert!(passes("GET", &[("sec-fetch-site", "same-origin"), ("upgrade", "websocket")]));
    }
}
