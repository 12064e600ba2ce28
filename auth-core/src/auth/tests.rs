//! Random histories of a session, by honest browsers, by thieves, and by administrators, against what must hold.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use proptest::{prelude::*, test_runner::TestRunner};

use super::{Auth, engine::Attempt};
use crate::{
    contract::{Carriage, Contract},
    entity::{AuthEntity, EntitySpec},
    events::EventKind,
    policy::{Policy, SessionLimit, WhenFull},
    service::CookiesMemory,
    session::{Device, token::Token},
    store::{Clock, MemoryStore, Timestamp},
};

/// As many histories as CI runs; `AUTH_HISTORIES` asks for more.
const HISTORIES: u32 = 2_000;
/// How long a request may be on its way, and its answer: below the grace time, as R4 asks.
const LONGEST_REQUEST: Duration = Duration::from_secs(29);

struct User(u64);

impl AuthEntity for User {
    type Id = u64;
    type Service = CookiesMemory;
    const SPEC: EntitySpec = EntitySpec::new("user", "/user", "user", Policy::DEFAULT, &["id"], &[]);

    fn principal(&self) -> &u64 {
        &self.0
    }
}

impl Contract for User {
    const CARRIAGE: Carriage<Self> = Carriage { pack: |_| Ok(Vec::new()), unpack: |_| None };
}

#[derive(Clone)]
struct Moved(Arc<Mutex<Timestamp>>);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Users, their sessions, and a clock that is moved.
struct World {
    auth: Auth<User>,
    clock: Moved,
    told: Arc<Mutex<Vec<EventKind>>>,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new() -> Self {
        let clock = Moved(Arc::new(Mutex::new(Timestamp::from_millis(1_767_225_600_000))));
        let told = Arc::new(Mutex::new(Vec::new()));
        let events = Arc::clone(&told);
        let limit = SessionLimit { sessions: 3.try_into().unwrap(), when_full: WhenFull::EndOldest };
        let auth = Auth::<User>::new(MemoryStore::with_clock(clock.clone()))
            .with_throttle(None)
            .with_policy(Policy::DEFAULT.with_limit(limit).unwrap())
            .on_event(move |event| events.lock().unwrap().push(event.kind));
        World { auth, clock, told, runtime: tokio::runtime::Builder::new_current_thread().build().unwrap() }
    }

    /// Runs a step, and what it left to be done behind its back.
    fn run<T>(&self, step: impl Future<Output = T>) -> T {
        self.runtime.block_on(async {
            let result = step.await;
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            result
        })
    }

    fn advance(&self, by: Duration) {
        let mut now = self.clock.0.lock().unwrap();
        *now = *now + by;
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn attempt(&self) -> Attempt {
        self.run(self.auth.attempt("anybody", &Device::default())).unwrap()
    }

    fn sign_in(&self, principal: u64, presented: Option<Token>) -> Token {
        let attempt = self.attempt();
        self.run(self.auth.sign_in(&User(principal), &attempt, presented, &Device::default())).unwrap().1
    }

    fn is_signed_in(&self, token: &Token) -> bool {
        let session = self.run(self.auth.authenticate(token)).unwrap();
        if let Some(session) = &session {
            let info = session.info();
            assert!(info.idle_expires_at <= info.expires_at, "the idle limit has passed the absolute one");
            assert_eq!(info.expires_at - info.created_at, Policy::DEFAULT.absolute());
        }
        session.is_some()
    }

    /// What a browser that refreshes has afterwards; none when it is refused.
    fn refresh(&self, token: &Token) -> Option<Token> {
        let refreshed = self.run(self.auth.refresh(token)).unwrap()?;
        Some(refreshed.successor.unwrap_or_else(|| token.clone()))
    }
}

fn check<T: std::fmt::Debug>(histories: &impl Strategy<Value = T>, law: impl Fn(T)) {
    let cases = std::env::var("AUTH_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(HISTORIES);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(histories, |history| {
            law(history);
            Ok(())
        })
        .unwrap();
}

/// What an honest browser with several tabs does, over a network that delays and loses answers.
#[derive(Clone, Copy, Debug)]
enum Browsing {
    Use,
    /// A request is sent that takes its time.
    Send,
    /// The oldest, or the newest, of those reaches the server.
    Reaches(bool),
    Refresh,
    /// The answer to the oldest, or to the newest, refresh arrives.
    Arrives(bool),
    Lost,
    Later(u64),
}

fn browsing() -> impl Strategy<Value = Vec<Browsing>> {
    let step = prop_oneof![
        3 => Just(Browsing::Use),
        2 => Just(Browsing::Send),
        2 => any::<bool>().prop_map(Browsing::Reaches),
        3 => Just(Browsing::Refresh),
        3 => any::<bool>().prop_map(Browsing::Arrives),
        1 => Just(Browsing::Lost),
        3 => prop_oneof![1..2_000_u64, 9_000..29_000_u64, 29_000..32_000_u64, 59_000..62_000_u64, Just(600_000)]
            .prop_map(Browsing::Later),
    ];
    proptest::collection::vec(step, 1..60)
}

