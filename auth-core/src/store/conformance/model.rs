//! One principal's sessions as a value: what a step answers and leaves, by the rules.

use std::{collections::BTreeMap, fmt, time::Duration};

use uuid::Uuid;

use super::{Broken, kit};
use crate::{
    policy::WhenFull,
    session::{Record, Tag, lifecycle},
    store::{
        Created, NewSession, Renew, Renewed, Rotate, Rotated, SessionStore, StoreResult, Timestamp, Touch,
    },
};

/// A step to take.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// With the number of fences that there were when the login began.
    Create(NewSession, usize),
    Read(Uuid),
    Rotate(Uuid, Rotate),
    Touch(Uuid, Touch),
    /// With the number of fences that there were when the check began.
    Renew(Uuid, Renew, usize),
    List,
    Update(Option<Uuid>, Vec<u8>),
    End(Uuid),
    EndAll(Option<Uuid>),
}

/// What a step was answered; ids are sorted where their order says nothing.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Created(Created),
    Read(Option<Record>),
    Rotated(Rotated),
    Touched(bool),
    Renewed(Renewed),
    Listed(BTreeMap<Uuid, Record>),
    Updated(usize),
    Ended(Option<Record>),
    EndedAll(Vec<Uuid>),
}

impl Step {
    /// Takes the step in a store.
    pub(super) async fn take<S: SessionStore>(self, store: &S, at: Tag) -> StoreResult<Answer> {
        Ok(match self {
            Step::Create(new, _) => Answer::Created(store.create(at, new).await?),
            Step::Read(id) => Answer::Read(store.read(at, id).await?.map(|found| found.record)),
            Step::Rotate(id, step) => Answer::Rotated(store.rotate(at, id, step).await?),
            Step::Touch(id, step) => Answer::Touched(store.touch(at, id, step).await?),
            Step::Renew(id, step, _) => Answer::Renewed(store.renew(at, id, step).await?),
            Step::List => Answer::Listed(store.list(at).await?.into_iter().collect()),
            Step::Update(only, payload) => Answer::Updated(store.update(at, only, payload).await?),
            Step::End(id) => Answer::Ended(store.end(at, id).await?),
            Step::EndAll(keep) => {
                let mut ended = store.end_all(at, keep).await?;
                ended.sort_unstable();
                Answer::EndedAll(ended)
            }
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Create(..) => "create",
            Step::Read(_) => "read",
            Step::Rotate(..) => "rotate",
            Step::Touch(..) => "touch",
            Step::Renew(..) => "renew",
            Step::List => "list",
            Step::Update(..) => "update",
            Step::End(_) => "end",
            Step::EndAll(_) => "end_all",
        })
    }
}

/// One principal, none of whose sessions has expired.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) sessions: BTreeMap<Uuid, Record>,
    /// How often logins were fenced off.
    pub(super) fences: usize,
}

impl Model {
    /// What `step` answers at the time `now`, and what it leaves.
    pub(super) fn after(&self, step: &Step, now: Timestamp) -> (Answer, Model) {
        let mut left = self.clone();
        let answer = match step {
            Step::Create(new, fences) => Answer::Created(left.create(new, *fences, now)),
            Step::Read(id) => Answer::Read(left.sessions.get(id).cloned()),
            Step::Rotate(id, step) => Answer::Rotated(left.rotate(*id, step, now)),
            Step::Touch(id, step) => Answer::Touched(left.touch(*id, step, now)),
            Step::Renew(id, step, fences) => Answer::Renewed(left.renew(*id, step, *fences, now)),
            Step::List => Answer::Listed(left.sessions.clone()),
            Step::Update(only, payload) => Answer::Updated(left.update(*only, payload)),
            Step::End(id) => Answer::Ended(left.sessions.remove(id)),
            Step::EndAll(keep) => Answer::EndedAll(left.end_all(*keep)),
        };
        (answer, left)
    }

    fn create(&mut self, new: &NewSession, fences: usize, now: Timestamp) -> Created {
        if self.fences > fences {
            return Created::Fenced;
        }
        if self.sessions.contains_key(&new.id) {
            return Created::Exists;
        }
        let mut others: Vec<_> = self
            .sessions
            .iter()
            .filter(|(id, _)| Some(**id) != new.replace)
            .map(|(id, record)| (record.created, *id))
            .collect();
        let surplus = (others.len() + 1).saturating_sub(usize::from(new.limit.sessions.get()));
        if surplus > 0 && new.limit.when_full == WhenFull::Refuse {
            return Created::Full;
        }
        others.sort_unstable();
        let evicted: Vec<Uuid> = others.into_iter().take(surplus).map(|(_, id)| id).collect();
        self.sessions.retain(|id, _| Some(*id) != new.replace && !evicted.contains(id));
        self.sessions.insert(new.id, lifecycle::open(new, now));
        Created::Opened { at: now, evicted }
    }

    fn rotate(&mut self, id: Uuid, step: &Rotate, now: Timestamp) -> Rotated {
        let Some(record) = self.sessions.get_mut(&id) else { return Rotated::Gone };
        let rotated = lifecycle::rotate(record, step, now);
        match &rotated {
            Rotated::Next(next) | Rotated::Again(next) | Rotated::Same(next) => *record = next.clone(),
            Rotated::Stale => {}
            Rotated::Reuse(_) | Rotated::Gone => drop(self.sessions.remove(&id)),
        }
        rotated
    }

    fn touch(&mut self, id: Uuid, step: &Touch, now: Timestamp) -> bool {
        let Some(record) = self.sessions.get_mut(&id) else { return false };
        let touched = lifecycle::touch(record, step, now);
        touched.map(|touched| *record = touched).is_some()
    }

