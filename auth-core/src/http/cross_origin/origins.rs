//! Other origins whose pages may send requests: an exact list, checked when it is set.

use std::{net::Ipv6Addr, sync::Arc};

/// Other origins whose pages may send requests that change something, each as `scheme://host` or `scheme://host:port`.
///
/// A list is needed where the pages come from another origin than the program answers at: `https://app.example` and
/// `https://api.example`, a desktop program at `tauri://localhost`, or a proxy that changes `Host`. There are no
/// wildcards and no paths: a page of any listed origin can do all that its user can. An `http://` origin that is not on
/// the user's own machine can be written by whoever is on the way.
///
/// The cookie is `SameSite=Lax`: a browser sends it along with such a request only where both origins are of one site.
/// That pages of another origin may *read* answers takes CORS, which is a layer of its own.
///
/// ```
/// use auth_core::AllowedOrigins;
///
/// let origins = AllowedOrigins::new(["https://app.example", "https://admin.example:8443"])?;
/// let error = AllowedOrigins::new(["https://app.example/login"]).unwrap_err();
/// assert!(error.to_string().contains("without a path"));
/// # Ok::<(), auth_core::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Arc<[String]>);

/// A text that is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("allowed origin {position}: {wrong}; expected `scheme://host` or `scheme://host:port`")]
pub struct InvalidOrigin {
    /// Counted from 1.
    position: usize,
    wrong: Wrong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Wrong {
    #[error("`null` is the origin of every sandboxed page, and cannot be told from a hostile one")]
    Null,
    #[error("there are no wildcards: list each origin")]
    Wildcard,
    #[error("the scheme is missing, as in `https://app.example`")]
    NoScheme,
    #[error("an origin is without a path, a query or a `/` at the end")]
    Path,
    #[error("an origin is without a user")]
    User,
    #[error("the host is missing, or not as a browser writes it (letters beyond ASCII as `xn--…`)")]
    Host,
    #[error("the port is no number from 1 to 65535")]
    Port,
}

impl AllowedOrigins {
    /// The origins of a list, written as browsers send them: capitals become small letters, and a port that is the
    /// scheme's own is left out.
    ///
    /// # Errors
    ///
    /// When one of them is none, with its position and what is wrong.
    pub fn new<O: AsRef<str>>(origins: impl IntoIterator<Item = O>) -> Result<Self, InvalidOrigin> {
        let numbered = origins.into_iter().enumerate();
        let parsed = numbered.map(|(before, origin)| {
            parse(origin.as_ref()).map_err(|wrong| InvalidOrigin { position: before + 1, wrong })
        });
        Ok(AllowedOrigins(parsed.collect::<Result<_, _>>()?))
    }

    pub(super) fn contains(&self, origin: &[u8]) -> bool {
        self.0.iter().any(|allowed| allowed.as_bytes() == origin)
    }
}

/// An origin as a browser writes it (RFC 6454, section 6.2).
fn parse(text: &str) -> Result<String, Wrong> {
    if text == "null" {
        return Err(Wrong::Null);
    }
    if text.contains('*') {
        return Err(Wrong::Wildcard);
    }
    let text = text.to_ascii_lowercase();
    let (scheme, authority) = text.split_once("://").ok_or(Wrong::NoScheme)?;
    if !is_scheme(scheme) {
        return Err(Wrong::NoScheme);
    }
    if authority.contains(['/', '?', '#', '\\']) {
        return Err(Wrong::Path);
    }
    if authority.contains('@') {
        return Err(Wrong::User);
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if !is_host(host) {
        return Err(Wrong::Host);
    }
    match port.map(|port| port_of(port).ok_or(Wrong::Port)).transpose()? {
        Some(port) if Some(port) != default_port(scheme) => Ok(format!("{scheme}://{host}:{port}")),
        _ => Ok(format!("{scheme}://{host}")),
    }
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

fn is_host(text: &str) -> bool {
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok_and(|six| six.to_string() == address),
        None => !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    }
}

fn port_of(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_origin_is_kept_as_a_browser_writes_it() {
        for (written, kept) in [
            ("https://app.example", "https://app.example"),
            ("HTTPS://App.Example", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("http://app.example:80", "http://app.example"),
            ("https://app.example:80", "https://app.example:80"),
            ("https://app.example:08443", "https://app.example:8443"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[2001:DB8::1]", "http://[2001:db8::1]"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
            ("tauri://localhost", "tauri://localhost"),
            ("moz-extension://0f2a-1b", "moz-extension://0f2a-1b"),
        ] {
            assert_eq!(parse(written).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_with_what_is_wrong() {
        for (written, wrong) in [
            ("null", Wrong::Null),
            ("*", Wrong::Wildcard),
            ("https://*.example", Wrong::Wildcard),
            ("", Wrong::NoScheme),
            ("app.example", Wrong::NoScheme),
            ("//app.example", Wrong::NoScheme),
            ("://app.example", Wrong::NoScheme),
            (" https://app.example", Wrong::NoScheme),
            ("https://app.example/", Wrong::Path),
            ("https://app.example/login", Wrong::Path),
            ("https://app.example?a", Wrong::Path),
            ("https://app.example#a", Wrong::Path),
            ("https://app.example\\@evil.example", Wrong::Path),
            ("https://ann:hunter2@app.example", Wrong::User),
            ("https://", Wrong::Host),
            ("https://:443", Wrong::Host),
            ("https://app.example ", Wrong::Host),
            ("https://bücher.example", Wrong::Host),
            ("https://[::1", Wrong::Host),
            ("https://[0:0::1]", Wrong::Host),
            ("https://app.example:", Wrong::Port),
            ("https://app.example:0", Wrong::Port),
            ("https://app.example:65536", Wrong::Port),
            ("https://app.example:+80", Wrong::Port),
        ] {
            assert_eq!(parse(written), Err(wrong), "{written}");
        }
    }

    #[test]
    fn the_error_says_which_and_quotes_nothing() {
        let error = AllowedOrigins::new(["https://a.example", "https://ann:hunter2@b.example"]).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("allowed origin 2: ") && !text.contains("hunter2"), "{text}");
    }
}
