//! Every order of what can happen between a process with a near cache, its connection, the server, and others.
#![allow(clippy::expect_used, reason = "tests")]

use std::{collections::VecDeque, ops::Range, sync::Arc};

use proptest::prelude::*;
use uuid::Uuid;

use super::{a_record, a_tag, a_tracking, at};
use crate::near_cache::{Cache, NearCache, Stamp, Tracking, canaries::Canaries};

/// What a program may get wrong, to see that it would be found.
#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    None,
    /// The stamp is taken when the answer is there.
    LateStamp,
    /// A proof counts from its answer on.
    LateProof,
    /// Nobody listens whether the canaries were told of.
    Deaf,
    /// Nobody looks whether the canaries are the same as ever.
    Blind,
    /// There is one only.
    OneCanary,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Read(usize),
    Keep(usize),
    Write,
    OwnWrite,
    Confirm,
    /// The database becomes another one, which is empty.
    Swap,
    /// The server forgets who has read what.
    Empty,
    Beat,
    Proven,
    /// The server gets to the next command.
    Execute,
    /// fred looks at what comes next from the server.
    Receive,
    /// The feed looks at the next change.
    Apply,
}

enum Command {
    Read(usize),
    /// Some of the four parts of a proof: each canary is set, and read.
    Beat(Range<usize>),
}

enum Frame {
    Answer(usize, Option<u64>),
    Beat,
    Change(Change),
}

enum Change {
    Session(u64),
    Canary(usize),
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
    Answered(u64, u64),
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
    changes: VecDeque<Change>,
    readings: Vec<Reading>,
    beating: Beating,
    canaries: Canaries,
    /// What the server has of the canaries, had before, and whether it would tell.
    held: [Option<u64>; 2],
    before: [Option<u64>; 2],
    armed: [bool; 2],
    own: Option<u64>,
    /// How often each may still happen: writes, own writes, swaps, beats, reads, and that the server forgets.
    left: [usize; 6],
    /// The version that no older one may be let in than.
    known: u64,
}

impl World {
    /// The session is known, and a proof was made.
    fn new(mistake: Mistake, left: [usize; 6]) -> Self {
        let cache = Cache::new(NearCache::default().sessions(4));
        let tracking = a_tracking(&cache);
        tracking.keep(a_tag(1), Uuid::from_u128(1), tracking.stamp(a_tag(1)), &a_record(1));
        let mut canaries = Canaries::new(["0", "1"].map(str::to_owned));
        let held = [Some(canaries.begin()); 2];
        assert!(!canaries.are_alive([None; 2]));
        World {
            mistake,
            cache,
            tracking,
            time: 0,
            version: 1,
            is_there: true,
            is_tracked: true,
            commands: VecDeque::new(),
            wire: VecDeque::new(),
            changes: VecDeque::new(),
            readings: vec![Reading::Not; 2],
            beating: Beating::Not,
            canaries,
            held,
            before: [None; 2],
            armed: [true; 2],
            own: None,
            left,
            known: 0,
        }
    }

