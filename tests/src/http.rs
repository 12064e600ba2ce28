//! A program under test on a bound socket, and clients that keep cookies as a browser does.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use reqwest::Method;
use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// An axum program on a free port of 127.0.0.1; it ends with the value.
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves `routes`.
    pub async fn start(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
        });
        Server { address, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client without cookies.
    pub fn client(&self) -> Client {
        Client::of(self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A client that keeps cookies. A clone is another client with the same cookies: another tab, or a thief.
#[derive(Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
    /// The cookies, by name.
    pub cookies: BTreeMap<String, String>,
}

/// An answer that has been read whole.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

impl Client {
    /// A client without cookies of the program at this address.
    pub fn of(address: SocketAddr) -> Self {
        Client { base: format!("http://{address}"), http: reqwest::Client::new(), cookies: BTreeMap::new() }
    }

    /// Sends a request without a body.
    pub async fn send(&mut self, method: Method, path: &str) -> Answer {
        let request = self.request(method, path);
        self.finish(request).await
    }

    /// The same client, which shows where it is sent and does not go there.
    #[must_use]
    pub fn without_redirects(self) -> Self {
        let policy = reqwest::redirect::Policy::none();
        Client { http: reqwest::Client::builder().redirect(policy).build().unwrap(), ..self }
    }

    /// `GET`
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path).await
    }

    /// `POST` without a body.
    pub async fn post(&mut self, path: &str) -> Answer {
        self.send(Method::POST, path).await
    }

    /// `POST` with JSON.
    pub async fn post_json(&mut self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).json(body);
        self.finish(request).await
    }

    /// A request with the client's cookies, to be changed and given to [`finish`](Self::finish).
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        if self.cookies.is_empty() {
            return request;
        }
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header(COOKIE, pairs.join("; "))
    }

    /// Sends a request, and keeps the cookies of the answer.
    pub async fn finish(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.expect("every request gets an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.text().await.expect("every answer has its whole body");
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        Answer { status, headers, body }
    }

    /// What a browser does with a `Set-Cookie`: `Max-Age=0` takes the cookie away.
    fn keep(&mut self, set_cookie: &str) {
        let (pair, attributes) = set_cookie.split_once(';').unwrap_or((set_cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        if attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The value of a cookie that must be there.
    pub fn cookie(&self, name: &str) -> &str {
        self.cookies.get(name).unwrap_or_else(|| panic!("no cookie {name}"))
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The `Set-Cookie` headers.
    pub fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// A header that must be there, as text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}: {self:?}")).to_str().unwrap()
    }

    /// Whether it is a problem (RFC 9457) of this name and status, not to be kept anywhere, without a cookie.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, name: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.json()["type"], format!("urn:auth-service:problem:{name}"));
        assert_eq!(self.json()["status"], status);
        assert!(self.set_cookies().is_empty(), "a problem leaves the cookie as it is: {self:?}");
    }
}
