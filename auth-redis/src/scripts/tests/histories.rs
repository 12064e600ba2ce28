//! Whole lives of a principal's sessions, through the scripts and through the rules.

use std::{cell::Cell, collections::BTreeMap, mem};

use auth_core::{
    session::lifecycle,
    store::{Renewed, Rotated},
};

use super::*;

/// As many as are tried, unless `AUTH_HISTORIES` says how many.
const HISTORIES: u32 = 150;
const GRACE: Duration = Duration::from_millis(4);
const IDLE: Duration = Duration::from_millis(12);
/// The past cannot be fenced off from here.
const LATER_THAN_ANY_FENCE: Timestamp = Timestamp::from_millis(1 << 43);

/// What befalls the sessions of a principal. A session is counted from the newest, its secrets too.
#[derive(Clone, Copy, Debug)]
enum Event {
    Wait { millis: u64 },
    Create(Login),
    Rotate { session: usize, secret: usize },
    Touch { session: usize, secret: usize },
    Renew { session: usize, secret: usize },
    Update { only: Option<usize> },
    End { session: usize },
    EndAll { keep: Option<usize> },
}

#[derive(Clone, Copy, Debug)]
struct Login {
    sessions: u16,
    when_full: WhenFull,
    replace: Option<usize>,
    idle: u64,
    absolute: u64,
}

fn an_event() -> impl Strategy<Value = Event> {
    let session = || 0_usize..4;
    let secret = || 0_usize..3;
    prop_oneof![
        2 => (0_u64..5).prop_map(|millis| Event::Wait { millis }),
        3 => a_login().prop_map(Event::Create),
        4 => (session(), secret()).prop_map(|(session, secret)| Event::Rotate { session, secret }),
        4 => (session(), secret()).prop_map(|(session, secret)| Event::Touch { session, secret }),
        1 => (session(), secret()).prop_map(|(session, secret)| Event::Renew { session, secret }),
        1 => proptest::option::of(session()).prop_map(|only| Event::Update { only }),
        1 => session().prop_map(|session| Event::End { session }),
        1 => proptest::option::of(session()).prop_map(|keep| Event::EndAll { keep }),
    ]
}

fn a_login() -> impl Strategy<Value = Login> {
    let when_full = prop_oneof![Just(WhenFull::EndOldest), Just(WhenFull::Refuse)];
    let replace = proptest::option::weighted(0.2, 0_usize..4);
    (1_u16..4, when_full, replace, 3_u64..25, 3_u64..60).prop_map(
        |(sessions, when_full, replace, idle, absolute)| Login {
            sessions,
            when_full,
            replace,
            idle,
            absolute,
        },
    )
}

/// The same history in the words of the rules.
struct Model<'a> {
    bench: &'a Bench,
    at: Tag,
    sessions: BTreeMap<Uuid, Record>,
    /// The secrets that each session has had, the newest first; those of ended sessions too.
    secrets: Vec<(Uuid, Vec<Verifier>)>,
    made: u128,
}

