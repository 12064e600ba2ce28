//! Every order of what can happen between a process with a near cache, its connection, the server, and others.
#![allow(clippy::expect_used, reason = "tests")]

use std::{collections::VecDeque, sync::Arc};

use proptest::prelude::*;
use uuid::Uuid;

use super::{a_record, a_tag, a_tracking, at};
use crate::near_cache::{Cache, NearCache, Stamp, Tracking};

/// What a program may get wrong, to see that it would be found.
#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    None,
    /// The stamp is taken when the answer is there.
    LateStamp,
    /// A proof is noted before what was heard of has been applied.
    HastyProof,
    /// A proof counts from its answer on.
    LateProof,
    /// Nobody looks whether the probe is there.
    NoProbe,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Read(usize),
    Keep(usize),
    Write,
    OwnWrite,
    Confirm,
    Flush,
    Beat,
    Proven,
    /// The server gets to the next command.
    Execute,
    /// fred looks at what comes next from the server.
    Receive,
    /// The feed looks at the next change.
    Apply,
}

#[derive(Clone, Copy)]
enum Command {
    Read(usize),
    Beat,
}

enum Frame {
    Answer(usize, Option<u64>),
    Beat(bool),
    Change(u64),
}

#[derive(Clone, Copy)]
enum Reading {
    Not,
    Sent(Stamp),
    Answered(Stamp, Option<u64>),
}

#[derive(Clone, Copy)]
enum Beating {
    Not,
    Sent(u64, u64),
    Answered(u64, u64, bool),
}

/// A process with a near cache, the connection, a server with one session of which each change is a version, and others
/// that change it.
struct World {
    mistake: Mistake,
    cache: Arc<Cache>,
    tracking: Tracking,
    time: u64,
    version: u64,
    is_there: bool,
    is_tracked: bool,
    commands: VecDeque<Command>,
    wire: VecDeque<Frame>,
    changes: VecDeque<u64>,
    readings: Vec<Reading>,
    beating: Beating,
    own: Option<u64>,
    /// How often each may still happen: writes, own writes, flushes, beats, reads.
    left: [usize; 5],
    /// The version that no older one may be let in than.
    known: u64,
}

impl World {
    fn new(mistake: Mistake, left: [usize; 5]) -> Self {
        let cache = Cache::new(NearCache::default().sessions(4));
        let tracking = a_tracking(&cache);
        World {
            mistake,
            cache,
            tracking,
            time: 0,
            version: 1,
            is_there: true,
            is_tracked: false,
            commands: VecDeque::new(),
            wire: VecDeque::new(),
            changes: VecDeque::new(),
            readings: vec![Reading::Not; 2],
            beating: Beating::Not,
            own: None,
            left,
            known: 0,
        }
    }

    fn steps(&self) -> Vec<Step> {
        let [writes, own_writes, flushes, beats, reads] = self.left;
        let mut steps = Vec::new();
        let mut may = |step, may: bool| steps.extend(may.then_some(step));
        for (n, reading) in self.readings.iter().enumerate() {
            may(Step::Read(n), reads > 0 && matches!(reading, Reading::Not));
            may(Step::Keep(n), matches!(reading, Reading::Answered(..)));
        }
        may(Step::Write, writes > 0);
        may(Step::OwnWrite, own_writes > 0 && self.own.is_none());
        may(Step::Confirm, self.own.is_some());
        may(Step::Flush, flushes > 0 && self.is_there);
        may(Step::Beat, beats > 0 && matches!(self.beating, Beating::Not));
        may(Step::Proven, matches!(self.beating, Beating::Answered(..)));
        may(Step::Execute, !self.commands.is_empty());
        may(Step::Receive, !self.wire.is_empty());
        may(Step::Apply, !self.changes.is_empty());
        steps
    }

