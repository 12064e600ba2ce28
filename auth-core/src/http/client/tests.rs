#![allow(clippy::unwrap_used)]
use axum::http::Request;
use proptest::prelude::*;

use super::*;

/// The address of a request with these headers, from this peer.
fn found(rule: &ClientAddress, peer: Option<&str>, headers: &[(&str, &str)]) -> Option<String> {
    let request = headers.iter().fold(Request::builder(), |request, (name, value)| {
        request.header(*name, axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap())
    });
    let mut parts = request.body(()).unwrap().into_parts().0;
    if let Some(peer) = peer {
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
    }
    rule.of(&parts).map(|address| address.to_string())
}

const PEER: &str = "10.0.0.1";
const XFF: &str = "x-forwarded-for";

fn own_networks() -> TrustedProxies {
    TrustedProxies::networks(["10.0.0.0/8", "fd00::/8", "192.0.2.7"]).unwrap()
}

#[test]
fn without_a_proxy_headers_count_for_nothing() {
    let forged = [(XFF, "192.0.2.1"), ("forwarded", "for=192.0.2.1"), ("cf-connecting-ip", "192.0.2.1")];
    let none = TrustedProxies::hops(0);
    for rule in [
        ClientAddress::peer(),
        ClientAddress::x_forwarded_for(none.clone()),
        ClientAddress::forwarded(none.clone()),
        ClientAddress::header(HeaderName::from_static("cf-connecting-ip"), none),
    ] {
        assert_eq!(found(&rule, Some(PEER), &forged).as_deref(), Some(PEER), "{rule:?}");
        assert_eq!(found(&rule, None, &forged), None, "{rule:?}");
        assert_eq!(found(&rule, Some("::ffff:192.0.2.9"), &forged).as_deref(), Some("192.0.2.9"), "{rule:?}");
    }
}

#[test]
fn as_many_entries_from_the_right_count_as_there_are_proxies() {
    for (hops, lines, expected) in [
        (1, vec!["203.0.113.5"], "203.0.113.5"),
        (1, vec!["198.51.100.66, 203.0.113.5"], "203.0.113.5"),
        (1, vec!["198.51.100.66", "203.0.113.5"], "203.0.113.5"),
        (1, vec!["198.51.100.66,,203.0.113.5 , "], "203.0.113.5"),
        (2, vec!["198.51.100.66, 203.0.113.5, 10.0.0.2"], "203.0.113.5"),
        (2, vec!["198.51.100.66, 203.0.113.5", "10.0.0.2"], "203.0.113.5"),
        (2, vec!["203.0.113.5, unknown"], "203.0.113.5"),
        (1, vec!["203.0.113.5:61234"], "203.0.113.5"),
        (1, vec!["[2001:db8::5]:61234"], "2001:db8::5"),
        (1, vec!["[2001:db8::5]"], "2001:db8::5"),
        (1, vec!["2001:DB8:0::5"], "2001:db8::5"),
        (1, vec!["::ffff:203.0.113.5"], "203.0.113.5"),
        // What is broken, or too short, is the peer's.
        (1, vec![], PEER),
        (1, vec![""], PEER),
        (2, vec!["203.0.113.5"], PEER),
        (1, vec!["198.51.100.66, unknown"], PEER),
        (1, vec!["198.51.100.66, 203.0.113"], PEER),
        (1, vec!["198.51.100.66, 203.0.113.5.6"], PEER),
        (1, vec!["198.51.100.66, \"203.0.113.5\""], PEER),
        (1, vec!["198.51.100.66, fe80::1%eth0"], PEER),
        (1, vec!["198.51.100.66, \u{e9}"], PEER),
        (usize::MAX, vec!["203.0.113.5"], PEER),
    ] {
        let rule = ClientAddress::x_forwarded_for(TrustedProxies::hops(hops));
        let headers: Vec<_> = lines.iter().map(|line| (XFF, *line)).collect();
        assert_eq!(found(&rule, Some(PEER), &headers).as_deref(), Some(expected), "{hops} {lines:?}");
    }
    let rule = ClientAddress::x_forwarded_for(TrustedProxies::hops(1));
    assert_eq!(found(&rule, None, &[(XFF, "203.0.113.5")]).as_deref(), Some("203.0.113.5"), "a Unix socket");
}