    fn renew(&mut self, id: Uuid, step: &Renew, fences: usize, now: Timestamp) -> Renewed {
        let Some(record) = self.sessions.get_mut(&id) else { return Renewed::Gone };
        if self.fences > fences {
            return Renewed::Fenced;
        }
        let renewed = lifecycle::renew(record, step, now);
        if let Renewed::Renewed(next) = &renewed {
            *record = next.clone();
        }
        renewed
    }

    fn update(&mut self, only: Option<Uuid>, payload: &[u8]) -> usize {
        self.fences += 1;
        let concerned = self.sessions.iter_mut().filter(|(id, _)| only.is_none_or(|only| only == **id));
        concerned.map(|(_, record)| record.payload = payload.to_vec()).count()
    }

    fn end_all(&mut self, keep: Option<Uuid>) -> Vec<Uuid> {
        self.fences += 1;
        let ended = self.sessions.keys().copied().filter(|id| Some(*id) != keep).collect();
        self.sessions.retain(|id, _| Some(*id) == keep);
        ended
    }

    /// What a store keeps of these sessions.
    pub(super) async fn read<S: SessionStore>(
        store: &S,
        at: Tag,
        ids: &[Uuid],
    ) -> Result<BTreeMap<Uuid, Record>, Broken> {
        let mut sessions = BTreeMap::new();
        for id in ids {
            sessions.extend(store.read(at, *id).await?.map(|found| (*id, found.record)));
        }
        Ok(sessions)
    }

    /// The first of the sessions in which what is kept differs from the model; times may by `slack`.
    pub(super) fn difference(
        &self,
        kept: &BTreeMap<Uuid, Record>,
        ids: &[Uuid],
        slack: Duration,
    ) -> Option<String> {
        let what = |number| format!("what is kept of session {number}");
        (1..)
            .zip(ids)
            .find_map(|(number, id)| optional(&what(number), self.sessions.get(id), kept.get(id), slack))
    }
}

impl Answer {
    /// In what another answer differs; times may by `slack`.
    pub(super) fn difference(&self, found: &Answer, slack: Duration) -> Option<String> {
        match (self, found) {
            (Answer::Created(expected), Answer::Created(found)) => created(expected, found, slack),
            (Answer::Renewed(expected), Answer::Renewed(found)) => renewed(expected, found, slack),
            (Answer::Listed(expected), Answer::Listed(found)) => listed(expected, found, slack),
            (Answer::Updated(expected), Answer::Updated(found)) => unequal(expected, found),
            (Answer::Touched(expected), Answer::Touched(found)) => unequal(expected, found),
            (Answer::EndedAll(expected), Answer::EndedAll(found)) => unequal(expected, found),
            (Answer::Read(expected), Answer::Read(found))
            | (Answer::Ended(expected), Answer::Ended(found)) => {
                optional("the answer", expected.as_ref(), found.as_ref(), slack)
            }
            (Answer::Rotated(expected), Answer::Rotated(found)) => rotated(expected, found, slack),
            (expected, found) => Some(other(expected, found)),
        }
    }
}

fn created(expected: &Created, found: &Created, slack: Duration) -> Option<String> {
    // The time of an answer has microseconds, that of a record has not.
    let slack = slack + Duration::from_millis(1);
    match (expected, found) {
        (Created::Opened { at: one, evicted }, Created::Opened { at: other, evicted: found })
            if evicted == found && kit::near(*one, *other, slack) =>
        {
            None
        }
        _ => unequal(expected, found),
    }
}

fn rotated(expected: &Rotated, found: &Rotated, slack: Duration) -> Option<String> {
    match (expected, found) {
        (Rotated::Next(a), Rotated::Next(b))
        | (Rotated::Again(a), Rotated::Again(b))
        | (Rotated::Same(a), Rotated::Same(b))
        | (Rotated::Reuse(a), Rotated::Reuse(b)) => {
            Some(format!("{}, {}", kit::word(found), kit::difference(a, b, slack)?))
        }
        (Rotated::Stale, Rotated::Stale) | (Rotated::Gone, Rotated::Gone) => None,
        _ => Some(format!("expected {}, found {}", kit::word(expected), kit::word(found))),
    }
}

fn renewed(expected: &Renewed, found: &Renewed, slack: Duration) -> Option<String> {
    match (expected, found) {
        (Renewed::Renewed(expected), Renewed::Renewed(found)) => kit::difference(expected, found, slack),
        _ => unequal(expected, found),
    }
}

fn listed(
    expected: &BTreeMap<Uuid, Record>,
    found: &BTreeMap<Uuid, Record>,
    slack: Duration,
) -> Option<String> {
    let mut ids = expected.keys().chain(found.keys());
    ids.find_map(|id| optional("one of the list", expected.get(id), found.get(id), slack))
}

fn optional(
    what: &str,
    expected: Option<&Record>,
    found: Option<&Record>,
    slack: Duration,
) -> Option<String> {
    match (expected, found) {
        (Some(expected), Some(found)) => {
            Some(format!("{what}, {}", kit::difference(expected, found, slack)?))
        }
        (None, None) => None,
        (Some(_), None) => Some(format!("{what}: expected a record, found none")),
        (None, Some(_)) => Some(format!("{what}: expected no record, found one")),
    }
}

fn unequal<T: PartialEq + fmt::Debug>(expected: &T, found: &T) -> Option<String> {
    (expected != found).then(|| other(expected, found))
}

fn other<T: fmt::Debug>(expected: &T, found: &T) -> String {
    format!("expected {expected:?}, found {found:?}")
}
