//! What a connection does by itself, while nobody asks for anything.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use super::*;
use crate::redis_server::RedisServer;

const BEAT: Duration = Duration::from_millis(100);

async fn open(server: &RedisServer) -> (Arc<Place>, Connection) {
    let settings = Settings {
        keys: Keys::new(String::new()),
        connect_timeout: BEAT,
        command_timeout: BEAT,
        heartbeat: BEAT,
        nodes: false,
        server_key: Arc::default(),
        near: None,
        untold: Arc::new(Once::new()),
    };
    let place = Arc::new(Place::new(Address::parse(&server.url()).unwrap(), Arc::new(settings)));
    let connection = Connection::open(Arc::clone(&place)).await.unwrap();
    (place, connection)
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(10), "waited in vain: {what}");
        sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn an_idle_connection_keeps_asking_for_the_time() {
    let server = RedisServer::start().await;
    let (place, _connection) = open(&server).await;
    let ((), counts) = server.count_commands(sleep(10 * BEAT)).await;
    assert!((5..=11).contains(&counts["time"]), "{counts:?}");
    assert!(place.clock.age() < 2 * BEAT);
}

#[tokio::test]
async fn a_connection_that_tells_the_time_is_not_asked_for_it() {
    let server = RedisServer::start().await;
    let (place, _connection) = open(&server).await;
    let ((), counts) = server
        .count_commands(async {
            for _ in 0..50 {
                sleep(BEAT / 10).await;
                place.clock.note(Moment::now(), place.clock.now());
            }
        })
        .await;
    assert_eq!(counts.get("time"), None);
}

#[tokio::test]
async fn a_silent_server_is_noticed_without_a_request_and_again_when_it_speaks() {
    let server = RedisServer::start().await;
    let (_place, connection) = open(&server).await;
    server.pause();
    until("it is down", || connection.link().is_err()).await;
    server.resume();
    until("it is up", || connection.link().is_ok()).await;
}

#[tokio::test]
async fn nothing_is_left_of_a_connection_that_nobody_waits_for() {
    let server = RedisServer::start().await;
    let (_place, connection) = open(&server).await;
    server.pause();
    until("it is down", || connection.link().is_err()).await;
    drop(connection);
    server.resume();
    let begin = Instant::now();
    while server.command(&["CLIENT", "LIST"]).await.into_text().lines().count() > 1 {
        assert!(begin.elapsed() < Duration::from_secs(10), "a connection is left");
        sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_time_that_is_none_is_an_error() {
    let list = |values: &[&str]| Value::Array(values.iter().map(|value| Value::from(*value)).collect());
    assert_eq!(read_time(&list(&["1700000000", "5"])), Some(Timestamp::from_micros(1_700_000_000_000_005)));
    let wrong = [Value::Null, list(&["1700000000"]), list(&["1", "x"]), list(&["18446744073709551615", "0"])];
    assert!(wrong.iter().all(|value| read_time(value).is_none()));
}

#[test]
fn pauses_are_not_all_the_same_and_never_longer() {
    let pauses: Vec<_> = (0..100).map(|_| jittered(BEAT)).collect();
    assert!(pauses.iter().all(|pause| (BEAT / 2..=BEAT).contains(pause)));
    assert!(pauses.iter().any(|pause| *pause != pauses[0]));
}

#[test]
fn a_near_cache_is_forgone_for_want_of_the_right_or_the_command_only() {
    for reason in [
        "NOPERM this user has no permissions to run the 'client|tracking' command",
        "NOPROTO unsupported protocol version",
        "ERR unknown command 'HELLO'",
        "ERR Unknown subcommand or wrong number of arguments for 'TRACKING'. Try CLIENT HELP",
    ] {
        assert!(knows_no_tracking(reason), "{reason}");
    }
    for reason in
        ["LOADING Redis is loading the dataset in memory", "WRONGPASS invalid username-password pair"]
    {
        assert!(!knows_no_tracking(reason), "{reason}");
    }
}
