//! How a session's token travels: in a cookie, or as a bearer token (RFC 6750).

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    pages::login_page,
    problem::{Challenge, Problem},
};
use crate::{
    auth::Auth,
    entity::AuthEntity,
    response::Model,
    service::{Service, Transports},
    session::token::Token,
};

/// One way for a token to travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Cookie,
    Bearer,
}

/// A token that a request presents.
pub(crate) struct Presented {
    pub(crate) token: Token,
    pub(crate) by: Transport,
}

impl<E: AuthEntity> Auth<E> {
    const TRANSPORTS: Transports = <E::Service as Service>::TRANSPORTS;

    /// How the request presents its token, if it does: a bearer token is there on purpose, a cookie always comes along.
    pub(crate) fn transport(headers: &HeaderMap) -> Transport {
        match Self::TRANSPORTS {
            Transports { cookies: false, .. } => Transport::Bearer,
            Transports { bearer: true, .. } if bearer(headers).next().is_some() => Transport::Bearer,
            _ => Transport::Cookie,
        }
    }

    /// The token that the request presents: `None` without one, or with something else in its place.
    pub(crate) fn presented(&self, parts: &Parts) -> Result<Option<Presented>, Problem> {
        let by = Self::transport(&parts.headers);
        Ok(self.presented_by(by, parts)?.map(|token| Presented { token, by }))
    }

    /// The token that is presented in this way.
    pub(crate) fn presented_by(&self, by: Transport, parts: &Parts) -> Result<Option<Token>, Problem> {
        Self::token(self.found(by, &parts.headers), parts)
    }

    /// The token that the request presents to a handler of the program's own; by a cookie, from this origin only.
    pub(crate) fn presented_from_here(&self, parts: &Parts) -> Result<Option<Token>, Problem> {
        let by = Self::transport(&parts.headers);
        let found = self.found(by, &parts.headers);
        // A request that comes without the cookie is none of ours to refuse.
        if by == Transport::Cookie && !matches!(found, Ok(None)) {
            self.check_origin(parts)?;
        }
        Self::token(found, parts)
    }

    /// What is in the place of a token, read once.
    fn found<'a>(&self, by: Transport, headers: &'a HeaderMap) -> Result<Option<&'a [u8]>, Several> {
        match by {
            Transport::Cookie => self.cookie().value(headers),
            Transport::Bearer => one(bearer(headers)),
        }
    }

    fn token(found: Result<Option<&[u8]>, Several>, parts: &Parts) -> Result<Option<Token>, Problem> {
        // Nobody can tell which of two is the user's (ASVS 5.0, 15.3.7).
        let found = found.map_err(|Several| Self::not_signed_in(parts))?;
        Ok(found.and_then(Token::parse))
    }

    /// Refuses a request that may change something and comes from another origin's page. A bearer token is not sent by a
    /// page unless its script has it.
    pub(crate) fn check_presented(&self, parts: &Parts) -> Result<(), Problem> {
        match Self::transport(&parts.headers) {
            Transport::Cookie => self.check_origin(parts),
            Transport::Bearer => Ok(()),
        }
    }

    /// 401, with what RFC 6750, section 3, asks for where bearer tokens are taken; or the way to the login page.
    pub(crate) fn not_signed_in(parts: &Parts) -> Problem {
        let page = match Self::transport(&parts.headers) {
            Transport::Cookie => login_page::<E>(parts),
            Transport::Bearer => None,
        };
        let problem = Problem::not_signed_in().at_page(page);
        match Self::TRANSPORTS {
            Transports { bearer: false, .. } => problem,
            _ if bearer(&parts.headers).next().is_some() => problem.challenging(Challenge::InvalidToken),
            _ => problem.challenging(Challenge::Bearer),
        }
    }

    /// An answer that gives the client its token.
    pub(crate) fn granted<R: Model>(
        &self,
        parts: &Parts,
        by: Transport,
        token: &Token,
        (status, model): (StatusCode, R),
    ) -> Response {
        match by {
            Transport::Cookie => {
                self.cookie().set(parts, token);
                model.into_answer(status)
            }
            Transport::Bearer => {
                let granted = Granted { access_token: &token.encode(), token_type: "Bearer", model };
                (status, Json(granted)).into_response()
            }
        }
    }
}

/// The members of RFC 6749, section 5.1, beside those of the response model.
#[derive(Serialize)]
struct Granted<'a, R> {
    access_token: &'a str,
    token_type: &'static str,
    #[serde(flatten)]
    model: R,
}

/// More than one value where there may be one.
pub(crate) struct Several;

/// The only one, if any.
pub(crate) fn one<T>(mut values: impl Iterator<Item = T>) -> Result<Option<T>, Several> {
    match (values.next(), values.next()) {
        (found, None) => Ok(found),
        (_, Some(_)) => Err(Several),
    }
}

/// What stands behind `Bearer` (RFC 6750, section 2.1) in each `Authorization` header of this scheme, whose name may be
/// written in capitals or not (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(AUTHORIZATION).into_iter().filter_map(|value| {
        let value = value.as_bytes();
        let end = value.iter().position(|&byte| byte == b' ').unwrap_or(value.len());
        let (scheme, token) = value.split_at(end);
        scheme.eq_ignore_ascii_case(b"bearer").then(|| token.trim_ascii())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::HeaderValue;

    use super::*;

    fn found(lines: &[&str]) -> Vec<String> {
        let headers: HeaderMap =
            lines.iter().map(|line| (AUTHORIZATION, HeaderValue::from_str(line).unwrap())).collect();
        bearer(&headers).map(|token| String::from_utf8(token.to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_bearer_token_stands_behind_the_name_of_its_scheme() {
        assert_eq!(found(&["Bearer abc"]), ["abc"]);
        assert_eq!(found(&["bEARER  abc "]), ["abc"]);
        assert_eq!(found(&["Basic abc", "Bearer one", "bearer two"]), ["one", "two"]);
        assert_eq!(found(&["Bearer"]), [""]);
        assert!(found(&["Bearerabc", "abc", "", "Basic Bearer abc"]).is_empty());
    }
}