#[test]
fn the_first_entry_from_the_right_that_is_no_proxys_counts() {
    let rule = ClientAddress::x_forwarded_for(own_networks());
    for (peer, list, expected) in [
        (PEER, "198.51.100.66, 203.0.113.5, 192.0.2.7, 10.9.9.9", "203.0.113.5"),
        (PEER, "198.51.100.66, 203.0.113.5", "203.0.113.5"),
        ("::ffff:10.0.0.1", "203.0.113.5, ::ffff:10.9.9.9", "203.0.113.5"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        (PEER, "10.7.7.7, 10.9.9.9", "10.7.7.7"),
        // Not a proxy of ours: what it says is its own invention.
        ("203.0.113.9", "198.51.100.66", "203.0.113.9"),
        ("192.0.2.8", "198.51.100.66", "192.0.2.8"),
        ("11.0.0.1", "198.51.100.66", "11.0.0.1"),
        (PEER, "198.51.100.66, unknown, 10.9.9.9", PEER),
        (PEER, "", PEER),
    ] {
        assert_eq!(found(&rule, Some(peer), &[(XFF, list)]).as_deref(), Some(expected), "{peer} {list}");
    }
    assert_eq!(found(&rule, None, &[(XFF, "198.51.100.66")]), None, "nobody knows who said so");
}

#[test]
fn forwarded_is_read_from_the_right_whatever_stands_to_the_left() {
    let rule = ClientAddress::forwarded(TrustedProxies::hops(1));
    for (lines, expected) in [
        (vec!["for=203.0.113.5"], "203.0.113.5"),
        (vec!["For=203.0.113.5;proto=https;by=10.0.0.2"], "203.0.113.5"),
        (vec!["proto=https; for=\"203.0.113.5:4711\""], "203.0.113.5"),
        (vec!["for=\"[2001:db8::5]:4711\""], "2001:db8::5"),
        (vec!["for=\"[2001:db8::5]\";host=\"a,b;for=192.0.2.1\""], "2001:db8::5"),
        (vec!["for=203.0.113.5;ext=\"a\\\",for=192.0.2.1\""], "203.0.113.5"),
        (vec!["for=203.0.113.5;ext=\"a\\\\\""], "203.0.113.5"),
        (vec!["for=198.51.100.66, for=203.0.113.5"], "203.0.113.5"),
        (vec!["for=198.51.100.66", "for=203.0.113.5"], "203.0.113.5"),
        (vec!["for=\"198.51.100.66, for=203.0.113.5"], "203.0.113.5"),
        (vec!["for=198.51.100.66\\, for=\"203.0.113.5\""], "203.0.113.5"),
        // What is broken is the peer's.
        (vec![], PEER),
        (vec!["for=198.51.100.66, for=unknown"], PEER),
        (vec!["for=198.51.100.66, for=_hidden"], PEER),
        (vec!["for=198.51.100.66, proto=https"], PEER),
        (vec!["for=198.51.100.66, for=203.0.113.5;for=203.0.113.6"], PEER),
        (vec!["for=198.51.100.66, for=\"203.0.113.5"], PEER),
        (vec!["198.51.100.66"], PEER),
    ] {
        let headers: Vec<_> = lines.iter().map(|line| ("forwarded", *line)).collect();
        assert_eq!(found(&rule, Some(PEER), &headers).as_deref(), Some(expected), "{lines:?}");
    }
    let rule = ClientAddress::forwarded(own_networks());
    let list = [("forwarded", "for=198.51.100.66, for=203.0.113.5, for=\"[fd00::2]\"")];
    assert_eq!(found(&rule, Some(PEER), &list).as_deref(), Some("203.0.113.5"));
    assert_eq!(found(&rule, Some("203.0.113.9"), &list).as_deref(), Some("203.0.113.9"));
}

#[test]
fn a_header_of_its_own_counts_once_and_from_a_proxy_only() {
    let name = HeaderName::from_static("cf-connecting-ip");
    let rule = ClientAddress::header(name.clone(), own_networks());
    let one = [("cf-connecting-ip", "203.0.113.5")];
    assert_eq!(found(&rule, Some(PEER), &one).as_deref(), Some("203.0.113.5"));
    assert_eq!(found(&rule, Some("203.0.113.9"), &one).as_deref(), Some("203.0.113.9"));
    assert_eq!(found(&rule, None, &one), None);
    let rule = ClientAddress::header(name, TrustedProxies::hops(2));
    assert_eq!(found(&rule, None, &one).as_deref(), Some("203.0.113.5"));
    for broken in [
        vec![],
        vec![("cf-connecting-ip", "198.51.100.66, 203.0.113.5")],
        vec![("cf-connecting-ip", "198.51.100.66"), ("cf-connecting-ip", "203.0.113.5")],
        vec![("cf-connecting-ip", "localhost")],
    ] {
        assert_eq!(found(&rule, Some(PEER), &broken).as_deref(), Some(PEER), "{broken:?}");
    }
}

#[test]
fn a_function_of_ones_own_decides_alone() {
    let rule = ClientAddress::custom(|_| Some("::ffff:203.0.113.5".parse().unwrap()));
    assert_eq!(found(&rule, Some(PEER), &[]).as_deref(), Some("203.0.113.5"));
    assert_eq!(found(&ClientAddress::custom(|_| None), Some(PEER), &[]), None);
}

#[test]
fn what_is_no_network_is_refused() {
    for text in ["", "10.0.0.0/33", "10.0.0/8", "proxy.example", "10.0.0.1:80", "*"] {
        let error = TrustedProxies::networks(["10.0.0.0/8", text]).unwrap_err();
        assert_eq!(error, InvalidNetwork::Unreadable(text.to_owned()));
    }
    for text in ["0.0.0.0/0", "::/0"] {
        assert_eq!(TrustedProxies::networks([text]).unwrap_err(), InvalidNetwork::Everybody(text.to_owned()));
    }
}

proptest! {
    /// A proxy that adds what it sees is believed, whatever a client has written before.
    #[test]
    fn no_client_writes_what_a_proxy_adds(
        forged in proptest::collection::vec("[ -~]{0,40}", 0..4),
        in_the_same_line: bool,
        quoted: bool,
        value in prop_oneof!["[\",;= \\\\a-z0-9.]{0,40}", "(for=\"?[0-9.]{7},?){0,3}"],
    ) {
        let added = if quoted { "for=\"203.0.113.5\"" } else { "for=203.0.113.5" };
        for (rule, name, added) in [
            (ClientAddress::x_forwarded_for(TrustedProxies::hops(1)), XFF, "203.0.113.5"),
            (ClientAddress::forwarded(TrustedProxies::hops(1)), "forwarded", added),
            (ClientAddress::forwarded(own_networks()), "forwarded", added),
        ] {
            let mut lines: Vec<String> = forged.clone();
            lines.push(if in_the_same_line { format!("{value}, {added}") } else { value.clone() });
            if !in_the_same_line {
                lines.push(added.to_owned());
            }
            let headers: Vec<_> = lines.iter().map(|line| (name, line.as_str())).collect();
            prop_assert_eq!(found(&rule, Some(PEER), &headers), Some("203.0.113.5".to_owned()));
        }
    }
}

#[test]
fn a_device_is_what_the_headers_and_the_peer_say() {
    let mut parts = Request::builder().header(USER_AGENT, "Firefox").body(()).unwrap().into_parts().0;
    parts.extensions.insert(ConnectInfo(SocketAddr::new(PEER.parse().unwrap(), 4711)));
    let found = device(&parts, &ClientAddress::peer());
    assert_eq!(found, Device::new(Some("Firefox"), Some(PEER.parse().unwrap())));
    assert_ne!(found, Device::default());
}

#[test]
fn a_rule_shows_itself() {
    let networks = own_networks();
    let rule = ClientAddress::header(HeaderName::from_static("cf-connecting-ip"), networks.clone());
    assert_eq!(format!("{rule:?}"), format!(r#"Header("cf-connecting-ip", {networks:?})"#));
    assert_eq!(format!("{:?}", ClientAddress::peer()), "Peer");
}
