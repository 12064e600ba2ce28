//! The storefront without a browser: what it starts and ends, and what programs see of it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use auth_tests::{RedisServer, Storefront};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(30);
const ACME: &str = "acme, at the API";

async fn started(redis: Option<String>) -> Storefront {
    spawn_blocking(|| Storefront::start(redis)).await.unwrap()
}

#[tokio::test]
async fn it_starts_a_redis_of_its_own_and_ends_it_after_the_last_answer() {
    let mut storefront = started(None).await;
    let socket = socket_in(&storefront).expect("its Redis has a socket");
    let mut redis = UnixStream::connect(&socket).await.unwrap();

    let address = storefront.url().strip_prefix("http://").unwrap().to_owned();
    let body = json!({ "name": "acme", "secret": storefront.password(ACME) }).to_string();
    let head = format!(
        "POST /api/account/login HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    let mut connection = TcpStream::connect(address.replace("localhost", "127.0.0.1")).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut begun = [0; 12];
    connection.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 100", "the request is being looked at");
    storefront.terminate();
    while TcpStream::connect(address.replace("localhost", "127.0.0.1")).await.is_ok() {
        sleep(Duration::from_millis(10)).await;
    }
    connection.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("HTTP/1.1 200") && answer.contains("access_token"), "{answer}");

    let (storefront, status) = spawn_blocking(move || {
        let status = storefront.wait();
        (storefront, status)
    })
    .await
    .unwrap();
    assert!(status.success(), "{status}");
    let last = timeout(PATIENCE, redis.read(&mut [0])).await.expect("its Redis ends with it");
    assert_eq!(last.unwrap_or(0), 0, "Redis has hung up");
    assert_eq!(socket_in(&storefront), None);
}

fn socket_in(storefront: &Storefront) -> Option<PathBuf> {
    let entries = fs::read_dir(storefront.folder()).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| path.join("redis.sock")).find(|socket| socket.exists())
}

#[tokio::test]
async fn programs_sign_in_with_a_token_and_operators_see_that_they_do() {
    let redis = RedisServer::start().await;
    let storefront = started(Some(redis.url())).await;
    let (client, api) = (Client::new(), format!("{}/api/account", storefront.url()));
    let sign_in = async |secret: &str| {
        let form = json!({ "name": "acme", "secret": secret });
        client.post(format!("{api}/login")).json(&form).send().await.unwrap()
    };
    assert_eq!(sign_in("a guess").await.status(), 401);
    let granted: Value = sign_in(storefront.password(ACME)).await.json().await.unwrap();
    let sold = client.get(format!("{api}/sold")).bearer_auth(granted["access_token"].as_str().unwrap());
    let sold: Value = sold.send().await.unwrap().json().await.unwrap();
    assert_eq!(sold["products"][0], json!({ "name": "Lantern", "orders": 0 }));
    assert_eq!(client.get(format!("{api}/sold")).send().await.unwrap().status(), 401);

    let made_up = reqwest::Method::from_bytes(b"BREW").unwrap();
    client.request(made_up, storefront.url()).send().await.unwrap();

    let metrics = client.get(storefront.metrics_url()).send().await.unwrap().text().await.unwrap();
    for (event, count) in [("signed_in", 1), ("login_failed", 1)] {
        let is_it = |line: &&str| line.contains("account") && line.contains(event);
        let line = metrics.lines().find(is_it).unwrap_or_else(|| panic!("no {event} in {metrics}"));
        assert!(line.starts_with("auth_events_total") && line.ends_with(&format!(" {count}")), "{line}");
    }
    assert!(metrics.contains(r#"method="other""#) && !metrics.contains("BREW"), "{metrics}");
    let public = client.get(format!("{}/metrics", storefront.url())).send().await.unwrap();
    assert_eq!(public.status(), 404, "nobody else's business");
}

#[tokio::test]
async fn pages_tell_browsers_to_keep_and_run_nothing() {
    let redis = RedisServer::start().await;
    let storefront = started(Some(redis.url())).await;
    let client = Client::new();
    for path in ["/", "/login", "/signup", "/orders", "/devices", "/password", "/admin", "/nowhere"] {
        let request = client.get(format!("{}{path}", storefront.url())).header("accept", "text/html");
        let answer = request.send().await.unwrap();
        let header = |name| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(header("content-security-policy").starts_with("default-src 'self';"), "{path}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(header("content-type").starts_with("text/html"), "{path}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("<main") && !page.contains("<script") && !page.contains("style="), "{path}");
    }
}

#[tokio::test]
async fn programs_are_told_what_they_can_ask_for() {
    let storefront = started(None).await;
    let client = Client::new();
    let answer = client.get(format!("{}/docs/openapi.json", storefront.url())).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    let document: Value = answer.json().await.unwrap();
    assert_eq!((&document["openapi"], &document["info"]["title"]), (&json!("3.1.0"), &json!("Storefront")));
    let methods = |path: &str| -> Vec<&String> {
        document["paths"][path].as_object().unwrap_or_else(|| panic!("no {path}")).keys().collect()
    };
    for entity in ["/user", "/api/account"] {
        for (endpoint, expected) in [
            ("login", ["post"].as_slice()),
            ("logout", &["post"]),
            ("refresh", &["post"]),
            ("reauthenticate", &["post"]),
            ("session", &["get"]),
            ("sessions", &["delete", "get"]),
            ("sessions/{id}", &["delete"]),
        ] {
            assert_eq!(methods(&format!("{entity}/{endpoint}")), expected, "{entity}/{endpoint}");
        }
    }
    for own in ["/user/me", "/user/all", "/api/account/sold", "/api/products"] {
        assert_eq!(methods(own), ["get"], "{own}");
    }
    let shown = client.get(format!("{}/api/products", storefront.url())).send().await.unwrap();
    let product = &shown.json::<Value>().await.unwrap()[0];
    let described = &document["components"]["schemas"]["Product"]["properties"];
    assert_eq!(product["name"], "Lantern");
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(product), keys(described));
}

#[tokio::test]
async fn the_page_of_the_document_has_a_policy_of_its_own() {
    let storefront = started(None).await;
    let client = Client::new();
    for (path, kind) in [
        ("/docs", "text/html"), // is sent on
        ("/docs/", "text/html"),
        ("/docs/swagger-ui-bundle.js", "text/javascript"),
        ("/docs/swagger-initializer.js", "text/javascript"),
        ("/docs/swagger-ui.css", "text/css"),
        ("/docs/openapi.json", "application/json"),
    ] {
        let answer = client.get(format!("{}{path}", storefront.url())).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with(kind), "{path}: {}", header("content-type"));
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'self'; img-src 'self' data:;"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
    }
}
