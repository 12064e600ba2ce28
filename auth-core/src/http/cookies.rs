//! The session cookie: written through tower-cookies, read from the raw header.

use axum::http::{HeaderMap, header::COOKIE, request::Parts};
use tower_cookies::{
    Cookie, Cookies,
    cookie::{SameSite, time::Duration},
};

use super::transport::{Several, one};
use crate::session::token::Token;

/// How the cookie of an entity is written: `__Host-` (RFC 6265bis, section 4.1.3.2) unless a developer works without
/// TLS.
#[derive(Clone, Debug)]
pub(crate) struct CookieSettings {
    name: String,
    secure: bool,
}

impl CookieSettings {
    pub(crate) fn secure(name: &str) -> Self {
        CookieSettings { name: format!("__Host-{name}"), secure: true }
    }

    /// Without `Secure`, which a name with the prefix demands.
    pub(crate) fn insecure(name: &str) -> Self {
        CookieSettings { name: name.to_owned(), secure: false }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is sent by TLS only.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// The value of the request's cookie of this name.
    ///
    /// The raw header is read: a cookie jar decodes names (`__%48ost-user`), and hides that there are two of one name.
    pub(crate) fn value<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a [u8]>, Several> {
        one(cookies(headers).filter(|(name, _)| *name == self.name.as_bytes()).map(|(_, value)| value))
    }

    /// Gives the client its token.
    pub(crate) fn set(&self, parts: &Parts, token: &Token) {
        jar(parts).add(self.cookie(token.encode().to_string()));
    }

    /// Takes it away.
    pub(crate) fn remove(&self, parts: &Parts) {
        let mut cookie = self.cookie(String::new());
        cookie.set_max_age(Duration::ZERO);
        jar(parts).add(cookie);
    }

    fn cookie(&self, value: String) -> Cookie<'static> {
        Cookie::build((self.name.clone(), value))
            .path("/")
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::Lax)
            .build()
    }
}

/// All name-value pairs of all `Cookie` headers (RFC 6265, section 4.2.1).
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers
        .get_all(COOKIE)
        .into_iter()
        .flat_map(|line| line.as_bytes().split(|&byte| byte == b';'))
        .filter_map(|pair| {
            let pair = pair.trim_ascii();
            let equals = pair.iter().position(|&byte| byte == b'=')?;
            Some((&pair[..equals], &pair[equals + 1..]))
        })
}

/// The jar that the layer on the generated routes put in.
fn jar(parts: &Parts) -> Cookies {
    parts.extensions.get::<Cookies>().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::session::Tag;

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_bytes(line).unwrap())).collect()
    }

    #[test]
    fn the_one_cookie_of_the_name_is_found_among_others_and_in_any_header() {
        let token = Token::random(Tag::of("user", "7")).unwrap();
        let text = token.encode();
        let own = format!("__Host-user={}", *text);
        let settings = CookieSettings::secure("user");
        for lines in [
            vec![own.clone()],
            vec![format!("a=1; {own}; b=2")],
            vec!["a=1".to_owned(), own.clone()],
            vec![format!("a=b=c;{own};")],
            vec![format!("__Host-user2=x;  {own} ; __host-user=y; xx__Host-user=z")],
        ] {
            let lines: Vec<_> = lines.iter().map(String::as_bytes).collect();
            let headers = headers(&lines);
            assert!(settings.value(&headers).is_ok_and(|found| found == Some(text.as_bytes())));
        }
    }

    #[test]
    fn two_cookies_of_the_name_are_refused() {
        let settings = CookieSettings::secure("user");
        assert!(settings.value(&headers(&[b"__Host-user=a; __Host-user=b"])).is_err());
        assert!(settings.value(&headers(&[b"__Host-user=a", b"__Host-user=a"])).is_err());
    }

    #[test]
    fn an_encoded_name_is_another_name() {
        let token = Token::random(Tag::of("user", "7")).unwrap().encode();
        let line = format!("__%48ost-user={}", *token);
        assert!(matches!(CookieSettings::secure("user").value(&headers(&[line.as_bytes()])), Ok(None)));
    }

    proptest! {
        #[test]
        fn arbitrary_cookie_headers_are_no_token(
            line in proptest::collection::vec(any::<u8>().prop_filter("a header's byte", |b| *b >= 32 && *b != 127), 0..300),
            prefix in prop_oneof!["", "__Host-user="],
        ) {
            let line = [prefix.as_bytes(), &line].concat();
            let headers = headers(&[&line]);
            let found = CookieSettings::secure("user").value(&headers);
            prop_assert!(found.ok().flatten().and_then(Token::parse).is_none());
        }
    }
}