#[test]
fn an_honest_browser_is_never_taken_for_a_thief() {
    check(&browsing(), |history| {
        let world = World::new();
        let opened = world.now();
        let mut jar = world.sign_in(7, None);
        let mut in_flight: Vec<(Timestamp, Token)> = Vec::new();
        let mut on_its_way: Vec<(Timestamp, Token)> = Vec::new();
        let one_of = |many: &Vec<_>, newest| if newest { many.len() - 1 } else { 0 };
        let mut used = opened;
        for step in history {
            let over = world.now().since(used) >= Policy::DEFAULT.idle()
                || world.now().since(opened) >= Policy::DEFAULT.absolute();
            if over {
                return;
            }
            match step {
                Browsing::Use => {
                    assert!(world.is_signed_in(&jar), "an honest request was refused");
                    used = world.now();
                }
                Browsing::Refresh => {
                    let answer = world.refresh(&jar).expect("an honest refresh was refused");
                    in_flight.push((world.now(), answer));
                    used = world.now();
                }
                Browsing::Send => on_its_way.push((world.now(), jar.clone())),
                Browsing::Reaches(newest) if !on_its_way.is_empty() => {
                    let (_, sent_with) = on_its_way.remove(one_of(&on_its_way, newest));
                    assert!(
                        world.is_signed_in(&sent_with),
                        "an honest request that took its time was refused"
                    );
                    used = world.now();
                }
                Browsing::Arrives(newest) if !in_flight.is_empty() => {
                    jar = in_flight.remove(one_of(&in_flight, newest)).1;
                }
                Browsing::Lost => {
                    in_flight.pop();
                }
                Browsing::Arrives(_) | Browsing::Reaches(_) => {}
                Browsing::Later(millis) => {
                    world.advance(Duration::from_millis(millis));
                    for many in [&mut in_flight, &mut on_its_way] {
                        many.retain(|(sent, _)| world.now().since(*sent) < LONGEST_REQUEST);
                    }
                }
            }
            let told = world.told.lock().unwrap();
            assert!(
                !told.contains(&EventKind::SessionReuseDetected),
                "an honest browser was taken for a thief"
            );
        }
    });
}

#[test]
fn all_who_refresh_with_one_secret_get_the_same_successor() {
    check(&browsing(), |history| {
        let world = World::new();
        let mut jar = world.sign_in(7, None);
        for step in history {
            match step {
                Browsing::Later(millis) => world.advance(Duration::from_millis(millis)),
                Browsing::Use => {
                    world.is_signed_in(&jar);
                }
                _ => {
                    let answers: BTreeSet<_> = (0..3)
                        .filter_map(|_| world.refresh(&jar))
                        .map(|token| token.encode().to_string())
                        .collect();
                    assert!(answers.len() <= 1, "{} successors", answers.len());
                    if let Some(token) = answers.first() {
                        jar = Token::parse(token.as_bytes()).unwrap();
                    }
                }
            }
        }
    });
}

/// What anybody may do: with any token that was ever issued.
#[derive(Clone, Copy, Debug)]
enum Anything {
    SignIn(u64),
    SignInOver(usize),
    Use(usize),
    Refresh(usize),
    SignOut(usize),
    EndOthers(usize),
    EndAll(u64),
    Update(u64),
    Reauthenticate(usize),
    SlowLogin(u64),
    Later(u64),
}

