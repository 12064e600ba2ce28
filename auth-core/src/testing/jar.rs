//! The cookies of a client that speaks to one host, over TLS.

use tower_cookies::cookie::{Cookie, time::Duration, time::OffsetDateTime};

/// Cookies as a browser keeps them (RFC 6265bis, section 5), of one host: `Domain` is not looked at. A cookie that is to
/// end later is kept.
#[derive(Clone, Default)]
pub(super) struct Jar(Vec<Cookie<'static>>);

impl Jar {
    /// Takes a `Set-Cookie` that came with the answer to a request for `path`.
    pub(super) fn keep(&mut self, set_cookie: &str, path: &str) {
        let Ok(mut cookie) = Cookie::parse(set_cookie.to_owned()) else {
            return;
        };
        if !is_as_its_name_says(&cookie) {
            return;
        }
        if !cookie.path().is_some_and(|path| path.starts_with('/')) {
            cookie.set_path(default_path(path).to_owned());
        }
        self.0.retain(|kept| (kept.name(), kept.path()) != (cookie.name(), cookie.path()));
        if !is_over(&cookie) {
            self.0.push(cookie);
        }
    }

    /// Puts a cookie for all paths in.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.0.retain(|kept| (kept.name(), kept.path()) != (name, Some("/")));
        self.0.push(Cookie::build((name.to_owned(), value.to_owned())).path("/").build());
    }

    /// The value of the cookie that a request for any path presents first.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|cookie| cookie.name() == name).map(Cookie::value)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The `Cookie` header of a request for `path`, where there is one; cookies of longer paths first.
    pub(super) fn header(&self, path: &str) -> Option<String> {
        let of_path = |cookie: &&Cookie<'_>| cookie.path().is_some_and(|own| is_below(path, own));
        let mut cookies: Vec<_> = self.0.iter().filter(of_path).collect();
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path().map(str::len)));
        let pairs: Vec<_> = cookies.iter().map(|c| format!("{}={}", c.name(), c.value())).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

/// What browsers ask of names with a prefix (RFC 6265bis, section 4.1.3).
fn is_as_its_name_says(cookie: &Cookie<'_>) -> bool {
    let name = cookie.name().to_ascii_lowercase();
    let secure = cookie.secure() == Some(true);
    if name.starts_with("__host-") {
        return secure && cookie.path() == Some("/") && cookie.domain().is_none();
    }
    secure || !name.starts_with("__secure-")
}

/// `Max-Age` comes before `Expires`.
fn is_over(cookie: &Cookie<'_>) -> bool {
    match (cookie.max_age(), cookie.expires_datetime()) {
        (Some(age), _) => age <= Duration::ZERO,
        (None, Some(end)) => end <= OffsetDateTime::now_utc(),
        (None, None) => false,
    }
}

/// RFC 6265, section 5.1.4.
fn default_path(path: &str) -> &str {
    path.rsplit_once('/').map(|(folder, _)| folder).filter(|folder| !folder.is_empty()).unwrap_or("/")
}

fn is_below(path: &str, own: &str) -> bool {
    path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || own.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn jar(set_cookies: &[&str]) -> Jar {
        let mut jar = Jar::default();
        for set_cookie in set_cookies {
            jar.keep(set_cookie, "/shop/cart");
        }
        jar
    }

    #[test]
    fn cookies_go_where_their_path_says() {
        let jar = jar(&["a=1; Path=/", "b=2", "c=3; Path=/shop/cart", "d=4; Path=/sho", "e=5; Path=x"]);
        for (path, header) in [
            ("/shop/cart", "c=3; b=2; e=5; a=1"),
            ("/shop/cart/1", "c=3; b=2; e=5; a=1"),
            ("/shop", "b=2; e=5; a=1"),
            ("/shopping", "a=1"),
            ("/", "a=1"),
        ] {
            assert_eq!(jar.header(path).as_deref(), Some(header), "{path}");
        }
        assert_eq!(Jar::default().header("/"), None);
    }

    #[test]
    fn a_later_cookie_of_the_same_name_and_path_takes_its_place() {
        let kept = jar(&["a=1; Path=/", "a=2; Path=/shop", "a=3; Path=/"]);
        assert_eq!(kept.header("/shop").as_deref(), Some("a=2; a=3"));
        for over in ["a=; Path=/; Max-Age=0", "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"] {
            let mut jar = kept.clone();
            jar.keep(over, "/");
            assert_eq!(jar.header("/shop").as_deref(), Some("a=2"), "{over}");
        }
        let mut jar = kept;
        jar.keep("a=4; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "/");
        assert_eq!(jar.header("/").as_deref(), Some("a=4"));
    }

    #[test]
    fn a_name_with_a_prefix_keeps_its_promise_or_is_not_kept() {
        for (set_cookie, kept) in [
            ("__Host-a=1; Secure; Path=/", true),
            ("__Host-a=1; Path=/", false),
            ("__Host-a=1; Secure", false),
            ("__Host-a=1; Secure; Path=/shop", false),
            ("__host-a=1; Secure; Path=/; Domain=app.example", false),
            ("__Secure-a=1; Secure; Path=/", true),
            ("__Secure-a=1; Path=/", false),
            ("no pair", false),
        ] {
            assert_eq!(jar(&[set_cookie]).header("/").is_some(), kept, "{set_cookie}");
        }
    }
}
