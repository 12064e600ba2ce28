//! A client for a `Router`, without a socket.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, Entry, HOST, HeaderName, ORIGIN, SET_COOKIE},
    },
};
use form_urlencoded::Serializer;
use http_body_util::BodyExt;
use serde::{Serialize, de::DeserializeOwned};
use tower::ServiceExt;

use super::jar::Jar;
use crate::{
    auth::Auth,
    contract::Contract,
    http::problem::Problem,
    service::{Service, Transports},
};

/// Where a [`TestClient`] finds the program.
const AT: &str = "app.example";
const ORIGIN_AT: &str = "https://app.example";

/// A client for a `Router`, without a socket: a browser with a page of the program open, at `https://app.example`.
///
/// It keeps cookies and presents them by their paths, `__Host-` ones as well, and says of its requests what a browser
/// says (`Host`, `Sec-Fetch-Site: same-origin`, `Origin`). It follows no redirects. A clone is another browser with the
/// same cookies.
///
/// ```
/// use auth_core::testing::TestClient;
/// use axum::{Router, routing::get};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut client = TestClient::new(Router::new().route("/", get(async || "hello")));
/// let answer = client.get("/").await;
/// assert_eq!((answer.status.as_u16(), answer.text()), (200, "hello"));
/// # }
/// ```
#[derive(Clone)]
pub struct TestClient {
    routes: Router,
    jar: Jar,
    /// What it says of itself in `Authorization`.
    bearer: Option<HeaderValue>,
    address: IpAddr,
}

/// An answer that has been read whole. Its `Debug` shows no cookies.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TestAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl TestClient {
    /// A client without cookies, at 127.0.0.1.
    #[must_use]
    pub fn new(routes: Router) -> Self {
        TestClient { routes, jar: Jar::default(), bearer: None, address: Ipv4Addr::LOCALHOST.into() }
    }

    /// The client at another address: for throttling, and lists of sessions.
    #[must_use]
    pub fn at(self, address: IpAddr) -> Self {
        TestClient { address, ..self }
    }

    /// Opens a session for `entity` without any credentials, and keeps its cookie; its token, which all requests then
    /// present, where the entity has a service of bearer tokens only.
    ///
    /// # Errors
    ///
    /// As [`Auth::sign_in_as`].
    pub async fn sign_in<E: Contract>(&mut self, auth: &Auth<E>, entity: &E) -> Result<(), Problem> {
        let token = auth.token_for(entity).await?;
        let Transports { cookies, .. } = <E::Service as Service>::TRANSPORTS;
        if cookies {
            self.jar.put(auth.cookie().name(), &token.encode());
        } else {
            let bearer = format!("Bearer {}", *token.encode());
            let mut bearer =
                HeaderValue::try_from(bearer).map_err(|error| Problem::internal("token", &error))?;
            bearer.set_sensitive(true);
            self.bearer = Some(bearer);
        }
        Ok(())
    }

    /// The value of a cookie that it has.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.jar.get(name)
    }

    /// Has another cookie, for all paths.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.jar.put(name, value);
    }

    /// Has no cookies any more, and no token.
    pub fn clear_cookies(&mut self) {
        self.jar.clear();
        self.bearer = None;
    }

    /// `GET`
    pub async fn get(&mut self, path: &str) -> TestAnswer {
        self.send(request(Method::GET, path, "", Body::empty())).await
    }

    /// `DELETE`
    pub async fn delete(&mut self, path: &str) -> TestAnswer {
        self.send(request(Method::DELETE, path, "", Body::empty())).await
    }

    /// `POST` without a body.
    pub async fn post(&mut self, path: &str) -> TestAnswer {
        self.send(request(Method::POST, path, "", Body::empty())).await
    }

    /// `POST` with JSON.
    ///
    /// # Panics
    ///
    /// When the value cannot be written as JSON.
    pub async fn post_json(&mut self, path: &str, value: &(impl Serialize + Sync + ?Sized)) -> TestAnswer {
        let json = serde_json::to_vec(value).unwrap_or_else(|error| panic!("no JSON: {error}"));
        self.send(request(Method::POST, path, "application/json", json.into())).await
    }

    /// `POST` with the fields of a form.
    pub async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> TestAnswer {
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(request(Method::POST, path, "application/x-www-form-urlencoded", form.into())).await
    }

    /// Sends any request. Headers that it has stay: with a `Cookie` of its own it presents no others, and with another
    /// `Sec-Fetch-Site` it is another origin's page that sends it.
    ///
    /// # Panics
    ///
    /// When the body of the answer breaks off.
    pub async fn send(&mut self, mut request: Request) -> TestAnswer {
        let path = request.uri().path().to_owned();
        self.complete(&mut request, &path);
        let Ok(answer) = self.routes.clone().oneshot(request).await;
        let (mut parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap_or_else(|error| panic!("the body breaks off: {error}"));
        for set_cookie in parts.headers.get_all(SET_COOKIE) {
            self.jar.keep(&String::from_utf8_lossy(set_cookie.as_bytes()), &path);
        }
        for (name, value) in &mut parts.headers {
            value.set_sensitive(name == SET_COOKIE);
        }
        TestAnswer { status: parts.status, headers: parts.headers, body: body.to_bytes() }
    }

    /// Adds what a browser says, where the request does not say otherwise.
    fn complete(&self, request: &mut Request, path: &str) {
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let headers = request.headers_mut();
        let mut say = |name: HeaderName, value: HeaderValue| {
            if let Entry::Vacant(place) = headers.entry(name) {
                place.insert(value);
            }
        };
        say(HOST, HeaderValue::from_static(AT));
        say(HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static("same-origin"));
        if changes {
            say(ORIGIN, HeaderValue::from_static(ORIGIN_AT));
        }
        if let Some(bearer) = &self.bearer {
            say(AUTHORIZATION, bearer.clone());
        }
        if let Some(cookies) = self.jar.header(path).and_then(|text| HeaderValue::try_from(text).ok()) {
            say(COOKIE, cookies);
        }
        let connection = ConnectInfo(SocketAddr::new(self.address, 49152));
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(connection);
        }
    }
}

fn request(method: Method, path: &str, kind: &'static str, body: Body) -> Request {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap_or_else(|error| panic!("no path, {path}: {error}"));
    if !kind.is_empty() {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    request
}

impl TestAnswer {
    /// A header, where there is one that is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text.
    ///
    /// # Panics
    ///
    /// When it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_else(|error| panic!("the body is no text: {error}"))
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none, or of another form.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// What kind of problem it is, as `not-signed-in`; none where it is no problem (RFC 9457).
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        let is_problem = self.header("content-type") == Some("application/problem+json");
        let name = body["type"].as_str()?.rsplit(':').next()?;
        is_problem.then(|| name.to_owned())
    }
}