fn anything() -> impl Strategy<Value = Vec<Anything>> {
    let token = || 0_usize..40;
    let principal = || 0_u64..3;
    let step = prop_oneof![
        3 => principal().prop_map(Anything::SignIn),
        1 => token().prop_map(Anything::SignInOver),
        4 => token().prop_map(Anything::Use),
        4 => token().prop_map(Anything::Refresh),
        1 => token().prop_map(Anything::SignOut),
        1 => token().prop_map(Anything::EndOthers),
        1 => principal().prop_map(Anything::EndAll),
        1 => principal().prop_map(Anything::Update),
        1 => token().prop_map(Anything::Reauthenticate),
        1 => principal().prop_map(Anything::SlowLogin),
        3 => prop_oneof![1..2_000_u64, 29_000..62_000_u64, 600_000..1_900_000_u64].prop_map(Anything::Later),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A token that was issued, and whether its session is known to be dead.
struct Issued {
    token: Token,
    principal: u64,
    dead: bool,
}

#[test]
fn nothing_comes_back_from_the_dead() {
    check(&anything(), |history| {
        let world = World::new();
        let mut issued: Vec<Issued> = Vec::new();
        // Logins that have checked credentials and have not come to the store.
        let mut slow: Vec<(u64, Attempt)> = Vec::new();
        for step in history {
            // An end of all sessions must be told from what began in the same microsecond.
            world.advance(Duration::from_millis(1));
            run(&world, &mut issued, &mut slow, step);
            for Issued { token, dead, .. } in &mut issued {
                let alive = world.is_signed_in(token);
                assert!(!(*dead && alive), "a session that had ended is back, after {step:?}");
                // Every token of a session dies with it; a stale one may be one of a session that is alive.
                *dead |= world.runtime.block_on(is_gone(&world, token));
            }
        }
    });
}

/// Whether there is no session of a token's id, alive, whatever its secret.
async fn is_gone(world: &World, token: &Token) -> bool {
    let id = token.session_id("user");
    let list = world.auth.inner.store.list(token.tag).await.unwrap();
    !list.iter().any(|(listed, _)| *listed == id)
}

fn run(world: &World, issued: &mut Vec<Issued>, slow: &mut Vec<(u64, Attempt)>, step: Anything) {
    let chosen = |issued: &[Issued], n: usize| {
        (!issued.is_empty()).then(|| {
            let Issued { token, principal, .. } = &issued[n % issued.len()];
            (token.clone(), *principal)
        })
    };
    let mut issue = |token: Token, principal: u64| issued.push(Issued { token, principal, dead: false });
    match step {
        Anything::SignIn(principal) => issue(world.sign_in(principal, None), principal),
        Anything::Later(millis) => world.advance(Duration::from_millis(millis)),
        Anything::EndAll(principal) => {
            world.run(world.auth.end_all(&principal)).unwrap();
            let list = world.run(world.auth.sessions(&principal)).unwrap();
            assert!(list.is_empty());
        }
        Anything::Update(principal) => {
            world.run(world.auth.update(&User(principal))).unwrap();
        }
        Anything::SlowLogin(principal) => {
            if let Some((principal, attempt)) = slow.pop() {
                let fenced = world.told.lock().unwrap().len();
                let opened =
                    world.run(world.auth.sign_in(&User(principal), &attempt, None, &Device::default()));
                assert!(opened.is_ok() || world.told.lock().unwrap().len() == fenced);
                if let Ok((_, token)) = opened {
                    issue(token, principal);
                }
            }
            slow.push((principal, world.attempt()));
        }
        Anything::SignInOver(n)
        | Anything::Use(n)
        | Anything::Refresh(n)
        | Anything::SignOut(n)
        | Anything::EndOthers(n)
        | Anything::Reauthenticate(n) => {
            let Some((token, principal)) = chosen(issued, n) else { return };
            with_token(world, issued, step, &token, principal);
        }
    }
}

fn with_token(world: &World, issued: &mut Vec<Issued>, step: Anything, token: &Token, principal: u64) {
    let next = match step {
        Anything::SignInOver(_) => {
            let next = world.sign_in(principal, Some(token.clone()));
            assert!(!world.is_signed_in(token), "what was presented at a login is over");
            Some(next)
        }
        Anything::Use(_) => {
            world.is_signed_in(token);
            None
        }
        Anything::Refresh(_) => world.refresh(token),
        Anything::SignOut(_) => {
            world.run(world.auth.sign_out(token)).unwrap();
            assert!(!world.is_signed_in(token));
            None
        }
        Anything::EndOthers(_) => {
            if let Some(session) = world.run(world.auth.authenticate(token)).unwrap() {
                world.run(world.auth.end_others(&session)).unwrap();
                assert!(world.is_signed_in(token), "the own one is kept");
                assert_eq!(world.run(world.auth.sessions(&principal)).unwrap().len(), 1);
            }
            None
        }
        _ => {
            let attempt = world.attempt();
            let (user, device) = (User(principal), Device::default());
            let renewed = world
                .run(world.auth.reauthenticate(&user, &attempt, token, &device))
                .ok()
                .map(|(_, next)| next);
            assert!(renewed.is_none() || !world.is_signed_in(token), "the secret before is dead at once");
            renewed
        }
    };
    if let Some(token) = next {
        issued.push(Issued { token, principal, dead: false });
    }
}

#[test]
fn a_token_that_was_never_issued_is_never_adopted() {
    let world = World::new();
    let own = world.sign_in(7, None);
    for _ in 0..500 {
        let guessed = Token::random(own.tag).unwrap();
        assert!(!world.is_signed_in(&guessed));
        assert!(world.refresh(&guessed).is_none());
        assert!(world.run(world.auth.sign_out(&guessed)).unwrap().is_none());
        let other_secret = own.with_secret(guessed.secret.clone());
        assert!(!world.is_signed_in(&other_secret));
    }
    assert!(world.is_signed_in(&own));
}
