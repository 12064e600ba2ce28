//! The test server itself: what every suite over Redis takes for granted.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, exit};
use std::time::Duration;

use auth_tests::RedisServer;
use auth_tests::redis_server::Reply;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn it_answers_at_its_address() {
    let server = RedisServer::start().await;
    assert_eq!(server.command(&["PING"]).await, status("PONG"));
    assert_eq!(server.url(), format!("redis://127.0.0.1:{}", server.port()));
}

#[tokio::test]
async fn each_kind_of_reply_is_read() {
    let server = RedisServer::start().await;
    let bytes = b"\0\r\n\xff".as_slice();
    assert_eq!(server.command(&[b"SET".as_slice(), b"key", bytes]).await, status("OK"));
    assert_eq!(server.command(&["GET", "key"]).await, Reply::Text(bytes.to_vec()));
    assert_eq!(server.command(&["GET", "none"]).await, Reply::Nil);
    assert_eq!(server.command(&["STRLEN", "key"]).await, Reply::Int(4));
    assert_eq!(
        server.command(&["MGET", "none", "key"]).await,
        Reply::Array(vec![Reply::Nil, Reply::Text(bytes.to_vec())])
    );
    let Reply::Error(message) = server.command(&["LPUSH", "key", "x"]).await else { panic!("not an error") };
    assert!(message.starts_with("WRONGTYPE "), "{message}");
}

#[tokio::test]
async fn two_servers_have_nothing_in_common() {
    let (one, other) = tokio::join!(RedisServer::start(), RedisServer::start());
    one.command(&["SET", "key", "one"]).await;
    assert_eq!(other.command(&["GET", "key"]).await, Reply::Nil);
    drop(other);
    assert_eq!(one.command(&["GET", "key"]).await.into_text(), "one");
}

#[tokio::test]
async fn options_are_taken() {
    let server = RedisServer::start_with(&[("maxmemory", "4mb"), ("requirepass", "a-password")]).await;
    let Reply::Array(option) = server.command(&["CONFIG", "GET", "maxmemory"]).await else {
        panic!("no option")
    };
    assert_eq!(option[1], Reply::Text((4 * 1024 * 1024).to_string().into_bytes()));
    assert_eq!(server.url(), format!("redis://:a-password@127.0.0.1:{}", server.port()));
}

#[tokio::test]
async fn a_server_that_refuses_to_start_fails_the_test_with_its_log() {
    let start = tokio::spawn(async { RedisServer::start_with(&[("maxmemory", "plenty")]).await });
    let panic = start.await.unwrap_err().into_panic();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("argument must be a memory value"), "{message}");
}

#[tokio::test]
async fn a_paused_server_answers_when_it_is_resumed() {
    let server = RedisServer::start().await;
    server.pause();
    server.pause();
    let ping = server.command(&["PING"]);
    tokio::pin!(ping);
    assert!(timeout(Duration::from_millis(200), &mut ping).await.is_err());
    server.resume();
    assert_eq!(ping.await, status("PONG"));
}

#[tokio::test]
async fn a_killed_server_restarts_empty_on_its_port() {
    let mut server = RedisServer::start().await;
    let port = server.port();
    server.command(&["SET", "key", "value"]).await;
    server.kill();
    assert!(!listens(port));
    server.restart().await;
    assert_eq!(server.port(), port);
    assert_eq!(server.command(&["GET", "key"]).await, Reply::Nil);
}

#[tokio::test]
async fn a_restart_waits_for_its_port() {
    let mut server = RedisServer::start().await;
    server.kill();
    let squatter = TcpListener::bind((Ipv4Addr::LOCALHOST, server.port())).await.unwrap();
    let free_the_port = async {
        let _left_without_an_answer = squatter.accept().await.unwrap();
        // This one comes from the second attempt: the first has found the port taken.
        squatter.accept().await.unwrap();
        drop(squatter);
    };
    tokio::join!(server.restart(), free_the_port);
    assert_eq!(server.command(&["PING"]).await, status("PONG"));
}

#[tokio::test]
async fn a_persistent_server_restarts_with_its_data() {
    let mut server = RedisServer::start_persistent().await;
    server.command(&["SET", "key", "value"]).await;
    server.restart().await;
    assert_eq!(server.command(&["GET", "key"]).await.into_text(), "value");
}

#[tokio::test]
async fn commands_are_counted_those_of_scripts_too() {
    let server = RedisServer::start().await;
    server.command(&["HSET", "before", "field", "value"]).await;
    let (reply, counts) = server
        .count_commands(async {
            server.command(&["CLIENT", "SETNAME", "test"]).await;
            server.command(&["GET", "key"]).await;
            server.command(&["GET", "key"]).await;
            server.command(&["EVAL", "return redis.call('HGET', KEYS[1], 'field')", "1", "before"]).await
        })
        .await;
    assert_eq!(reply.into_text(), "value");
    let counts: Vec<(&str, u64)> = counts.iter().map(|(command, calls)| (&**command, *calls)).collect();
    assert_eq!(counts, [("eval", 1), ("get", 2), ("hget", 1)]);
}

#[tokio::test]
async fn it_ends_with_the_value_even_when_paused() {
    let server = RedisServer::start().await;
    let port = server.port();
    server.pause();
    drop(server);
    assert!(!listens(port));
}

/// Runs itself once more in a process that exits while its server is alive.
#[tokio::test]
async fn it_ends_with_a_process_that_drops_nothing() {
    const PORT_FILE: &str = "AUTH_TESTS_PORT_FILE";
    if let Some(file) = std::env::var_os(PORT_FILE) {
        let server = RedisServer::start().await;
        fs::write(file, server.port().to_string()).unwrap();
        exit(0);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("port");
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "it_ends_with_a_process_that_drops_nothing"]).env(PORT_FILE, &file);
    assert!(test.output().unwrap().status.success());
    let port = fs::read_to_string(&file).unwrap().parse().unwrap();
    let gone = async {
        while listens(port) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(10), gone).await.unwrap();
}

fn status(word: &str) -> Reply {
    Reply::Status(word.to_owned())
}

fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}
