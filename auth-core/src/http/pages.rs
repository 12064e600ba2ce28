//! Answers for people: where an entity has a `login_page`, a browser that asks for a page is sent there, and back.

use axum::{
    extract::OriginalUri,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ACCEPT, LOCATION, RETRY_AFTER},
        request::Parts,
        uri::PathAndQuery,
    },
    response::{IntoResponse, Response},
};

use super::{
    endpoints::CLEAR_SITE_DATA,
    problem::{Problem, ProblemType},
    transport::Transport,
};
use crate::{auth::Auth, entity::AuthEntity};

/// The name of what says where to go after signing in: in the query of the login page, and in that of `/login` or a field
/// of its form.
pub(crate) const NEXT: &str = "next";

/// Who a request is answered to: someone who waits for a page, where the entity has one, or a program that waits for data.
pub(crate) struct Visit {
    /// The login page, for someone.
    login_page: Option<&'static str>,
    next: Option<String>,
}

impl Visit {
    /// That of a request, with the field of its form.
    pub(crate) fn of<E: AuthEntity>(by: Transport, parts: &Parts, field: Option<String>) -> Self {
        let waits = by == Transport::Cookie && prefers_html(&parts.headers);
        let next = field.or_else(|| query(parts, NEXT)).filter(|next| is_path_here(next));
        Visit { login_page: E::SPEC.login_page.filter(|_| waits), next }
    }

    /// After signing in, the way goes on. What went wrong, the login page is told as `?error=`.
    pub(crate) fn after_login(self, answer: Response) -> Response {
        let Some(login_page) = self.login_page.filter(|_| !answer.status().is_redirection()) else {
            return answer;
        };
        let next = self.next.as_deref();
        if answer.status().is_success() {
            return see_other(next.unwrap_or("/"), &answer);
        }
        let error = answer.extensions().get::<ProblemType>().map_or("rejected", |kind| kind.name());
        see_other(&page(login_page, &[("error", Some(error)), (NEXT, next)]), &answer)
    }

    /// After signing out.
    pub(crate) fn after_logout(self, answer: Response) -> Response {
        match self.login_page {
            Some(login_page) if answer.status().is_success() => {
                see_other(self.next.as_deref().unwrap_or(login_page), &answer)
            }
            _ => answer,
        }
    }
}

/// Where a visit without a session is sent, with the way back if it only wanted to look at something.
pub(crate) fn login_page<E: AuthEntity>(parts: &Parts) -> Option<String> {
    way_to_login_page::<E>(parts, None)
}

/// Where a visit is sent whose credentials were checked too long ago: there, too, and the page is told why.
pub(crate) fn login_page_again<E: AuthEntity>(parts: &Parts) -> Option<String> {
    let is_browser = Auth::<E>::transport(&parts.headers) == Transport::Cookie;
    way_to_login_page::<E>(parts, Some(ProblemType::AuthenticationTooOld)).filter(|_| is_browser)
}

fn way_to_login_page<E: AuthEntity>(parts: &Parts, error: Option<ProblemType>) -> Option<String> {
    let login_page = E::SPEC.login_page.filter(|_| prefers_html(&parts.headers))?;
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
    let path = uri.path_and_query().map(PathAndQuery::as_str);
    let next = path.filter(|path| matches!(parts.method, Method::GET | Method::HEAD) && is_path_here(path));
    Some(page(login_page, &[("error", error.map(ProblemType::name)), (NEXT, next)]))
}

/// 303 (RFC 9110, section 15.4.4): the browser asks for the page by GET.
fn see_other(to: &str, answer: &Response) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else {
        return Problem::internal("redirect", &"a page's path is no header").into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response();
    for name in [RETRY_AFTER, CLEAR_SITE_DATA] {
        if let Some(value) = answer.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn page(path: &str, query: &[(&str, Option<&str>)]) -> String {
    let mut serializer = form_urlencoded::Serializer::new(String::new());
    for (name, value) in query {
        if let Some(value) = value {
            serializer.append_pair(name, value);
        }
    }
    let query = serializer.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn query(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    form_urlencoded::parse(query).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// As long as a path can sensibly be.
const LONGEST_PATH: usize = 2048;

/// Whether a browser that is sent to it stays on this host: a path, with `/` once at its beginning, in visible ASCII.
///
/// `//host` and `/\host` are addresses of other hosts to a browser, which takes `\` for `/` and leaves tabs and line ends
/// out (WHATWG URL, section 4.4); so no `\`, no blank and no control character is let through, wherever it is.
pub(crate) fn is_path_here(path: &str) -> bool {
    let bytes = path.as_bytes();
    let is_one_slash = bytes.first() == Some(&b'/') && bytes.get(1) != Some(&b'/');
    is_one_slash
        && bytes.len() <= LONGEST_PATH
        && bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\')
}

/// Whether a page is asked for, as browsers do when they go somewhere: `text/html` is named, and not below JSON. A script's
/// `fetch` says `*/*`.
fn prefers_html(headers: &HeaderMap) -> bool {
    let weight = |wanted: &str| {
        let ranges = headers.get_all(ACCEPT).into_iter().filter_map(|line| line.to_str().ok());
        ranges
            .flat_map(|line| line.split(','))
            .filter_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                parts.next().filter(|kind| kind.eq_ignore_ascii_case(wanted))?;
                let weight =
                    parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
                weight.map_or(Some(1.0), |weight| weight.parse::<f32>().ok())
            })
            .fold(0.0_f32, f32::max)
    };
    let html = weight("text/html");
    html > 0.0 && html >= weight("application/json")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_path_on_this_host_is_gone_to() {
        for here in
            ["/", "/orders", "/orders?page=2&q=%2F%2Fa#top", "/@evil", "/a//b", "/a:b", "/%2f%2fevil.example"]
        {
            assert!(is_path_here(here), "{here}");
        }
        let long = format!("/{}", "a".repeat(LONGEST_PATH));
        for elsewhere in [
            "",
            "orders",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "/\n/evil.example",
            " //evil.example",
            "/a\r\nSet-Cookie: a=b",
            "/a\\..\\b",
            "/\u{0}",
            "/\u{7f}",
            "/ä",
            "/\u{2215}evil",
            "https://evil.example",
            "https:/evil.example",
            "http:evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "user:password@evil.example",
            "@evil.example",
            ".evil.example",
            "?a",
            "#a",
            &long,
        ] {
            assert!(!is_path_here(elsewhere), "{elsewhere}");
        }
    }

    proptest! {
        /// The judge is the parser that follows the URL standard.
        #[test]
        fn a_browser_stays_on_this_host(path in "[/\\\\a@:.?#%\t\n\r \u{0}2fF5c]{0,8}(evil\\.example)?") {
            if is_path_here(&path) {
                let base = url::Url::parse("https://here.example/login?next=x").unwrap();
                let gone = base.join(&path).unwrap();
                prop_assert_eq!(gone.origin(), base.origin());
                prop_assert_eq!((gone.username(), gone.password()), ("", None));
            }
        }
    }

    #[test]
    fn browsers_ask_for_pages_and_programs_for_data() {
        for (accept, html) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", true),
            ("text/html", true),
            ("TEXT/HTML;q=0.5", true),
            ("application/json;q=0.4, text/html;q=0.5", true),
            ("application/json, text/html", true),
            ("application/json, text/html;q=0.9", false),
            ("application/json", false),
            ("text/html;q=0", false),
            ("text/html;q=x", false),
            ("*/*", false),
            ("text/*", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(prefers_html(&headers), html, "{accept}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
