//! Random sequences of steps, one at a time, each judged by the rules.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{
    Candidate, Verdict,
    kit::{MINUTE, Seeded, a_principal, a_session, a_verifier, activity, broken, limit, renewal, rotation},
    model::{Model, Step},
};
use crate::{
    policy::WhenFull,
    session::{Tag, Verifier},
    store::{Began, NewSession, Renew, Rotate, SessionStore, Timestamp, Touch},
};

const HISTORIES: u64 = 32;
const STEPS: usize = 60;

pub(super) async fn check<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    for seed in 0..HISTORIES {
        History::new(on, seed).run().await?;
    }
    Ok(())
}

struct History<'a, S> {
    on: &'a Candidate<S>,
    at: Tag,
    seed: u64,
    chance: Seeded,
    model: Model,
    /// All ids that were ever used, and all secrets that were ever issued.
    ids: Vec<Uuid>,
    secrets: Vec<Verifier>,
    /// A login that has begun, and how many fences there were at that time.
    begun: Vec<(Began, usize)>,
}

impl<'a, S: SessionStore> History<'a, S> {
    fn new(on: &'a Candidate<S>, seed: u64) -> Self {
        History {
            on,
            at: a_principal(),
            seed,
            chance: Seeded::new(seed),
            model: Model::default(),
            ids: Vec::new(),
            secrets: Vec::new(),
            begun: vec![(on.store().login_begins(), 0)],
        }
    }

    async fn run(mut self) -> Verdict {
        for number in 1..=STEPS {
            let step = self.choose();
            // So that no two sessions are of the same age, and a fence is not of the time at which a login began.
            let must = matches!(step, Step::Create(..) | Step::EndAll(_) | Step::Update(..));
            if must || (self.on.advance.is_some() && self.chance.coin()) {
                self.on.pass(Duration::from_millis(1)).await;
            }
            self.take(number, step).await?;
            if self.chance.coin() {
                self.begun.push((self.on.store().login_begins(), self.model.fences));
            }
        }
        Ok(())
    }

    /// Takes a step, and looks for a time at which the rules lead to what came out.
    async fn take(&mut self, number: usize, step: Step) -> Verdict {
        let (store, begin) = (self.on.store(), Instant::now());
        let answer = step.clone().take(store, self.at).await?;
        let slack = self.on.slack(begin);
        let now = store.now(self.at);
        let kept = Model::read(store, self.at, &self.ids).await?;
        let mut first = None;
        for time in times(now, slack) {
            let (expected, left) = self.model.after(&step, time);
            let difference = expected
                .difference(&answer, Duration::ZERO)
                .or_else(|| left.difference(&kept, &self.ids, Duration::ZERO));
            let Some(difference) = difference else {
                self.model = left;
                return Ok(());
            };
            first.get_or_insert(difference);
        }
        let difference = first.unwrap_or_default();
        broken(format!("`{step}`, step {number} of the history with seed {}: {difference}", self.seed))
    }

    fn choose(&mut self) -> Step {
        let id = match self.chance.pick(&self.ids) {
            Some(id) => *id,
            None => return self.create(),
        };
        match self.chance.next() % 16 {
            0..3 => self.create(),
            3 => Step::Read(id),
            4..9 => self.rotate(id),
            9..11 => self.touch(id),
            11 => self.renew(id),
            12 => Step::List,
            13 => Step::Update(Some(id).filter(|_| self.chance.coin()), self.payload()),
            14 => Step::End(id),
            _ => Step::EndAll(self.chance.pick(&self.ids).copied().filter(|kept| *kept != id)),
        }
    }

    fn create(&mut self) -> Step {
        let (began, fences) = self.began();
        let mut new = NewSession { began, ..a_session(self.on.store()) };
        let sessions = u16::try_from(1 + self.chance.next() % 3).unwrap_or(1);
        let when_full = if self.chance.coin() { WhenFull::EndOldest } else { WhenFull::Refuse };
        new.limit = limit(sessions, when_full);
        let replaces = self.chance.coin();
        new.replace = self.chance.pick(&self.ids).copied().filter(|_| replaces);
        // An id is used again only while its session is alive: that is refused.
        let alive: Vec<Uuid> = self.model.sessions.keys().copied().collect();
        let again = self.chance.next().is_multiple_of(5);
        match self.chance.pick(&alive).filter(|_| again) {
            Some(id) => new.id = *id,
            None => self.ids.push(new.id),
        }
        self.secrets.push(new.verifier);
        Step::Create(new, fences)
    }

    fn renew(&mut self, id: Uuid) -> Step {
        let (began, fences) = self.began();
        let step = Renew {
            payload: self.payload(),
            grace: self.grace(),
            idle: self.idle(),
            ..renewal(self.secret(id), began)
        };
        self.secrets.push(step.next);
        Step::Renew(id, step, fences)
    }

    /// Now mostly, else some time ago; and how many fences there were.
    fn began(&mut self) -> (Began, usize) {
        let now = (self.on.store().login_begins(), self.model.fences);
        let early = self.chance.next().is_multiple_of(4);
        self.chance.pick(&self.begun).copied().filter(|_| early).unwrap_or(now)
    }

    fn payload(&mut self) -> Vec<u8> {
        self.chance.next().to_be_bytes().to_vec()
    }

    fn rotate(&mut self, id: Uuid) -> Step {
        let (have, next) = (self.secret(id), a_verifier());
        self.secrets.push(next);
        let idle = self.idle();
        Step::Rotate(id, Rotate { grace: self.grace(), idle, ..rotation(have, next) })
    }

    fn touch(&mut self, id: Uuid) -> Step {
        let have = self.secret(id);
        Step::Touch(id, Touch { grace: self.grace(), idle: self.idle(), ..activity(have) })
    }

    /// The current secret mostly, else the one before it, else any that was ever issued.
    fn secret(&mut self, id: Uuid) -> Verifier {
        let record = self.model.sessions.get(&id);
        let current = record.map(|record| record.verifier);
        let previous = record.and_then(|record| Some(record.previous.as_ref()?.verifier));
        let any = self.chance.pick(&self.secrets).copied();
        let wanted = match self.chance.next() % 5 {
            0..2 => current,
            2..4 => previous.or(current),
            _ => any,
        };
        wanted.or(any).unwrap_or_else(a_verifier)
    }

    /// One that lasts, or one that is over at once.
    fn grace(&mut self) -> Duration {
        if self.chance.next().is_multiple_of(3) { Duration::ZERO } else { 60 * MINUTE }
    }

    fn idle(&mut self) -> Duration {
        *self.chance.pick(&[MINUTE, 3 * MINUTE, 5 * MINUTE, 100 * MINUTE]).unwrap_or(&MINUTE)
    }
}

/// The milliseconds that a store may have taken for its time, when it is `now` behind the step.
fn times(now: Timestamp, slack: Duration) -> impl Iterator<Item = Timestamp> {
    (now.before(slack).as_millis()..=(now + slack).as_millis()).map(Timestamp::from_millis)
}
