//! The body of a login: JSON, or a form where these are switched on, of a bounded size that arrives in bounded time.

use std::{fmt::Display, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::{
    csrf::FIELD as CSRF_FIELD,
    pages::NEXT,
    problem::{Problem, ProblemType},
};

/// The most that credentials can be: far more than any password, far less than what would hurt.
const LARGEST: usize = 16 * 1024;
/// How long a client may take to send them.
pub(crate) const SLOWEST: Duration = Duration::from_secs(10);

/// What a login brings.
pub(crate) struct Sent<T> {
    pub(crate) credentials: T,
    /// The field of a form that says where to go afterwards.
    pub(crate) next: Option<String>,
}

/// Reads credentials. No answer quotes the body: it holds a password.
pub(crate) async fn credentials<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    forms: bool,
) -> Result<Sent<T>, Problem> {
    match essence(headers).as_str() {
        kind if is_json(kind) => Ok(Sent { credentials: json(&bytes(body).await?)?, next: None }),
        "application/x-www-form-urlencoded" if forms => form(&bytes(body).await?),
        _ => Err(Problem::new(ProblemType::UnsupportedMediaType)),
    }
}

/// The content type, without parameters.
fn essence(headers: &HeaderMap) -> String {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// `application/json` or `application/*+json` (RFC 6839). Plain text, and a form where these are not switched on, is what a
/// page of another origin can send without asking.
fn is_json(essence: &str) -> bool {
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
fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut unknown = false;
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_ignored::deserialize(&mut json, |_| unknown = true).map_err(|error| problem_of(&error))?;
    json.end().map_err(|error| problem_of(&error))?;
    if unknown { Err(unknown_field()) } else { Ok(value) }
}

/// The same of a form, beside what the library itself reads from one.
fn form<T: DeserializeOwned>(bytes: &[u8]) -> Result<Sent<T>, Problem> {
    const OURS: [&str; 2] = [NEXT, CSRF_FIELD];
    let mut unknown = false;
    let form = serde_urlencoded::Deserializer::new(form_urlencoded::parse(bytes));
    let credentials =
        serde_ignored::deserialize(form, |path| unknown |= !OURS.contains(&path.to_string().as_str()))
            .map_err(|error| of_another_form(&error))?;
    if unknown {
        return Err(unknown_field());
    }
    let next = form_urlencoded::parse(bytes).find(|(name, _)| name == NEXT);
    Ok(Sent { credentials, next: next.map(|(_, value)| value.into_owned()) })
}

fn problem_of(error: &serde_json::Error) -> Problem {
    if error.is_data() { of_another_form(error) } else { Problem::new(ProblemType::Malformed) }
}

/// The log has the name of a field that is missing, which is the program's own. What else is said may quote the request.
fn of_another_form(error: &dyn Display) -> Problem {
    let text = error.to_string();
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    tracing::debug!(missing, "credentials of another form");
    Problem::new(ProblemType::Unprocessable)
}

fn unknown_field() -> Problem {
    tracing::debug!("credentials with a field that their form does not have");
    Problem::new(ProblemType::Unprocessable)
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
        json(bytes).map_err(|problem| problem.kind())
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
            assert_eq!(is_json(&essence(&headers)), json, "{kind}");
        }
        assert!(!is_json(&essence(&HeaderMap::new())));
    }

    #[test]
    fn a_form_has_the_fields_that_are_expected_and_ours() {
        let read =
            |text: &str| form::<SignIn>(text.as_bytes()).map(|sent| (sent.credentials.email, sent.next));
        assert_eq!(read("email=ann%40example.com"), Ok(("ann@example.com".to_owned(), None)));
        let next = Some("/orders?a=b".to_owned());
        assert_eq!(read("csrf_token=x&email=a+b&next=%2Forders%3Fa%3Db"), Ok(("a b".to_owned(), next)));
        for wrong in ["", "email", "mail=a", "email=a&email=b", "email=a&role=admin", "email=a&next.x=y"] {
            let found = read(wrong).map_err(|problem| problem.kind());
            let expected =
                if wrong == "email" { Ok((String::new(), None)) } else { Err(ProblemType::Unprocessable) };
            assert_eq!(found, expected, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_a_form_or_a_problem(bytes: Vec<u8>) {
            let _ = form::<SignIn>(&bytes);
        }

        #[test]
        fn arbitrary_bytes_are_credentials_or_a_problem(bytes: Vec<u8>) {
            let _ = kind_of(&bytes);
        }
    }
}
