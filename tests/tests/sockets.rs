//! What outlives its request, over real sockets, a WebSocket or server-sent events: it closes when its session ends,
//! wherever that was ended, and no page of another origin opens a WebSocket.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeMap,
    convert::Infallible,
    time::{Duration, Instant},
};

use auth_core::{AllowedOrigins, Policy, Session};
use auth_redis::RedisStore;
use auth_tests::{
    Client, RedisServer, Server, World,
    app::{App, User},
    world::sign_in,
};
use axum::{
    Router,
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    response::{IntoResponse, Response, Sse, sse::Event},
    routing::{any, get},
};
use futures_util::{SinkExt, StreamExt, stream};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, client::IntoClientRequest, http::HeaderValue},
};

/// Below the least time between two polls, so that what comes in it was pushed.
const PATIENCE: Duration = Duration::from_secs(10);

const SECOND: Duration = Duration::from_secs(1);

/// The program under test, and what outlives its requests.
async fn serve(app: &App) -> Server {
    let lasting = Router::new().route("/live", any(live)).route("/events", get(events));
    Server::start(app.clone().routes().merge(lasting.with_state(app.clone()))).await
}

/// Says everything back.
async fn live(session: Session<User>, upgrade: WebSocketUpgrade) -> Response {
    let ended = session.ended();
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        tokio::pin!(ended);
        loop {
            tokio::select! {
                how = &mut ended => {
                    let frame = CloseFrame { code: close_code::POLICY, reason: format!("{how:?}").into() };
                    socket.send(Message::Close(Some(frame))).await.ok();
                    return;
                }
                message = socket.recv() => match message {
                    Some(Ok(message)) => socket.send(message).await.unwrap_or_default(),
                    _ => return,
                },
            }
        }
    })
}

async fn events(session: Session<User>) -> impl IntoResponse {
    let hello = stream::iter([Ok::<_, Infallible>(Event::default().data("hello"))]);
    Sse::new(hello.chain(stream::pending()).take_until(session.ended()))
}

/// Headers of a request.
type Headers<'a> = &'a [(&'static str, &'a str)];

/// A WebSocket, as its client has it.
struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens one with the cookies of a client and further headers; else the status of the refusal.
    async fn open(server: &Server, client: &Client, headers: Headers<'_>) -> Result<Self, u16> {
        let mut request = format!("ws://{}/live", server.address()).into_client_request().unwrap();
        let cookies: Vec<_> = client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = ("cookie", cookies.join("; "));
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        for (name, value) in headers.chain([cookies]) {
            request.headers_mut().insert(name, HeaderValue::try_from(value).unwrap());
        }
        let stream = TcpStream::connect(server.address()).await.unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(tungstenite::Error::Http(refusal)) => Err(refusal.status().as_u16()),
            Err(error) => panic!("no handshake: {error}"),
        }
    }

    async fn of(server: &Server, client: &Client) -> Self {
        Self::open(server, client, &[]).await.unwrap()
    }

    /// It is open: what is said comes back.
    async fn assert_open(&mut self) {
        self.0.send("are you there?".into()).await.unwrap();
        let answer = timeout(PATIENCE, self.0.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(answer, "are you there?".into());
    }

    /// Why the program closed it.
    async fn closed(&mut self) -> String {
        let message = timeout(PATIENCE, self.0.next()).await.expect("the socket stays open").unwrap();
        match message.unwrap() {
            tungstenite::Message::Close(Some(frame)) => frame.reason.to_string(),
            other => panic!("found {other:?} instead of a close frame"),
        }
    }
}

/// Two programs on one Redis.
struct Two {
    redis: RedisServer,
    here: Server,
    there: Server,
    app: App,
}

impl Two {
    async fn on(redis: RedisServer) -> Self {
        let mut apps = Vec::new();
        for _ in 0..2 {
            let store = RedisStore::connect(redis.url()).await.unwrap();
            apps.push(App::new(store.clone(), store));
        }
        let (here, there) = (serve(&apps[0]).await, serve(&apps[1]).await);
        Two { redis, here, there, app: apps.remove(0) }
    }

    /// A client of the first program that has signed in as user 7, and a socket of its in the second.
    async fn ann(&self) -> (Client, Socket) {
        let client = signed_in(&self.here).await;
        let mut socket = Socket::of(&self.there, &client).await;
        socket.assert_open().await;
        (client, socket)
    }
}

async fn signed_in(server: &Server) -> Client {
    let mut client = server.client();
    assert_eq!(sign_in(&mut client, "ann@example.com").await.status, 200);
    client
}

#[tokio::test]
async fn signing_out_closes_the_sockets_and_streams_of_this_session_and_of_no_other() {
    World::each(async |world| {
        let server = serve(&world.app).await;
        let (mut client, other) = (signed_in(&server).await, signed_in(&server).await);
        let (mut socket, mut second) =
            (Socket::of(&server, &client).await, Socket::of(&server, &client).await);
        let mut kept = Socket::of(&server, &other).await;
        let mut events = client.request(reqwest::Method::GET, "/events").send().await.unwrap();
        assert_eq!(events.status(), 200);
        assert_eq!(events.chunk().await.unwrap().unwrap(), "data: hello\n\n");

        assert_eq!(client.post("/user/refresh").await.status, 200);
        socket.assert_open().await;
        assert_eq!(client.post("/user/logout").await.status, 204);
        assert_eq!(socket.closed().await, "Early");
        assert_eq!(second.closed().await, "Early");
        assert_eq!(timeout(PATIENCE, events.chunk()).await.unwrap().unwrap(), None);
        kept.assert_open().await;
    })
    .await;
}

