//! A relay before a server, which can stop passing on what one side sends: a network that drops packets.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test without its relay must fail")]

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a relay does with what it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passing {
    /// It passes everything on.
    #[default]
    All,
    /// What the server says is lost; it is sent what clients say.
    ToServer,
    /// What clients say is lost.
    ToClient,
    /// What the server says is passed on as soon as everything is again; nothing is lost.
    Later,
    /// Everything, but the wish to be told of changes (`CLIENT TRACKING`) becomes another one, which is granted as well.
    Untold,
}

/// A relay on a free port of 127.0.0.1; it ends with the value, and its connections with it.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    passing: watch::Sender<Passing>,
    task: JoinHandle<()>,
}

impl Relay {
    /// A relay to a port of 127.0.0.1.
    pub async fn to(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("127.0.0.1 has a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let (passing, seen) = watch::channel(Passing::All);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, server, seen.clone()));
            }
        });
        Relay { port, passing, task }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on, for connections that are open too. What was lost stays lost, and such a connection is of no use
    /// any more.
    pub fn pass(&self, passing: Passing) {
        self.passing.send_replace(passing);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn replace<const N: usize>(bytes: &mut [u8], this: &[u8; N], by: &[u8; N]) {
    while let Some(at) = bytes.windows(N).position(|found| found == this) {
        bytes[at..at + N].copy_from_slice(by);
    }
}

async fn relay(client: TcpStream, server: u16, mut seen: watch::Receiver<Passing>) {
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let is_now = *seen.borrow_and_update() != Passing::Later;
        tokio::select! {
            changed = seen.changed() => if changed.is_err() { return },
            read = from_client.read(&mut up) => {
                let Ok(length @ 1..) = read else { return };
                if *seen.borrow() == Passing::Untold {
                    replace(&mut up[..length], b"TRACKING", b"NO-EVICT");
                }
                if *seen.borrow() != Passing::ToClient && to_server.write_all(&up[..length]).await.is_err() {
                    return;
                }
            }
            read = from_server.read(&mut down), if is_now => {
                let Ok(length @ 1..) = read else { return };
                if *seen.borrow() != Passing::ToServer && to_client.write_all(&down[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
