//! Where histories take place: several programs with one store, whose time can be moved.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use auth_core::events::EventKind;
use auth_core::session::Tag;
use auth_core::store::{Clock, MemoryStore, Timestamp};
use auth_core::testing::{ManualClock, Steps};
use auth_core::{Auth, Policy, SessionLimit, SessionStore, WhenFull};
use auth_redis::RedisStore;
use auth_tests::app::User;
use auth_tests::redis_server::{RedisServer, Reply};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use tokio::runtime::Runtime;

/// As many histories as each law is tried on, in memory and in Redis, unless `AUTH_HISTORIES` says how many.
const IN_MEMORY: u32 = 2_000;
const IN_REDIS: u32 = 150;

/// In one history there are so many principals.
pub(super) const PRINCIPALS: u64 = 3;

pub(super) const IDLE: Duration = Duration::from_mins(30);
pub(super) const ABSOLUTE: Duration = Duration::from_hours(1);

const PROGRAMS: usize = 2;

/// Several programs with one store.
pub(super) struct World {
    programs: Vec<Steps<User>>,
    turn: Cell<usize>,
    time: Time,
    told: Arc<Mutex<Vec<EventKind>>>,
    /// The first principal of the history that is under way.
    first: Cell<u64>,
}

/// How time passes.
enum Time {
    Moved(ManualClock),
    /// Redis has a clock of its own: it goes on, and what it keeps is made older.
    Aged {
        redis: RedisServer,
        begin: Instant,
        added: RefCell<Duration>,
    },
}

impl World {
    /// With sessions in memory, of a store that is made from the one that is as it should be.
    pub(super) fn memory<S: SessionStore>(store: impl FnOnce(MemoryStore) -> S) -> Self {
        let clock = ManualClock::default();
        let store = Arc::new(store(MemoryStore::with_clock(clock.clone())));
        Self::of([(); PROGRAMS].map(|()| Arc::clone(&store)), Time::Moved(clock))
    }

    /// With sessions in a Redis of its own, each program with its own connection.
    pub(super) async fn redis() -> Self {
        let redis = RedisServer::start().await;
        let mut stores = Vec::new();
        for _ in 0..PROGRAMS {
            let patient = RedisStore::builder(redis.url()).command_timeout(Duration::from_secs(30));
            stores.push(patient.connect().await.unwrap());
        }
        Self::of(stores, Time::Aged { redis, begin: Instant::now(), added: RefCell::default() })
    }

    fn of<S: SessionStore>(stores: impl IntoIterator<Item = S>, time: Time) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let limit = SessionLimit { sessions: 3.try_into().unwrap(), when_full: WhenFull::EndOldest };
        let policy = Policy::new(IDLE, ABSOLUTE).unwrap().with_limit(limit).unwrap();
        let program = |store| {
            let told = Arc::clone(&told);
            let auth = Auth::<User>::testing(store).with_throttle(None).with_policy(policy);
            Steps(auth.on_event(move |event| told.lock().unwrap().push(event.kind)))
        };
        let programs = stores.into_iter().map(program).collect();
        World { programs, turn: Cell::default(), time, told, first: Cell::default() }
    }

    /// Another history begins, with principals that nothing is known of.
    pub(super) fn begin(&self) {
        self.first.set(self.first.get() + PRINCIPALS);
        self.told.lock().unwrap().clear();
    }

    /// One of the principals of this history.
    pub(super) fn principal(&self, n: u64) -> u64 {
        self.first.get() + n
    }

    pub(super) fn user(&self, n: u64) -> User {
        User::renamed(self.principal(n), "somebody@example.com")
    }

    /// A program: another one each time.
    pub(super) fn program(&self) -> &Steps<User> {
        self.turn.set(self.turn.get() + 1);
        &self.programs[self.turn.get() % PROGRAMS]
    }

    pub(super) fn programs(&self) -> &[Steps<User>] {
        &self.programs
    }

    /// Waits until activity has been noted.
    pub(super) async fn settled(&self) {
        for program in &self.programs {
            program.settled().await;
        }
    }

    pub(super) async fn pass(&self, by: Duration) {
        match &self.time {
            Time::Moved(clock) => clock.advance(by),
            Time::Aged { redis, added, .. } => {
                for n in 0..PRINCIPALS {
                    let key = format!("auth:{}", Tag::of("user", &self.principal(n).to_string()));
                    let by = by.as_millis().to_string();
                    let aged = redis.command(&["EVAL", include_str!("age.lua"), "1", &key, &by]).await;
                    assert!(matches!(aged, Reply::Int(_)), "{aged:?}");
                }
                *added.borrow_mut() += by;
            }
        }
    }

    /// Between two steps: what begins later is told from what began before a fence.
    pub(super) async fn tick(&self, fenced: bool) {
        match &self.time {
            Time::Moved(clock) => clock.advance(Duration::from_millis(1)),
            // More than a program can be wrong about the server's clock.
            Time::Aged { .. } if fenced => tokio::time::sleep(Duration::from_millis(5)).await,
            Time::Aged { .. } => {}
        }
    }

    /// The time that has passed.
    pub(super) fn now(&self) -> Timestamp {
        match &self.time {
            Time::Moved(clock) => clock.now(),
            Time::Aged { begin, added, .. } => Timestamp::default() + begin.elapsed() + *added.borrow(),
        }
    }

    pub(super) fn was_told(&self, kind: &EventKind) -> bool {
        self.told.lock().unwrap().contains(kind)
    }
}

pub(super) type Verdict = Result<(), TestCaseError>;

/// Tries a law on histories, in memory and in Redis.
pub(super) fn everywhere<T: Debug>(
    histories: &impl Strategy<Value = T>,
    law: &impl AsyncFn(&World, &T) -> Verdict,
) {
    let runtime = runtime();
    let asked = std::env::var("AUTH_HISTORIES").ok().map(|n| n.parse().unwrap());
    for (world, usual) in
        [(World::memory(|store| store), IN_MEMORY), (runtime.block_on(World::redis()), IN_REDIS)]
    {
        let config = ProptestConfig {
            cases: asked.unwrap_or(usual),
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let law = |history| runtime.block_on(law(&world, &history));
        if let Err(broken) = TestRunner::new(config).run(histories, law) {
            panic!("{broken}");
        }
    }
}

pub(super) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
