//! Commands share a connection without waiting for each other's answers.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use auth_core::SessionStore;
use support::{RedisServer, a_principal, activity, open};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

mod support;

/// A way to a server on which answers wait for as long as it is shut; the port that it begins at.
async fn way_to(server: &RedisServer, is_open: watch::Receiver<bool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (from, to) = (listener.local_addr().unwrap().port(), server.port());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            let ((from_client, to_client), (from_server, to_server)) =
                (client.into_split(), server.into_split());
            tokio::spawn(pass(from_client, to_server, watch::channel(true).1));
            tokio::spawn(pass(from_server, to_client, is_open.clone()));
        }
    });
    from
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut is_open: watch::Receiver<bool>) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        // Who has sent it that it is open may be gone.
        is_open.wait_for(|is_open| *is_open).await.ok();
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}

/// How often activity was noted, or a session opened.
async fn prolonged(server: &RedisServer) -> u64 {
    server.command_stats().await.get("pexpireat").copied().unwrap_or_default()
}

#[tokio::test]
async fn the_activity_of_many_sessions_is_sent_before_the_first_answer_comes() {
    const SESSIONS: u64 = 50;
    let server = RedisServer::start().await;
    let (shut, is_open) = watch::channel(true);
    let port = way_to(&server, is_open).await;
    let url = format!("redis://127.0.0.1:{port}");
    let store = auth_redis::RedisStore::builder(url).command_timeout(Duration::from_mins(1)).connect().await;
    let store = store.unwrap();
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        let at = a_principal();
        sessions.push((at, open(&store, at).await));
    }

    let before = prolonged(&server).await;
    shut.send_replace(false);
    let touches: Vec<_> = sessions
        .into_iter()
        .map(|(at, new)| {
            let store = store.clone();
            tokio::spawn(async move { store.touch(at, new.id, activity(new.verifier)).await })
        })
        .collect();
    let begin = Instant::now();
    while prolonged(&server).await < before + SESSIONS {
        assert!(begin.elapsed() < Duration::from_secs(30), "they wait for each other");
    }
    assert!(touches.iter().all(|touch| !touch.is_finished()), "no answer has come");
    shut.send_replace(true);
    for touch in touches {
        assert!(touch.await.unwrap().unwrap());
    }
}
