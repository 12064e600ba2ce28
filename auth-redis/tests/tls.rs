//! `rediss://`: TLS to a server whose certificate is trusted, and to no other.
#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{fs, net::TcpListener, process::Command};

use auth_redis::RedisStore;
use support::{RedisServer, a_principal, is_there, open};

mod support;

const URL: &str = "AUTH_REDIS_TLS_URL";

/// Runs the other test in a process of its own: whom a process trusts is in its environment.
#[tokio::test]
async fn only_a_trusted_server_is_spoken_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    fs::write(path("certificate"), made.cert.pem()).unwrap();
    fs::write(path("key"), made.signing_key.serialize_pem()).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _server = RedisServer::start_with(&[
        ("tls-port", &port.to_string()),
        ("tls-cert-file", &path("certificate")),
        ("tls-key-file", &path("key")),
        ("tls-ca-cert-file", &path("certificate")),
        ("tls-auth-clients", "no"),
    ])
    .await;
    let url = format!("rediss://127.0.0.1:{port}");
    let error = RedisStore::connect(url.clone()).await.unwrap_err().to_string();
    assert!(error.contains("UnknownIssuer"), "{error}");
    let mut trusting = Command::new(std::env::current_exe().unwrap());
    trusting.args(["--exact", "the_server_that_the_environment_names_is_spoken_to"]);
    trusting.env(URL, url).env("SSL_CERT_FILE", path("certificate"));
    let output = trusting.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(report.contains("1 passed"), "{report}");
}

#[tokio::test]
async fn the_server_that_the_environment_names_is_spoken_to() {
    let Ok(url) = std::env::var(URL) else { return };
    let store = RedisStore::connect(url).await.unwrap();
    let at = a_principal();
    let new = open(&store, at).await;
    assert!(is_there(&store, at, new.id).await);
}

#[tokio::test]
async fn a_server_without_tls_is_an_error() {
    let server = RedisServer::start().await;
    let url = server.url().replace("redis://", "rediss://");
    let store = RedisStore::builder(url).connect_timeout(std::time::Duration::from_millis(500));
    store.connect().await.unwrap_err();
}
