//! What nodes say, read.
#![allow(clippy::unwrap_used)]

use std::sync::Once;

use fred::error::ErrorKind;

use super::*;
use crate::keys::Keys;

fn address(url: &str) -> Address {
    Address::parse(url).unwrap()
}

fn redirect(said: &'static str) -> Option<Redirect> {
    Redirect::read(&Error::new(ErrorKind::Cluster, said), &address("redis://asked:7000"))
}

#[test]
fn a_node_sends_on_to_another() {
    assert_eq!(redirect("MOVED 3999 10.0.0.1:6381"), Some(Redirect::Moved("10.0.0.1".to_owned(), 6381)));
    assert_eq!(redirect("ASK 3999 fe80::1:6381"), Some(Redirect::Ask("fe80::1".to_owned(), 6381)));
    assert_eq!(redirect("MOVED 3999 :6381"), Some(Redirect::Moved("asked".to_owned(), 6381)));
    for said in [
        "CLUSTERDOWN The cluster is down",
        "TRYAGAIN Multiple keys",
        "MOVED",
        "MOVED 3999 nowhere",
        "ASK 1 host:port",
    ] {
        assert_eq!(redirect(said), None, "{said}");
    }
}

fn entry(first: i64, last: i64, host: Value, port: i64) -> Value {
    let primary = Value::Array(vec![host, port.into(), "an id".into()]);
    Value::Array(vec![first.into(), last.into(), primary])
}

#[test]
fn slots_are_read_and_a_node_without_a_name_is_the_one_that_was_asked() {
    let answer =
        Value::Array(vec![entry(0, 5460, "10.0.0.1".into(), 7000), entry(5461, 16383, Value::Null, 7001)]);
    let read = owned(&answer, "asked").unwrap();
    let [one, other] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!(*one, (Slots { first: 0, last: 5460 }, "10.0.0.1".to_owned(), 7000));
    assert_eq!(*other, (Slots { first: 5461, last: 16383 }, "asked".to_owned(), 7001));
}

#[test]
fn what_cannot_be_read_is_no_map() {
    let half = Value::Array(vec![entry(0, 1, "one".into(), 7000), Value::Array(vec![2.into()])]);
    for answer in
        [Value::Null, Value::Array(Vec::new()), half, Value::Array(vec![entry(0, 99_999, "one".into(), 1)])]
    {
        assert_eq!(owned(&answer, "asked"), None, "{answer:?}");
    }
}

#[tokio::test]
async fn a_node_for_which_the_cluster_is_down_is_asked_last() {
    let settings = Arc::new(Settings {
        keys: Keys::new("auth:".to_owned()),
        connect_timeout: Duration::from_secs(1),
        command_timeout: Duration::from_secs(1),
        heartbeat: Duration::from_mins(1),
        nodes: true,
        server_key: Arc::default(),
        near: None,
        untold: Arc::new(Once::new()),
    });
    let names = ["redis://127.0.0.1:1", "redis://127.0.0.1:2", "redis://127.0.0.1:3"];
    let mut map = Map::default();
    for name in names {
        let place = Arc::new(Place::new(address(name), Arc::clone(&settings)));
        let node = Node::new(Arc::clone(&place), Connection::start(place));
        map.nodes.insert(node.place.address.server.clone(), Arc::new(node));
    }
    let in_turn = |map: &Map| map.in_turn().iter().map(|node| node.place.address.server.clone()).collect();
    let before: Vec<String> = in_turn(&map);
    map.doubted.insert(before[0].clone());
    let after: Vec<String> = in_turn(&map);
    assert_eq!(after, [before[1].clone(), before[2].clone(), before[0].clone()]);
}