#[tokio::test]
async fn an_end_in_one_program_closes_the_sockets_in_another() {
    let two = Two::on(RedisServer::start().await).await;
    let (mut client, mut socket) = two.ann().await;
    let (another, mut second) = two.ann().await;
    let (_, mut third) = two.ann().await;
    let mut events = two.there.client();
    events.cookies.clone_from(&another.cookies);
    let mut events = events.request(reqwest::Method::GET, "/events").send().await.unwrap();
    assert_eq!(events.chunk().await.unwrap().unwrap(), "data: hello\n\n");

    assert_eq!(client.post("/user/logout").await.status, 204);
    assert_eq!(socket.closed().await, "Early");
    second.assert_open().await;
    third.assert_open().await;

    assert_eq!(two.app.users.end_all(&7).await.unwrap(), 2);
    assert_eq!(second.closed().await, "Early");
    assert_eq!(third.closed().await, "Early");
    assert_eq!(timeout(PATIENCE, events.chunk()).await.unwrap().unwrap(), None);
}

#[tokio::test]
async fn a_session_that_is_only_talked_to_over_a_socket_expires_and_it_closes() {
    let short = Policy::new(5 * SECOND, 20 * SECOND).unwrap();
    World::each(async |world| {
        let mut app = world.app.clone();
        app.users = app.users.with_policy(short);
        let server = serve(&app).await;
        let begin = Instant::now();
        let client = signed_in(&server).await;
        let mut socket = Socket::of(&server, &client).await;
        socket.assert_open().await;
        assert_eq!(socket.closed().await, "Expired");
        assert_took(begin, short.idle());
    })
    .await;
}

#[tokio::test]
async fn the_absolute_limit_closes_a_socket_whatever_is_done() {
    let short = Policy::new(5 * SECOND, 8 * SECOND).unwrap();
    World::each(async |world| {
        let mut app = world.app.clone();
        app.users = app.users.with_policy(short);
        let server = serve(&app).await;
        let begin = Instant::now();
        let mut client = signed_in(&server).await;
        let mut socket = Socket::of(&server, &client).await;
        let closed = tokio::spawn(async move { socket.closed().await });
        while !closed.is_finished() {
            client.get("/orders").await;
            sleep(SECOND / 10).await;
        }
        assert_eq!(closed.await.unwrap(), "Expired");
        assert_took(begin, short.absolute());
    })
    .await;
}

/// Not shorter, but for what is known of another machine's clock while this one is busy.
fn assert_took(begin: Instant, least: Duration) {
    let took = begin.elapsed();
    assert!(took + SECOND >= least, "{took:?}");
}

#[tokio::test]
async fn while_redis_is_gone_nothing_closes_and_when_it_is_back_ends_are_heard_of() {
    let mut two = Two::on(RedisServer::start_persistent().await).await;
    let (mut client, mut socket) = two.ann().await;
    let (_, mut second) = two.ann().await;
    two.redis.kill();
    sleep(3 * SECOND).await;
    assert_eq!(client.post("/user/logout").await.status, 503);
    socket.assert_open().await;
    second.assert_open().await;

    two.redis.restart().await;
    until_status(&mut client, "/orders", 200).await;
    socket.assert_open().await;
    assert_eq!(client.post("/user/logout").await.status, 204);
    assert_eq!(socket.closed().await, "Early");
    second.assert_open().await;
}

#[tokio::test]
async fn what_ended_while_nobody_heard_of_it_closes_when_redis_is_back() {
    let mut two = Two::on(RedisServer::start().await).await;
    let (mut client, mut socket) = two.ann().await;
    // It comes back empty.
    two.redis.restart().await;
    assert_eq!(socket.closed().await, "Early");
    until_status(&mut client, "/orders", 401).await;
}

async fn until_status(client: &mut Client, path: &str, status: u16) {
    let begin = Instant::now();
    while client.get(path).await.status != status {
        assert!(begin.elapsed() < PATIENCE, "no {status}");
        sleep(SECOND / 50).await;
    }
}

#[tokio::test]
async fn a_page_of_another_origin_opens_no_socket() {
    let mut world = World::memory().await;
    let partner = AllowedOrigins::new(["https://partner.example"]).unwrap();
    world.app.users = world.app.users.with_allowed_origins(partner);
    let server = serve(&world.app).await;
    let client = signed_in(&server).await;
    let own = format!("http://{}", server.address());
    let other_port = format!("http://127.0.0.1:{}", server.address().port() ^ 1);
    let cases: [(Headers<'_>, Result<(), u16>); 10] = [
        (&[("origin", &own)], Ok(())),
        (&[("origin", &own), ("sec-fetch-site", "same-origin")], Ok(())),
        (&[("origin", "https://partner.example"), ("sec-fetch-site", "cross-site")], Ok(())),
        (&[], Ok(())),
        (&[("origin", "https://evil.example")], Err(403)),
        (&[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")], Err(403)),
        (&[("origin", &other_port)], Err(403)),
        (&[("origin", "null")], Err(403)),
        (&[("origin", &own), ("sec-fetch-site", "same-site")], Err(403)),
        (&[("origin", "https://partner.example.evil.example")], Err(403)),
    ];
    for (headers, expected) in cases {
        match (Socket::open(&server, &client, headers).await, expected) {
            (Ok(mut socket), Ok(())) => socket.assert_open().await,
            (found, expected) => assert_eq!(found.map(|_| ()), expected, "{headers:?}"),
        }
    }
    let stranger = server.client();
    assert_eq!(Socket::open(&server, &stranger, &[("origin", &own)]).await.err(), Some(401));
    assert_eq!(stranger.cookies, BTreeMap::new());
}
