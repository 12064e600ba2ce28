//! The address of a client behind a proxy, as throttling, events and the list of sessions see it, and what clients forge.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::events::{Event, EventKind};
use auth_core::throttle::{Rate, Throttle};
use auth_core::{ClientAddress, MemoryStore, TrustedProxies};
use auth_tests::app::{App, PASSWORD};
use auth_tests::{Answer, Client, World};
use reqwest::Method;
use serde_json::json;

type Headers = Vec<(&'static str, &'static str)>;

/// Where the clients of these tests connect from: the proxy.
const PROXY: &str = "127.0.0.0/24";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn near() -> TrustedProxies {
    TrustedProxies::networks(["127.0.0.1", "10.0.0.0/8"]).unwrap()
}

fn elsewhere() -> TrustedProxies {
    TrustedProxies::networks(["10.0.0.0/8"]).unwrap()
}

async fn world(address: ClientAddress, throttle: Throttle) -> (World, Arc<Mutex<Vec<Event>>>) {
    let told = Arc::<Mutex<Vec<Event>>>::default();
    let events = told.clone();
    let mut app = App::new(MemoryStore::new(), MemoryStore::new());
    app.users = app
        .users
        .with_client_address(address)
        .with_throttle(Some(throttle))
        .on_event(move |event| events.lock().unwrap().push(event.clone()));
    (World::of(app, None).await, told)
}

async fn login(client: &mut Client, password: &str, headers: &Headers) -> Answer {
    let body = json!({ "email": "ann@example.com", "password": password });
    let request = client.request(Method::POST, "/user/login").header("user-agent", FIREFOX).json(&body);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    client.finish(request).await
}

fn cases() -> Vec<(&'static str, ClientAddress, Headers, &'static str)> {
    let xff = ClientAddress::x_forwarded_for;
    let cf = |proxies| ClientAddress::header("cf-connecting-ip".parse().unwrap(), proxies);
    let forged = vec![
        ("x-forwarded-for", "198.51.100.66"),
        ("forwarded", "for=198.51.100.66"),
        ("cf-connecting-ip", "198.51.100.66"),
        ("x-real-ip", "198.51.100.66"),
    ];
    vec![
        ("no proxy", ClientAddress::peer(), forged.clone(), PROXY),
        ("an unknown peer, list", xff(elsewhere()), forged.clone(), PROXY),
        ("an unknown peer, forwarded", ClientAddress::forwarded(elsewhere()), forged.clone(), PROXY),
        ("an unknown peer, header", cf(elsewhere()), forged, PROXY),
        (
            "hops",
            xff(TrustedProxies::hops(1)),
            vec![("x-forwarded-for", "198.51.100.66"), ("x-forwarded-for", "203.0.113.5")],
            "203.0.113.0/24",
        ),
        (
            "networks",
            xff(near()),
            vec![("x-forwarded-for", "198.51.100.66, 203.0.113.5, 10.0.0.2")],
            "203.0.113.0/24",
        ),
        (
            "forwarded",
            ClientAddress::forwarded(near()),
            vec![("forwarded", "for=\"198.51.100.66, for=\"[2001:db8:7:1::5]:4711\"")],
            "2001:db8:7::/48",
        ),
        ("header", cf(near()), vec![("cf-connecting-ip", "::ffff:203.0.113.5")], "203.0.113.0/24"),
        ("a broken list", xff(near()), vec![("x-forwarded-for", "198.51.100.66, ?")], PROXY),
        (
            "a header twice",
            cf(near()),
            vec![("cf-connecting-ip", "198.51.100.66"), ("cf-connecting-ip", "203.0.113.5")],
            PROXY,
        ),
    ]
}

#[tokio::test]
async fn events_and_the_list_of_sessions_show_the_network_that_proxies_tell_of() {
    for (name, address, headers, network) in cases() {
        let (world, told) = world(address, Throttle::DEFAULT).await;
        let mut client = world.client();
        login(&mut client, "wrong", &headers).await.assert_problem(401, "invalid-credentials");
        assert_eq!(login(&mut client, PASSWORD, &headers).await.status, 200, "{name}");
        let listed = client.get("/user/sessions").await.json();
        assert_eq!(listed[0]["network"], network, "{name}");
        assert_eq!(listed[0]["agent"], "Firefox on Linux", "{name}");
        let told: Vec<_> = told.lock().unwrap().drain(..).map(|event| (event.kind, event.network)).collect();
        let kinds: Vec<_> = told.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [EventKind::LoginFailed, EventKind::SignedIn], "{name}");
        assert!(told.iter().all(|(_, seen)| seen.unwrap().to_string() == network), "{name} {told:?}");
    }
}

#[tokio::test]
async fn whoever_forges_another_address_with_each_login_is_counted_as_one() {
    let one = Rate { burst: 1, every: Duration::from_hours(1) };
    let strict = Throttle { both: one, ..Throttle::DEFAULT };
    for address in [
        ClientAddress::peer(),
        ClientAddress::x_forwarded_for(TrustedProxies::hops(1)),
        ClientAddress::x_forwarded_for(near()),
        ClientAddress::x_forwarded_for(elsewhere()),
    ] {
        let (world, _) = world(address, strict).await;
        let mut client = world.client();
        let forged = ["192.0.2.1", "198.51.100.66", "10.0.0.9", "::1", "?", "\"", "192.0.2.77,"];
        let mut statuses = Vec::new();
        for forged in forged {
            let headers = vec![("x-forwarded-for", forged), ("x-forwarded-for", "203.0.113.5")];
            statuses.push(login(&mut client, "wrong", &headers).await.status);
        }
        assert_eq!(statuses, [401, 429, 429, 429, 429, 429, 429]);
    }
}

#[tokio::test]
async fn clients_behind_one_proxy_are_counted_apart() {
    let one = Rate { burst: 1, every: Duration::from_hours(1) };
    let strict = Throttle { both: one, ..Throttle::DEFAULT };
    let (world, _) = world(ClientAddress::x_forwarded_for(near()), strict).await;
    let mut client = world.client();
    for (address, status) in [
        ("203.0.113.5", 401),
        ("203.0.113.6", 429), // the same network
        ("192.0.2.5", 401),
        ("2001:db8:7:1::5", 401),
        ("2001:db8:7:1:ffff::5", 429), // the same line
        ("2001:db8:7:2::5", 401),
        ("2001:db8:7:3::5", 429), // the third line of one network, which has twice as much
        ("2001:db8:8::5", 401),
        ("::ffff:203.0.113.5", 429), // the first one, written otherwise
    ] {
        assert_eq!(login(&mut client, "wrong", &vec![("x-forwarded-for", address)]).await.status, status);
    }
}