impl Model<'_> {
    async fn live_through(&mut self, event: Event) {
        match event {
            Event::Wait { millis } => tokio::time::sleep(Duration::from_millis(millis)).await,
            Event::Create(login) => self.create(login).await,
            Event::Rotate { session, secret } => self.rotate(session, secret).await,
            Event::Touch { session, secret } => self.touch(session, secret).await,
            Event::Renew { session, secret } => self.renew(session, secret).await,
            Event::Update { only } => self.update(only).await,
            Event::End { session } => self.end(session).await,
            Event::EndAll { keep } => self.end_all(keep).await,
        }
        self.agrees().await;
    }

    async fn create(&mut self, login: Login) {
        let verifier = self.new_verifier();
        let new = NewSession {
            verifier,
            payload: vec![7; (self.made % 90).try_into().unwrap()],
            device: b"a device".to_vec(),
            idle: Duration::from_millis(login.idle),
            absolute: Duration::from_millis(login.absolute),
            replace: login.replace.and_then(|n| self.session(n)),
            ..a_session(self.made, login.sessions, login.when_full)
        };
        let reply = self.bench.call(&Call::create(self.at, &new, LATER_THAN_ANY_FENCE, NEVER)).await;
        let Some(evicted) = self.evicted(&new, reply.time) else {
            assert_eq!(reply.word, "full");
            return;
        };
        assert_eq!(reply.word, "opened");
        assert_eq!(reply.ids().unwrap(), evicted);
        for id in evicted.iter().chain(&new.replace) {
            self.sessions.remove(id);
        }
        self.sessions.insert(new.id, lifecycle::open(&new, reply.time));
        self.secrets.push((new.id, vec![new.verifier]));
    }

    /// The ids that make room, the oldest first; `None` where the login is refused.
    fn evicted(&self, new: &NewSession, now: Timestamp) -> Option<Vec<Uuid>> {
        let alive = self.sessions.iter().filter(|(_, record)| !lifecycle::is_expired(record, now));
        let others = alive.filter(|(id, _)| Some(**id) != new.replace);
        let mut others: Vec<_> = others.map(|(id, record)| (record.created, *id)).collect();
        others.sort();
        let surplus = (others.len() + 1).saturating_sub(new.limit.sessions.get().into());
        let allowed = surplus == 0 || new.limit.when_full == WhenFull::EndOldest;
        allowed.then(|| others.into_iter().take(surplus).map(|(_, id)| id).collect())
    }

    async fn rotate(&mut self, session: usize, secret: usize) {
        let Some((id, have)) = self.secret(session, secret) else {
            return;
        };
        let next = self.new_verifier();
        let nonce = self.made.to_be_bytes();
        let step = Rotate { have: have.into(), next, nonce, grace: GRACE, idle: IDLE };
        let reply = self.bench.call(&Call::rotate(self.at, id, &step, NEVER)).await;
        let before = self.sessions.remove(&id);
        let outcome = before.as_ref().map(|record| lifecycle::rotate(record, &step, reply.time));
        let (word, kept) = match outcome.unwrap_or(Rotated::Gone) {
            Rotated::Next(record) => {
                let known = self.secrets.iter_mut().find(|(known, _)| *known == id).unwrap();
                known.1.insert(0, next);
                ("next", Some(record))
            }
            Rotated::Again(record) => ("again", Some(record)),
            Rotated::Same(record) => ("same", Some(record)),
            Rotated::Stale => ("stale", before),
            Rotated::Reuse(_) => ("reuse", None),
            Rotated::Gone => ("gone", None),
        };
        self.sessions.extend(kept.map(|record| (id, record)));
        assert_eq!(reply.word, word);
    }

    async fn touch(&mut self, session: usize, secret: usize) {
        let Some((id, have)) = self.secret(session, secret) else {
            return;
        };
        let step = Touch { have: have.into(), grace: GRACE, idle: IDLE };
        let reply = self.bench.call(&Call::touch(self.at, id, &step, NEVER)).await;
        let touched = self.sessions.get(&id).and_then(|record| lifecycle::touch(record, &step, reply.time));
        assert_eq!(reply.word, if touched.is_some() { "touched" } else { "refused" });
        self.sessions.extend(touched.map(|record| (id, record)));
    }

    async fn renew(&mut self, session: usize, secret: usize) {
        let Some((id, have)) = self.secret(session, secret) else {
            return;
        };
        let next = self.new_verifier();
        let step = Renew {
            have: have.into(),
            next,
            payload: self.made.to_be_bytes().to_vec(),
            grace: GRACE,
            idle: IDLE,
            began: Began(0),
        };
        let reply = self.bench.call(&Call::renew(self.at, id, &step, LATER_THAN_ANY_FENCE, NEVER)).await;
        let renewed = self.sessions.get(&id).map(|record| lifecycle::renew(record, &step, reply.time));
        let word = match renewed.unwrap_or(Renewed::Gone) {
            Renewed::Renewed(record) => {
                self.sessions.insert(id, record);
                self.secrets.iter_mut().find(|(known, _)| *known == id).unwrap().1.insert(0, next);
                "renewed"
            }
            Renewed::Stale => "stale",
            Renewed::Fenced => "fenced",
            Renewed::Gone => "gone",
        };
        assert_eq!(reply.word, word);
    }

    async fn update(&mut self, only: Option<usize>) {
        let only = only.and_then(|n| self.session(n));
        self.made += 1;
        let payload = self.made.to_be_bytes();
        let reply = self.bench.call(&Call::update(self.at, only, &payload, &Progress::start(), NEVER)).await;
        let (progress, mut updated) = reply.progress().unwrap();
        assert!(progress.is_done());
        let alive = self.sessions.iter_mut().filter(|(id, record)| {
            only.is_none_or(|only| only == **id) && !lifecycle::is_expired(record, reply.time)
        });
        let expected: Vec<Uuid> = alive
            .map(|(id, record)| {
                record.payload = payload.to_vec();
                *id
            })
            .collect();
        updated.sort_unstable();
        assert_eq!(updated, expected);
    }

    async fn end(&mut self, session: usize) {
        let Some(id) = self.session(session) else { return };
        let call = Call::end(self.at, id);
        let answer =
            self.bench.link.call(call.script, key(self.at), call.arguments, Manner::Plain).await.unwrap();
        let before = self.sessions.remove(&id);
        let now = self.bench.now().await;
        match answer.as_bytes() {
            Some(bytes) => assert_eq!(Record::decode(bytes).ok(), before),
            None => assert!(before.is_none_or(|record| lifecycle::is_expired(&record, now))),
        }
    }

    async fn end_all(&mut self, keep: Option<usize>) {
        let keep = keep.and_then(|n| self.session(n));
        let reply = self.bench.call(&Call::end_all(self.at, keep, &Progress::start(), NEVER)).await;
        let (progress, ended) = reply.progress().unwrap();
        assert!(progress.is_done());
        for (id, record) in mem::take(&mut self.sessions) {
            if Some(id) == keep {
                self.sessions.insert(id, record);
            } else {
                // One that has expired may have been removed already.
                assert!(ended.contains(&id) || lifecycle::is_expired(&record, reply.time));
            }
        }
    }

    /// What Redis keeps is what the rules say.
    async fn agrees(&self) {
        let mut last = Timestamp::default();
        for (id, _) in &self.secrets {
            let kept = self.bench.kept(self.at, *id).await;
            let now = self.bench.now().await;
            match (kept, self.sessions.get(id)) {
                (Some(kept), Some(record)) => {
                    assert_eq!(&kept, record);
                    last = last.max(record.idle);
                }
                // What has expired is removed in passing, or not yet.
                (Some(record), None) => assert!(lifecycle::is_expired(&record, now)),
                (None, Some(record)) => assert!(lifecycle::is_expired(record, now)),
                (None, None) => {}
            }
        }
        let expiry = self.bench.expiry(self.at).await;
        let now = self.bench.now().await;
        assert!(
            expiry >= last || now >= last,
            "the key goes at {expiry:?}, before its last session at {last:?}"
        );
    }

    fn new_verifier(&mut self) -> Verifier {
        self.made += 1;
        Verifier::from_bytes(self.made.to_be_bytes())
    }

    fn session(&self, n: usize) -> Option<Uuid> {
        self.secrets.iter().rev().nth(n).map(|(id, _)| *id)
    }

    fn secret(&self, session: usize, n: usize) -> Option<(Uuid, Verifier)> {
        let (id, secrets) = self.secrets.iter().rev().nth(session)?;
        Some((*id, *secrets.get(n).or(secrets.last())?))
    }
}

#[test]
fn histories_are_the_same() {
    let histories = proptest::collection::vec(an_event(), 1..30);
    let principal = Cell::new(0_u32);
    let cases = std::env::var("AUTH_HISTORIES").map_or(HISTORIES, |asked| asked.parse().unwrap());
    run(cases, &histories, &async |bench: &Bench, events: Vec<Event>| {
        principal.set(principal.get() + 1);
        let at = Tag::of("user", &principal.get().to_string());
        let mut model = Model { bench, at, sessions: BTreeMap::new(), secrets: Vec::new(), made: 0 };
        for event in events {
            model.live_through(event).await;
        }
    });
}
