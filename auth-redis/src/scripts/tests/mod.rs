//! The scripts against the pure rules in auth-core: what one does, byte for byte, the other must.
//!
//! A script takes its time from the server. So each step goes to Redis first, and the rules are asked with the time
//! that its reply carries.
#![allow(clippy::unwrap_used)]

use std::{
    fmt::Debug,
    num::NonZeroU16,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use auth_core::{SessionLimit, session::Verifier, store::Began};
use fred::types::Value;
use proptest::{prelude::*, test_runner::TestRunner};

use super::*;
use crate::{
    address::Address,
    connection::read_time,
    keys::Keys,
    link::{Link, Manner, Router},
    redis_server::RedisServer,
    together::{Command, send_all},
};

mod edges;
mod histories;
mod rules;
mod steps;

/// No deadline, and before any login.
const NEVER: Timestamp = Timestamp::from_micros(0);
const MINUTE: Duration = Duration::from_mins(1);

/// A script for a test's own purposes.
const fn aside(source: &'static str) -> Script {
    Script { name: "aside", source, many: None }
}

/// Puts a record where nothing is; the key lives for a thousand seconds.
static PUT: Script = aside(
    "redis.call('DEL', KEYS[1]) redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) \
     return redis.call('PEXPIRE', KEYS[1], 1000000)",
);
static EXPIRY: Script = aside("return redis.call('PEXPIRETIME', KEYS[1])");

/// The current secret's verifier, the previous one's, a successor's, and one of nobody.
fn verifiers() -> [Verifier; 4] {
    [1, 2, 3, 4].map(|byte| Verifier::from_bytes([byte; 16]))
}

fn current() -> Verifier {
    verifiers()[0]
}

fn previous() -> Verifier {
    verifiers()[1]
}

fn next() -> Verifier {
    verifiers()[2]
}

/// A server, and a connection to it.
struct Bench {
    link: Arc<Link>,
    _router: Router,
    server: RedisServer,
    calls: AtomicUsize,
}

impl Bench {
    async fn new() -> Self {
        let server = RedisServer::start().await;
        let address = Address::parse(&server.url()).unwrap();
        let second = Duration::from_secs(1);
        let (mut link, router) = Link::connect(&address, second, second).await.unwrap();
        link.load_scripts().await.unwrap();
        Bench { link: Arc::new(link), _router: router, server, calls: AtomicUsize::new(0) }
    }

    async fn now(&self) -> Timestamp {
        read_time(&self.link.time().await.unwrap()).unwrap()
    }

    /// Calls a script; where it is one for many at once too, every other time that one.
    async fn call(&self, call: &Call) -> Reply {
        let keys = Keys::new(String::new()).on(&call.on);
        let for_many = self.calls.fetch_add(1, Relaxed) % 2 == 1;
        let value = match call.script.many.filter(|_| for_many) {
            Some(many) => {
                let (script, arguments) = (call.script, call.arguments.clone());
                let command = Command::Call { script, many, keys, arguments };
                send_all(&self.link, vec![command]).await.unwrap().remove(0)
            }
            None => self.link.call(call.script, keys, call.arguments.clone(), Manner::Plain).await,
        };
        Reply::read(&value.unwrap()).unwrap()
    }

    /// What is kept; decoded, since that is what the rules speak of.
    async fn kept(&self, at: Tag, id: Uuid) -> Option<Record> {
        let value = self.link.read_field(&key(at)[0], id.as_bytes(), Manner::Plain).await.unwrap();
        value.as_bytes().map(|bytes| {
            let record = Record::decode(bytes).unwrap();
            assert_eq!(record.encode(), bytes, "the bytes are those that auth-core writes");
            record
        })
    }

    async fn put(&self, at: Tag, id: Uuid, record: &Record) {
        self.link
            .call(&PUT, key(at), vec![bytes(id.as_bytes()), bytes(&record.encode())], Manner::Plain)
            .await
            .unwrap();
    }

    /// When the key goes.
    async fn expiry(&self, at: Tag) -> Timestamp {
        let expiry = self.link.call(&EXPIRY, key(at), vec![], Manner::Plain).await.unwrap().as_i64().unwrap();
        Timestamp::from_millis(u64::try_from(expiry).unwrap_or_default())
    }
}

fn key(at: Tag) -> Vec<String> {
    vec![Keys::new(String::new()).principal(at)]
}

fn run<T: Debug>(cases: u32, inputs: &impl Strategy<Value = T>, check: &impl AsyncFn(&Bench, T)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bench = runtime.block_on(Bench::new());
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(inputs, |input| {
            runtime.block_on(check(&bench, input));
            Ok(())
        })
        .unwrap();
}

/// A session to open, of a login that began at any time.
fn a_session(n: u128, sessions: u16, when_full: WhenFull) -> NewSession {
    NewSession {
        id: Uuid::from_u128(n),
        verifier: current(),
        payload: b"payload".to_vec(),
        device: b"a device".to_vec(),
        idle: MINUTE,
        absolute: MINUTE,
        limit: SessionLimit { sessions: NonZeroU16::new(sessions).unwrap(), when_full },
        began: Began(0),
        replace: None,
    }
}
