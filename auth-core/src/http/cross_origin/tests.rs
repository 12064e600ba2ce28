//! The whole matrix: what a browser says × method × transport × host.
#![allow(clippy::unwrap_used)]

use axum::http::Request;

use super::*;

/// What a browser may say in `Sec-Fetch-Site`: one value for each line of a grid.
const SITES: [&[&str]; 8] = [
    &[],
    &["same-origin"],
    &["none"],
    &["same-site"],
    &["cross-site"],
    &[""],
    &["Same-Origin"],
    &["same-origin", "cross-site"],
];

/// What it may say in `Origin`: one for each column.
const ORIGINS: [&[&str]; 10] = [
    &[],
    &["https://a.example"],
    &["http://a.example"],
    &["https://a.example:8443"],
    &["https://www.a.example"],
    &["https://evil.example"],
    &["null"],
    &["https://allowed.example"],
    &["a.example"],
    &["https://allowed.example", "https://evil.example"],
];

/// Sent to `a.example`, with a cookie for TLS only. `+` passes.
const SECURE: [&str; 8] = [
    "++.....+..", // nothing is said of the site: the origin decides
    "++++++++++", // same-origin
    "++++++++++", // none
    ".......+..", // same-site
    ".......+..", // cross-site
    ".......+..", // what no browser says
    ".......+..",
    ".......+..",
];

/// The same where the cookie is sent without TLS too: `http://a.example` is this host.
const PLAIN: &str = "+++....+..";

/// Sent to another host, or to none that could be told: no origin is it.
const ELSEWHERE: &str = "+......+..";

/// How `Host` and the URI name the host: each with whether it is `a.example`.
const HOSTS: [(&[&str], &str, bool); 7] = [
    (&["a.example"], "/", true),
    (&[], "https://a.example/", true),
    (&["b.example"], "/", false),
    (&["a.example:8080"], "/", false),
    (&["a.example", "b.example"], "/", false),
    (&["b.example"], "https://a.example/", false),
    (&[], "/", false),
];

fn passes(method: &str, uri: &str, secure: bool, headers: &[(&str, &[&str])]) -> bool {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, values) in headers {
        request = values.iter().fold(request, |request, value| request.header(*name, *value));
    }
    let allowed = AllowedOrigins::new(["https://allowed.example"]).unwrap();
    check(&request.body(()).unwrap().into_parts().0, secure, &allowed).is_ok()
}

#[test]
fn the_matrix() {
    let safe = ["GET", "HEAD", "OPTIONS", "TRACE"].map(|method| (method, "", true));
    let upgrades = ["GET", "HEAD"].map(|method| (method, "websocket", false));
    let unsafe_ones =
        ["POST", "PUT", "PATCH", "DELETE", "CONNECT", "PURGE", "get"].map(|method| (method, "", false));
    let mut checked = 0;
    for (method, upgrade, is_safe) in safe.into_iter().chain(upgrades).chain(unsafe_ones) {
        let upgrades: &[&str] = if upgrade.is_empty() { &[] } else { &[upgrade] };
        for (hosts, uri, is_here) in HOSTS {
            for secure in [true, false] {
                for (site, line) in SITES.iter().zip(SECURE) {
                    let line = match (site.is_empty(), is_here, secure) {
                        (true, false, _) => ELSEWHERE,
                        (true, true, false) => PLAIN,
                        _ => line,
                    };
                    for (origin, expected) in ORIGINS.iter().zip(line.chars()) {
                        let headers = [
                            ("host", hosts),
                            ("sec-fetch-site", site),
                            ("origin", origin),
                            ("upgrade", upgrades),
                        ];
                        let passed = passes(method, uri, secure, &headers);
                        let case = format!("{method} {upgrade} {uri} {hosts:?} {secure} {site:?} {origin:?}");
                        assert_eq!(passed, is_safe || expected == '+', "{case}");
                        checked += 1;
                    }
                }
            }
        }
    }
    assert_eq!(checked, 13 * 7 * 2 * 8 * 10);
}

#[test]
fn an_origin_without_tls_is_this_host_on_this_machine_only() {
    for (origin, host, passed) in [
        ("https://a.example:3000", "a.example:3000", true),
        ("http://a.example:3000", "a.example:3000", false),
        ("http://localhost:3000", "localhost:3000", true),
        ("http://app.localhost", "app.localhost", true),
        ("http://127.0.0.1:3000", "127.0.0.1:3000", true),
        ("http://127.0.0.9", "127.0.0.9", true),
        ("http://[::1]:3000", "[::1]:3000", true),
        ("http://[::1]", "[::1]", true),
        ("http://192.0.2.1", "192.0.2.1", false),
        ("http://localhost.evil", "localhost.evil", false),
        ("http://evillocalhost", "evillocalhost", false),
        ("https://a.example.evil", "a.example", false),
        ("https://a.example@evil.example", "a.example", false),
        ("https://a.example/", "a.example", false),
        ("", "a.example", false),
    ] {
        let headers: [(&str, &[&str]); 2] = [("origin", &[origin]), ("host", &[host])];
        assert_eq!(passes("POST", "/", true, &headers), passed, "{origin} {host}");
    }
}

#[test]
fn what_a_proxy_says_of_the_host_is_not_looked_at() {
    let headers: [(&str, &[&str]); 4] = [
        ("origin", &["https://evil.example"]),
        ("host", &["a.example"]),
        ("x-forwarded-host", &["evil.example"]),
        ("forwarded", &["host=evil.example"]),
    ];
    assert!(!passes("POST", "/", true, &headers));
}

/// What the layer answers to a request of this page, sent to `a.example`.
async fn layered(layer: CrossOriginLayer, origin: &str) -> axum::http::StatusCode {
    use tower::{Layer, ServiceExt, service_fn};

    let inner = service_fn(|_| async { Ok::<_, std::convert::Infallible>(axum::http::StatusCode::OK) });
    let request =
        Request::post("https://a.example/").header("host", "a.example").header("origin", origin).body(());
    layer.layer(inner).oneshot(request.unwrap()).await.unwrap().status()
}

#[tokio::test]
async fn the_layer_lets_in_what_it_was_told_to() {
    let allowed = AllowedOrigins::new(["https://app.example"]).unwrap();
    for (layer, origin, expected) in [
        (CrossOriginLayer::new(), "https://a.example", 200),
        (CrossOriginLayer::new(), "http://a.example", 403),
        (CrossOriginLayer::new(), "https://app.example", 403),
        (CrossOriginLayer::new().insecure_http(), "http://a.example", 200),
        (CrossOriginLayer::new().insecure_http(), "http://app.example", 403),
        (CrossOriginLayer::new().allow(allowed.clone()), "https://app.example", 200),
        (CrossOriginLayer::new().allow(allowed.clone()), "http://a.example", 403),
        (CrossOriginLayer::new().allow(allowed.clone()).insecure_http(), "https://app.example", 200),
        (CrossOriginLayer::new().allow(allowed).insecure_http(), "https://evil.example", 403),
    ] {
        assert_eq!(layered(layer.clone(), origin).await.as_u16(), expected, "{layer:?}, {origin}");
    }
}
