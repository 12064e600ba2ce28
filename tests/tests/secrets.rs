//! The token and the password are nowhere but where they belong: a cookie's in no body and no header but `Set-Cookie`, a
//! bearer token in the one answer that gives it, and none in a log line at any level, in Debug output, or in anything that
//! Redis keeps.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "secrets/bearer.rs"]
mod bearer;

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use auth_core::Secret;
use auth_tests::app::PASSWORD;
use auth_tests::redis_server::Reply;
use auth_tests::world::{USER, enter, sign_in};
use auth_tests::{Answer, RedisServer, World};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// What the whole process logs from now on.
    fn all() -> Self {
        static ALL: OnceLock<Lines> = OnceLock::new();
        let lines = ALL.get_or_init(|| {
            let lines = Lines::default();
            tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).init();
            tracing::info!("the log is being read");
            lines
        });
        lines.clone()
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

/// What must not be seen of a token (tag 12, family 16, secret 32 bytes): the family and the secret as text.
fn texts_of(token: &str) -> [String; 2] {
    [token[16..37].to_owned(), token[38..].to_owned()]
}

/// The same as bytes.
fn bytes_of(token: &str) -> [Vec<u8>; 2] {
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    [bytes[12..28].to_vec(), bytes[28..].to_vec()]
}

#[tokio::test]
async fn no_secret_is_seen_anywhere() {
    let lines = Lines::all();
    let mut world = World::redis().await;
    let mut client = world.client();
    let mut tokens = Vec::new();
    let mut answers: Vec<Answer> = Vec::new();

    answers.push(
        client.post_json("/user/login", &json!({ "email": "ann@example.com", "password": PASSWORD })).await,
    );
    tokens.push(client.cookie(USER).to_owned());
    answers
        .push(client.post_json("/user/login", &json!({ "email": "x", "password": "wrong-hunter2" })).await);
    answers.push(client.post_json("/user/login", &json!({ "email": 1, "password": "wrong-hunter2" })).await);
    answers.push(sign_in(&mut client, "broken@example.com").await);
    for path in ["/orders", "/user/session", "/user/me", "/maybe"] {
        answers.push(client.get(path).await);
    }
    answers.push(client.post("/user/refresh").await);
    tokens.push(client.cookie(USER).to_owned());
    answers.push(client.get("/orders").await);
    let mut stale = client.clone();
    let mut forged = client.cookie(USER).to_owned();
    forged.replace_range(50..60, "AAAAAAAAAA");
    stale.cookies.insert(USER.to_owned(), forged);
    answers.push(stale.get("/orders").await);
    answers.push(enter(&mut client, 7).await);

    let kept = kept_by(world.redis.as_ref().unwrap()).await;

    // And when it is out of order.
    answers.push(client.post("/user/logout").await);
    world.redis.as_mut().unwrap().kill();
    answers.push(client.get("/maybe").await);
    answers.push(sign_in(&mut client, "ann@example.com").await);

    let log = lines.text();
    assert!(log.contains("the log is being read") && log.contains("signed_in"), "the log was not read");
    assert!(kept.windows(15).any(|bytes| bytes == b"ann@example.com"), "what Redis keeps was not read");
    for secret in tokens.iter().flat_map(|token| bytes_of(token)) {
        assert!(!kept.windows(secret.len()).any(|bytes| bytes == secret), "in Redis");
    }
    let passwords = [PASSWORD.to_owned(), "hunter2".to_owned()];
    for secret in tokens.iter().flat_map(|token| texts_of(token)).chain(passwords) {
        assert!(!log.contains(&secret), "in the log: {}", line_with(&log, &secret));
        for answer in &answers {
            assert!(!answer.body.contains(&secret), "in a body: {answer:?}");
            for (name, value) in &answer.headers {
                let seen = String::from_utf8_lossy(value.as_bytes()).contains(&secret);
                assert!(!seen || name == "set-cookie", "in a header: {answer:?}");
            }
        }
    }
}

/// All keys, and what is under them.
async fn kept_by(redis: &RedisServer) -> Vec<u8> {
    let Reply::Array(keys) = redis.command(&["KEYS", "*"]).await else { panic!("no keys") };
    let mut kept = Vec::new();
    for key in keys {
        let Reply::Text(key) = key else { panic!("no key") };
        let dump = redis.command(&[b"DUMP".as_slice(), &key]).await;
        kept.extend(key);
        if let Reply::Text(dump) = dump {
            kept.extend(dump);
        }
    }
    kept
}

fn line_with<'a>(log: &'a str, secret: &str) -> &'a str {
    log.lines().find(|line| line.contains(secret)).unwrap_or_default()
}

#[test]
fn debug_output_shows_no_secret() {
    let secret = Secret::from("hunter2".to_owned());
    let key: auth_core::ServerKey = "q8Yk2uQnBf3mJX0d1q7gS0E0m0sWcYbV4k9mE6t2c1A".parse().unwrap();
    let shown = format!("{secret:?} {:?} {key:?}", Some(&secret));
    assert_eq!(shown, "Secret(…) Some(Secret(…)) ServerKey(…)");
}
