//! Every pair of operations on one principal, interleaved at every await.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{
    Broken, Candidate, Verdict,
    kit::{MINUTE, a_principal, a_session, a_verifier, activity, broken, limit, open, renewal, rotation},
    model::{Answer, Model, Step},
    schedule::{Run, Schedule, interleave},
};
use crate::{
    policy::WhenFull,
    session::{Tag, Verifier},
    store::{Began, NewSession, Rotate, SessionStore, Touch},
};

/// How often a pair is run in an order that follows from a seed.
const SEEDS: u64 = 3;
/// More awaits than an operation has.
const AWAITS: usize = 64;

pub(super) async fn check<S: SessionStore>(on: &Candidate<S>) -> Verdict {
    for start in [Start::Opened, Start::Rotated, Start::Used] {
        for first in OPERATIONS {
            for second in OPERATIONS {
                for polls in 0..AWAITS {
                    if pair(on, start, first, second, Schedule::Within(polls)).await? {
                        break;
                    }
                }
                for seed in 0..SEEDS {
                    pair(on, start, first, second, Schedule::Seeded(seed)).await?;
                }
            }
        }
    }
    Ok(())
}

/// How a principal stands that has two sessions.
#[derive(Clone, Copy, Debug)]
enum Start {
    /// Both were just opened.
    Opened,
    /// The first was refreshed, and nobody has used the successor.
    Rotated,
    /// The first was refreshed, and the successor has been used.
    Used,
}

/// A principal as both operations find it.
struct Scene {
    at: Tag,
    one: Uuid,
    two: Uuid,
    current: Verifier,
    previous: Verifier,
    /// A login that began before all that.
    began: Began,
    /// A session to open, of a login that began earlier; each has its own.
    new: [NewSession; 2],
    model: Model,
}

impl Scene {
    async fn set<S: SessionStore>(on: &Candidate<S>, start: Start) -> Result<Self, Broken> {
        let (store, at) = (on.store(), a_principal());
        let new = [a_session(store), a_session(store)];
        let began = store.login_begins();
        if on.advance.is_some() {
            on.pass(Duration::from_millis(5)).await;
        }
        let (one, two) = (open(store, at).await?, open(store, at).await?);
        let mut current = one.verifier;
        if let Start::Rotated | Start::Used = start {
            current = a_verifier();
            store.rotate(at, one.id, rotation(one.verifier, current)).await?;
        }
        if let Start::Used = start {
            store.touch(at, one.id, activity(current)).await?;
        }
        let (one, two, previous) = (one.id, two.id, one.verifier);
        let model = Model { sessions: Model::read(store, at, &[one, two]).await?, fences: 0 };
        if model.sessions.len() < 2 {
            return broken("two sessions were opened, and are not both there");
        }
        Ok(Scene { at, one, two, current, previous, began, new, model })
    }

    /// Those that are there, then those that the operations may open.
    fn ids(&self) -> [Uuid; 4] {
        let [a, b] = &self.new;
        [self.one, self.two, a.id, b.id]
    }
}

/// An operation by its name, made for a scene: as the first of two or as the second.
struct Operation {
    name: &'static str,
    on: fn(&Scene, usize) -> Step,
}