    fn take(&mut self, step: Step) {
        self.time += 1;
        match step {
            Step::Read(n) => {
                self.left[4] -= 1;
                self.readings[n] = Reading::Sent(self.tracking.stamp(a_tag(1)));
                self.commands.push_back(Command::Read(n));
            }
            Step::Keep(n) => {
                if let Reading::Answered(stamp, Some(version)) = self.readings[n] {
                    let late = self.mistake == Mistake::LateStamp;
                    let stamp = if late { self.tracking.stamp(a_tag(1)) } else { stamp };
                    self.tracking.keep(a_tag(1), Uuid::from_u128(1), stamp, &a_record(version));
                }
                self.readings[n] = Reading::Not;
            }
            Step::Write => {
                self.left[0] -= 1;
                self.write();
            }
            Step::OwnWrite => {
                self.left[1] -= 1;
                self.write();
                self.own = Some(self.version);
            }
            Step::Confirm => {
                self.cache.changed(a_tag(1));
                self.known = self.known.max(self.own.take().unwrap_or_default());
            }
            Step::Flush => {
                self.left[2] -= 1;
                (self.version, self.is_there, self.is_tracked) = (self.version + 1, false, false);
            }
            Step::Beat => {
                self.left[3] -= 1;
                self.beating = Beating::Sent(self.time, self.version);
                self.commands.push_back(Command::Beat);
            }
            Step::Proven => self.proven(),
            Step::Execute => match self.commands.pop_front() {
                Some(Command::Read(n)) => {
                    self.is_tracked = true;
                    let version = self.is_there.then_some(self.version);
                    self.wire.push_back(Frame::Answer(n, version));
                }
                Some(Command::Beat) => self.wire.push_back(Frame::Beat(self.is_there)),
                None => {}
            },
            Step::Receive => match self.wire.pop_front() {
                Some(Frame::Answer(n, version)) => {
                    if let Reading::Sent(stamp) = self.readings[n] {
                        self.readings[n] = Reading::Answered(stamp, version);
                    }
                }
                Some(Frame::Beat(is_there)) => {
                    if let Beating::Sent(sent, version) = self.beating {
                        self.beating = Beating::Answered(sent, version, is_there);
                    }
                }
                Some(Frame::Change(version)) => self.changes.push_back(version),
                None => {}
            },
            Step::Apply => self.apply(),
        }
    }

    fn write(&mut self) {
        self.version += 1;
        if std::mem::take(&mut self.is_tracked) {
            self.wire.push_back(Frame::Change(self.version));
        }
    }

    fn apply(&mut self) {
        if let Some(version) = self.changes.pop_front() {
            self.cache.changed(a_tag(1));
            self.known = self.known.max(version);
        }
    }

    fn proven(&mut self) {
        let Beating::Answered(sent, mut version, is_there) = self.beating else { return };
        self.beating = Beating::Not;
        if self.mistake == Mistake::LateProof {
            version = self.version;
        }
        if self.mistake != Mistake::HastyProof {
            while !self.changes.is_empty() {
                self.apply();
            }
        }
        if is_there || self.mistake == Mistake::NoProbe {
            self.tracking.prove(at(sent));
            self.known = self.known.max(version);
        } else {
            self.tracking.forget();
        }
    }

    /// Whether nothing is known that is older than what must be.
    fn is_right(&self) -> bool {
        let known = self.tracking.recall(a_tag(1), Uuid::from_u128(1), at(self.time));
        known.is_none_or(|record| record.created.as_millis() >= self.known)
    }
}

/// Every order of all steps, until one leads to what must not be; how many there were.
fn every_order(mistake: Mistake, left: [usize; 5]) -> Result<usize, Vec<Step>> {
    let (mut choices, mut orders) = (Vec::<usize>::new(), 0);
    loop {
        let (mut world, mut taken, mut numbers) = (World::new(mistake, left), Vec::new(), Vec::new());
        loop {
            let steps = world.steps();
            if steps.is_empty() {
                break;
            }
            let choice = choices.get(taken.len()).copied().unwrap_or_default();
            world.take(steps[choice]);
            taken.push(steps[choice]);
            numbers.push((choice, steps.len()));
            if !world.is_right() {
                return Err(taken);
            }
        }
        orders += 1;
        while numbers.last().is_some_and(|(choice, of)| choice + 1 == *of) {
            numbers.pop();
        }
        let Some((last, _)) = numbers.last_mut() else { return Ok(orders) };
        *last += 1;
        choices = numbers.into_iter().map(|(choice, _)| choice).collect();
    }
}

#[test]
fn in_no_order_is_anything_known_that_is_older_than_the_last_change_that_was_heard_of() {
    let mut orders = 0;
    for left in [[1, 0, 0, 1, 1], [2, 0, 0, 0, 1], [1, 0, 0, 0, 2], [0, 1, 0, 0, 2], [0, 0, 1, 1, 1]] {
        orders += every_order(Mistake::None, left).expect("no order is wrong");
    }
    assert!(orders > 1000, "{orders}");
}

#[test]
fn each_rule_taken_away_is_found() {
    assert!(every_order(Mistake::LateStamp, [1, 0, 0, 0, 1]).is_err());
    assert!(every_order(Mistake::HastyProof, [1, 0, 0, 1, 1]).is_err());
    assert!(every_order(Mistake::LateProof, [1, 0, 0, 1, 1]).is_err());
    assert!(every_order(Mistake::NoProbe, [0, 0, 1, 1, 1]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn nor_in_a_long_history(choices in proptest::collection::vec(0_usize..100, 1..200)) {
        let mut world = World::new(Mistake::None, [20, 5, 1, 20, 40]);
        for choice in choices {
            let steps = world.steps();
            if steps.is_empty() {
                break;
            }
            world.take(steps[choice % steps.len()]);
            prop_assert!(world.is_right());
        }
    }
}
