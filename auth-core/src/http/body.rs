//! The body of a login: JSON of a bounded size that arrives in bounded time.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::problem::{Problem, ProblemType};

/// The most that credentials can be: far more than any password, far less than what would hurt.
const LARGEST: usize = 16 * 1024;
/// How long a client may take to send them.
const SLOWEST: Duration = Duration::from_secs(10);

/// Reads credentials. No answer quotes the body: it holds a password.
pub(crate) async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Problem> {
    if !is_json(headers) {
        return Err(Problem::new(ProblemType::UnsupportedMediaType));
    }
    parse(&bytes(body).await?)
}

/// `application/json` or `application/*+json` (RFC 6839), with any parameters. A form or plain text, which a page of
/// another origin can send without asking, is refused.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else {
        return false;
    };
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

async fn bytes(body: Body) -> Result<Bytes, Problem> {
    match tokio::time::timeout(SLOWEST, Limited::new(body, LARGEST).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::new(ProblemType::TooLarge)),
        Ok(Err(_)) => Err(Problem::new(ProblemType::Malformed)),
        Err(_) => Err(Problem::new(ProblemType::RequestTimeout)),
    }
}

/// One JSON value of the form of `T`, and nothing that `T` does not know (ASVS 5.0, 15.3.3).
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut unknown = false;
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_ignored::deserialize(&mut json, |_| unknown = true).map_err(|error| problem_of(&error))?;
    json.end().map_err(|error| problem_of(&error))?;
    if unknown { Err(Problem::new(ProblemType::Unprocessable)) } else { Ok(value) }
}

fn problem_of(error: &serde_json::Error) -> Problem {
    Problem::new(if error.is_data() { ProblemType::Unprocessable } else { ProblemType::Malformed })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::HeaderValue;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct SignIn {
        email: String,
    }

    fn kind_of(bytes: &[u8]) -> Result<SignIn, ProblemType> {
        parse(bytes).map_err(|problem| problem.kind())
    }

    #[test]
    fn only_the_form_that_is_expected_is_read() {
        assert_eq!(kind_of(br#"{"email":"ann"}"#), Ok(SignIn { email: "ann".into() }));
        for malformed in ["", "{", r#"{"email":"ann"}}"#, "email=ann", "\u{feff}{}", "{'email':'ann'}"] {
            assert_eq!(kind_of(malformed.as_bytes()), Err(ProblemType::Malformed), "{malformed}");
        }
        assert_eq!(kind_of(b"{\"email\":\"\xff\"}"), Err(ProblemType::Malformed));
        for other in [
            "{}",
            "[]",
            "null",
            r#"{"email":1}"#,
            r#"{"email":"a","email":"b"}"#,
            r#"{"email":"a","role":"admin"}"#,
        ] {
            assert!(kind_of(other.as_bytes()).is_err(), "{other}");
        }
        assert_eq!(kind_of(br#"{"email":"a","role":"admin"}"#), Err(ProblemType::Unprocessable));
    }

    #[test]
    fn deep_nesting_is_refused_before_the_stack_ends() {
        assert!(kind_of("[".repeat(LARGEST).as_bytes()).is_err());
        assert!(kind_of((r#"{"email":"#.to_owned() + &"[".repeat(LARGEST)).as_bytes()).is_err());
    }

    #[test]
    fn content_types() {
        for (kind, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/vnd.api+json", true),
            ("text/json", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data", false),
            ("application/jsonp", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
            assert_eq!(is_json(&headers), json, "{kind}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_credentials_or_a_problem(bytes: Vec<u8>) {
            let _ = kind_of(&bytes);
        }
    }
}