const OPERATIONS: &[Operation] = &[
    Operation { name: "create", on: |scene, place| create(scene, place, |_| {}) },
    Operation {
        name: "create that evicts all others",
        on: |scene, place| create(scene, place, |new| new.limit = limit(1, WhenFull::EndOldest)),
    },
    Operation {
        name: "create that is refused from three on",
        on: |scene, place| create(scene, place, |new| new.limit = limit(3, WhenFull::Refuse)),
    },
    Operation {
        name: "create that replaces the session",
        on: |scene, place| create(scene, place, |new| new.replace = Some(scene.one)),
    },
    Operation {
        name: "create with the same id as the other one",
        on: |scene, place| create(scene, place, |new| new.id = scene.new[0].id),
    },
    Operation { name: "read", on: |scene, _| Step::Read(scene.one) },
    Operation { name: "rotate", on: |scene, _| rotate(scene, scene.current, MINUTE) },
    Operation { name: "rotate of the old secret", on: |scene, _| rotate(scene, scene.previous, MINUTE) },
    Operation {
        name: "rotate of a secret of long ago",
        on: |scene, _| rotate(scene, a_verifier(), Duration::ZERO),
    },
    Operation { name: "touch", on: |scene, _| touch(scene, scene.current, 3 * MINUTE) },
    Operation { name: "touch with the old secret", on: |scene, _| touch(scene, scene.previous, 5 * MINUTE) },
    Operation {
        name: "renew",
        on: |scene, _| Step::Renew(scene.one, renewal(scene.current, scene.began), 0),
    },
    Operation { name: "list", on: |_, _| Step::List },
    Operation { name: "update", on: |_, place| Step::Update(None, vec![u8::from(place == 0); 9]) },
    Operation { name: "update of the session", on: |scene, _| Step::Update(Some(scene.one), vec![7; 3]) },
    Operation { name: "end", on: |scene, _| Step::End(scene.one) },
    Operation { name: "end of the other session", on: |scene, _| Step::End(scene.two) },
    Operation { name: "end_all", on: |_, _| Step::EndAll(None) },
    Operation { name: "end_all but one", on: |scene, _| Step::EndAll(Some(scene.one)) },
];

fn create(scene: &Scene, place: usize, with: impl Fn(&mut NewSession)) -> Step {
    let mut new = scene.new[place].clone();
    with(&mut new);
    Step::Create(new, 0)
}

fn rotate(scene: &Scene, have: Verifier, grace: Duration) -> Step {
    Step::Rotate(scene.one, Rotate { grace, ..rotation(have, a_verifier()) })
}

fn touch(scene: &Scene, have: Verifier, idle: Duration) -> Step {
    Step::Touch(scene.one, Touch { idle, ..activity(have) })
}

/// Runs two operations in an order, and judges what came out. True where they ran one after the other.
async fn pair<S: SessionStore>(
    on: &Candidate<S>,
    start: Start,
    first: &Operation,
    second: &Operation,
    schedule: Schedule,
) -> Result<bool, Broken> {
    let scene = Scene::set(on, start).await?;
    let (store, at, begin) = (on.store(), scene.at, Instant::now());
    let steps = [(first.on)(&scene, 0), (second.on)(&scene, 1)];
    let now = store.now(at);
    let take = |step: &Step| step.clone().take(store, at);
    let Run { outputs: (one, two), in_sequence } =
        interleave(schedule, take(&steps[0]), take(&steps[1])).await;
    let found = [sorted(one?), sorted(two?)];
    let kept = Model::read(store, at, &scene.ids()).await?;
    let slack = on.slack(begin);
    let difference = |[earlier, later]: [usize; 2]| {
        let (expected, left) = scene.model.after(&steps[earlier], now);
        let ahead = sorted(expected).difference(&found[earlier], slack);
        let (expected, left) = left.after(&steps[later], now);
        let behind = sorted(expected).difference(&found[later], slack);
        let name = |place: usize| format!("the {}", ["first", "second"][place]);
        ahead
            .map(|difference| format!("{}: {difference}", name(earlier)))
            .or_else(|| behind.map(|difference| format!("{}: {difference}", name(later))))
            .or_else(|| left.difference(&kept, &scene.ids(), slack))
    };
    let (Some(in_order), Some(in_reverse)) = (difference([0, 1]), difference([1, 0])) else {
        return Ok(in_sequence);
    };
    broken(format!(
        "`{}` and `{}` at once on a session that was {}, where {schedule}, come to what neither sequence does.\n  \
         the first before the second: {in_order}\n  the second before the first: {in_reverse}",
        first.name,
        second.name,
        start.describe(),
    ))
}

/// Sessions of the same millisecond are evicted in any order.
fn sorted(mut answer: Answer) -> Answer {
    if let Answer::Created(crate::store::Created::Opened { evicted, .. }) = &mut answer {
        evicted.sort_unstable();
    }
    answer
}

impl Start {
    fn describe(self) -> &'static str {
        match self {
            Start::Opened => "just opened",
            Start::Rotated => "refreshed",
            Start::Used => "refreshed and used since",
        }
    }
}