    fn steps(&self) -> Vec<Step> {
        let [writes, own_writes, swaps, beats, reads, empties] = self.left;
        let mut steps = Vec::new();
        let mut may = |step, may: bool| steps.extend(may.then_some(step));
        // Those that have not begun are all the same.
        let next = self.readings.iter().position(|reading| matches!(reading, Reading::Not));
        for (n, reading) in self.readings.iter().enumerate() {
            may(Step::Read(n), reads > 0 && next == Some(n));
            may(Step::Keep(n), matches!(reading, Reading::Answered(..)));
        }
        may(Step::Write, writes > 0);
        may(Step::OwnWrite, own_writes > 0 && self.own.is_none());
        may(Step::Confirm, self.own.is_some());
        may(Step::Swap, swaps > 0 && self.is_there);
        may(Step::Empty, empties > 0);
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
            Step::Swap => {
                self.left[2] -= 1;
                (self.version, self.is_there, self.held) = (self.version + 1, false, [None; 2]);
            }
            Step::Empty => {
                self.left[5] -= 1;
                (self.is_tracked, self.armed) = (false, [false; 2]);
            }
            Step::Beat => {
                self.left[3] -= 1;
                self.beating = Beating::Sent(self.time, self.version);
                self.canaries.begin();
                // Others may come in between.
                let at_once = if self.left[5] > 0 { 1 } else { 4 };
                let parts = (0..4).step_by(at_once).map(|part| Command::Beat(part..part + at_once));
                self.commands.extend(parts);
            }
            Step::Proven => self.proven(),
            Step::Execute => match self.commands.pop_front() {
                Some(Command::Read(n)) => {
                    self.is_tracked = true;
                    let version = self.is_there.then_some(self.version);
                    self.wire.push_back(Frame::Answer(n, version));
                }
                Some(Command::Beat(parts)) => parts.for_each(|part| self.beat(part)),
                None => {}
            },
            Step::Receive => match self.wire.pop_front() {
                Some(Frame::Answer(n, version)) => {
                    if let Reading::Sent(stamp) = self.readings[n] {
                        self.readings[n] = Reading::Answered(stamp, version);
                    }
                }
                Some(Frame::Beat) => {
                    if let Beating::Sent(sent, version) = self.beating {
                        self.beating = Beating::Answered(sent, version);
                    }
                }
                Some(Frame::Change(change)) => self.changes.push_back(change),
                None => {}
            },
            Step::Apply => self.apply(),
        }
    }

    fn write(&mut self) {
        self.version += 1;
        if std::mem::take(&mut self.is_tracked) {
            self.wire.push_back(Frame::Change(Change::Session(self.version)));
        }
    }

    fn beat(&mut self, part: usize) {
        let canary = part / 2;
        if part % 2 == 1 {
            self.armed[canary] = true;
        } else {
            self.before[canary] = self.held[canary].replace(self.canaries.next());
            if std::mem::take(&mut self.armed[canary]) {
                self.wire.push_back(Frame::Change(Change::Canary(canary)));
            }
        }
        if part == 3 {
            self.wire.push_back(Frame::Beat);
        }
    }

    fn apply(&mut self) {
        match self.changes.pop_front() {
            Some(Change::Session(version)) => {
                self.cache.changed(a_tag(1));
                self.known = self.known.max(version);
            }
            Some(Change::Canary(canary)) => self.canaries.hear(canary.to_string().as_bytes()),
            None => {}
        }
    }

    fn proven(&mut self) {
        let Beating::Answered(sent, mut version) = self.beating else { return };
        self.beating = Beating::Not;
        if self.mistake == Mistake::LateProof {
            version = self.version;
        }
        while !self.changes.is_empty() {
            self.apply();
        }
        let last = Some(self.canaries.next() - 1);
        let mut before = self.before;
        match self.mistake {
            Mistake::Deaf => {
                self.canaries.hear(b"0");
                self.canaries.hear(b"1");
            }
            Mistake::Blind => before = [last; 2],
            Mistake::OneCanary => {
                self.canaries.hear(b"1");
                before[1] = last;
            }
            _ => {}
        }
        if self.canaries.are_alive(before) {
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
fn every_order(mistake: Mistake, left: [usize; 6]) -> Result<usize, Vec<Step>> {
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
    let all = [[1, 0, 0, 1, 1, 0], [2, 0, 0, 0, 1, 0], [0, 1, 0, 0, 2, 0], [0, 0, 1, 1, 1, 0]];
    for left in all {
        orders += every_order(Mistake::None, left).expect("no order is wrong");
    }
    assert!(orders > 1000, "{orders}");
}

#[test]
fn each_rule_taken_away_is_found() {
    assert!(every_order(Mistake::LateStamp, [1, 0, 0, 0, 1, 0]).is_err());
    assert!(every_order(Mistake::LateProof, [1, 0, 0, 1, 0, 0]).is_err());
    assert!(every_order(Mistake::Blind, [0, 0, 1, 1, 0, 0]).is_err());
}

/// Whether all is right after these steps, each of which is followed by what the process can do of itself.
fn is_right_after(mistake: Mistake, steps: &[Step]) -> bool {
    let mut world = World::new(mistake, [1, 0, 0, 2, 0, 1]);
    for step in steps {
        world.take(*step);
        while let Some(next) = world
            .steps()
            .into_iter()
            .rev()
            .find(|next| matches!(next, Step::Apply | Step::Receive | Step::Proven))
        {
            world.take(next);
        }
    }
    world.is_right()
}

#[test]
fn that_the_server_forgot_is_found_by_listening_to_both_canaries() {
    use Step::{Beat, Empty, Execute, Write};
    let before = [Empty, Write, Beat, Execute];
    // In the moment between the two commands for the first.
    let within = [Beat, Execute, Empty, Execute, Execute, Execute, Write, Beat, Execute];
    assert!(is_right_after(Mistake::None, &before) && is_right_after(Mistake::None, &within));
    assert!(!is_right_after(Mistake::Deaf, &before) && !is_right_after(Mistake::Deaf, &within));
    assert!(is_right_after(Mistake::OneCanary, &before) && !is_right_after(Mistake::OneCanary, &within));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn nor_in_a_long_history(choices in proptest::collection::vec(0_usize..100, 1..200)) {
        let mut world = World::new(Mistake::None, [20, 5, 1, 20, 40, 2]);
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
