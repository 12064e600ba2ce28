//! The Lua scripts: their sources, what they are given, and what they answer.

use std::time::Duration;

use auth_core::{
    WhenFull,
    session::{Presented, Record, Tag},
    store::{NewSession, Renew, Rotate, StoreError, StoreResult, Timestamp, Touch, readable},
    throttle::{Count, CountKey, Refused},
};
use fred::types::Value;
use uuid::Uuid;

use crate::arguments::Arguments;

/// How long a fence stands: longer than any login takes.
pub(crate) const FENCE: Duration = Duration::from_mins(10);

/// A record has a byte for the length.
const LONGEST_DEVICE: usize = 255;

/// How many counts of a list are kept side by side: two, and of a longer list all but the last.
pub(crate) fn side_by_side<T>(counts: &[T]) -> usize {
    counts.len().min(2).max(counts.len().saturating_sub(1))
}

/// A script.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    /// The one for many calls, where they may go together: they take the server's time in one piece.
    pub(crate) many: Option<&'static Script>,
}

/// With flags a script is refused by a server before 7.0, and where memory is short. What it shares with others stands
/// before it, and no more than that: each function is made anew by each call.
macro_rules! script {
    ($shebang:literal, $name:literal $(, $before:literal)*) => {
        Script {
            name: $name,
            source: concat!(
                $shebang, "\n", $(include_str!(concat!("scripts/", $before, ".lua")),)*
                include_str!(concat!("scripts/", $name, ".lua")),
            ),
            many: None,
        }
    };
}

/// A script of which calls may go together.
macro_rules! joint_script {
    ($shebang:literal, $name:literal $(, $before:literal)*) => {
        Script {
            many: Some(&Script {
                name: concat!($name, ", many"),
                source: concat!(
                    $shebang, "\n", $(include_str!(concat!("scripts/", $before, ".lua")),)*
                    "local function one(KEYS, ARGV)\n", include_str!(concat!("scripts/", $name, ".lua")), "end\n",
                    include_str!("scripts/many.lua"),
                ),
                many: None,
            }),
            ..script!($shebang, $name $(, $before)*)
        }
    };
}

/// Not where memory is short: this one takes more of it. Where a principal has as many sessions as it may, it looks at all of
/// them: too long for several to go together.
pub(crate) static CREATE: Script = script!("#!lua", "create", "time", "record");
pub(crate) static ROTATE: Script = joint_script!("#!lua flags=allow-oom", "rotate", "time", "record", "use");
pub(crate) static TOUCH: Script = joint_script!("#!lua flags=allow-oom", "touch", "time", "record", "use");
pub(crate) static RENEW: Script = joint_script!("#!lua flags=allow-oom", "renew", "time", "record", "use");
pub(crate) static END: Script = script!("#!lua flags=allow-oom", "end");
pub(crate) static END_ALL: Script = script!("#!lua flags=allow-oom", "end_all", "time", "record", "fence");
pub(crate) static UPDATE: Script = script!("#!lua flags=allow-oom", "update", "time", "record", "fence");
pub(crate) static LIST: Script = script!("#!lua flags=allow-oom", "list", "time", "record");
/// Not where memory is short either: no login is let through that is not counted.
pub(crate) static COUNT: Script = joint_script!("#!lua", "count", "time");
pub(crate) static REFUND: Script = joint_script!("#!lua flags=allow-oom", "refund", "time");
/// Of many; of one it is a command.
pub(crate) static READ: Script = script!("#!lua flags=no-writes", "read");

/// All of them; those for many calls too, if there can be such.
pub(crate) fn all(with_many: bool) -> Vec<&'static Script> {
    let one = [&CREATE, &ROTATE, &TOUCH, &RENEW, &LIST, &UPDATE, &END, &END_ALL, &COUNT, &REFUND];
    let many = one.into_iter().filter_map(|script| script.many).chain([&READ]).filter(|_| with_many);
    one.into_iter().chain(many).collect()
}

/// One call of a script: which, on what, with what.
pub(crate) struct Call {
    pub(crate) script: &'static Script,
    pub(crate) on: On,
    pub(crate) arguments: Vec<Value>,
}

/// What a script works on.
pub(crate) enum On {
    /// The sessions of a principal.
    Principal(Tag),
    /// Counts of logins.
    Counts(Vec<Kept>),
}

/// Where a count is kept: in a Cluster, in the slot of `beside`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) key: CountKey,
    pub(crate) beside: CountKey,
}

/// A count, and where it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) count: Count,
    pub(crate) kept: Kept,
}

impl Counted {
    /// What counts an identifier, alone and with networks, is kept side by side, so that one script can count by all of
    /// it. The network, which comes last, is everybody's, and would bring all identifiers to one node.
    pub(crate) fn list(counts: &[Count]) -> Vec<Self> {
        let counted = |(at, count): (usize, &Count)| {
            let first = counts.first().filter(|_| at < side_by_side(counts));
            let beside = first.map_or(count.key, |first| first.key);
            Counted { count: *count, kept: Kept { key: count.key, beside } }
        };
        counts.iter().enumerate().map(counted).collect()
    }
}

/// The steps of `end_all` and of `update`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    cursor: String,
    fence: u64,
}

impl Call {
    fn new(script: &'static Script, principal: Tag, arguments: Vec<Value>) -> Self {
        Call { script, on: On::Principal(principal), arguments }
    }

    pub(crate) fn create(at: Tag, new: &NewSession, began: Timestamp, deadline: Timestamp) -> Self {
        let when_full = match new.limit.when_full {
            WhenFull::EndOldest => "end",
            WhenFull::Refuse => "refuse",
        };
        let arguments = Arguments::with_room_for(13)
            .bytes(new.id.as_bytes())
            .bytes(new.verifier.as_bytes())
            .bytes(&new.payload)
            .millis(new.idle)
            .millis(new.absolute)
            .number(new.limit.sessions.get().into())
            .bytes(when_full.as_bytes())
            .number(began.as_micros().into())
            .optional(new.replace)
            .number(FENCE.as_micros())
            .number(deadline.as_micros().into())
            .bytes(new.device.get(..LONGEST_DEVICE).unwrap_or(&new.device));
        Call::new(&CREATE, at, arguments.into_values())
    }

    /// With what the server's time is at the least, as far as the caller knows: where it is not, the caller knows
    /// nothing of when the login began either.
    pub(crate) fn believing(mut self, now: Timestamp) -> Self {
        self.arguments.push(number(now.as_micros().into()));
        self
    }

    pub(crate) fn rotate(at: Tag, id: Uuid, step: &Rotate, deadline: Timestamp) -> Self {
        let arguments = Arguments::with_room_for(7)
            .bytes(id.as_bytes())
            .presented(&step.have)
            .bytes(step.next.as_bytes())
            .bytes(&step.nonce)
            .number(step.grace.as_micros())
            .millis(step.idle)
            .number(deadline.as_micros().into());
        Call::new(&ROTATE, at, arguments.into_values())
    }

    pub(crate) fn touch(at: Tag, id: Uuid, step: &Touch, deadline: Timestamp) -> Self {
        let arguments = Arguments::with_room_for(5)
            .bytes(id.as_bytes())
            .presented(&step.have)
            .number(step.grace.as_micros())
            .millis(step.idle)
            .number(deadline.as_micros().into());
        Call::new(&TOUCH, at, arguments.into_values())
    }

    pub(crate) fn renew(at: Tag, id: Uuid, step: &Renew, began: Timestamp, deadline: Timestamp) -> Self {
        let arguments = Arguments::with_room_for(9)
            .bytes(id.as_bytes())
            .presented(&step.have)
            .bytes(step.next.as_bytes())
            .bytes(&step.payload)
            .number(step.grace.as_micros())
            .millis(step.idle)
            .number(began.as_micros().into())
            .number(deadline.as_micros().into());
        Call::new(&RENEW, at, arguments.into_values())
    }

    pub(crate) fn list(at: Tag) -> Self {
        Call::new(&LIST, at, Vec::new())
    }

    pub(crate) fn update(
        at: Tag,
        only: Option<Uuid>,
        payload: &[u8],
        step: &Progress,
        deadline: Timestamp,
    ) -> Self {
        let arguments = Arguments::with_room_for(6)
            .bytes(step.cursor.as_bytes())
            .number(step.fence.into())
            .bytes(payload)
            .millis(FENCE)
            .number(deadline.as_micros().into())
            .optional(only);
        Call::new(&UPDATE, at, arguments.into_values())
    }

    pub(crate) fn count(counts: &[Counted], deadline: Timestamp) -> Self {
        let rates = counts.iter().map(|counted| counted.count.rate);
        let rates = rates.flat_map(|rate| [rate.every.as_micros(), rate.burst.into()]);
        Call::on_counts(&COUNT, counts, deadline, rates)
    }

    pub(crate) fn refund(counts: &[Counted], deadline: Timestamp) -> Self {
        let rates = counts.iter().map(|counted| counted.count.rate.every.as_micros());
        Call::on_counts(&REFUND, counts, deadline, rates)
    }

    fn on_counts(
        script: &'static Script,
        counts: &[Counted],
        deadline: Timestamp,
        rates: impl Iterator<Item = u128>,
    ) -> Self {
        let arguments = Arguments::with_room_for(1 + 2 * counts.len()).number(deadline.as_micros().into());
        let arguments = rates.fold(arguments, Arguments::number).into_values();
        Call { script, on: On::Counts(counts.iter().map(|counted| counted.kept).collect()), arguments }
    }

    pub(crate) fn end(at: Tag, id: Uuid) -> Self {
        Call::new(&END, at, vec![bytes(id.as_bytes())])
    }

    /// An end that writes something in any case, for the `WAIT` that follows.
    pub(crate) fn durable_end(at: Tag, id: Uuid) -> Self {
        Call::new(&END, at, vec![bytes(id.as_bytes()), bytes(b"durable")])
    }

    pub(crate) fn end_all(at: Tag, keep: Option<Uuid>, step: &Progress, deadline: Timestamp) -> Self {
        let arguments = Arguments::with_room_for(5)
            .bytes(step.cursor.as_bytes())
            .number(step.fence.into())
            .optional(keep)
            .millis(FENCE)
            .number(deadline.as_micros().into());
        Call::new(&END_ALL, at, arguments.into_values())
    }
}

impl Progress {
    pub(crate) fn start() -> Self {
        Progress { cursor: "0".to_owned(), fence: 0 }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.cursor == "0" && self.fence != 0
    }
}

fn bytes(bytes: &[u8]) -> Value {
    Value::from(Box::<[u8]>::from(bytes))
}

/// As text: Redis knows no other number in a command.
fn number(number: u128) -> Value {
    Value::from(number.to_string())
}

impl Arguments {
    /// A record has 48 bits for a time: no more than half of that is added to one.
    fn millis(self, duration: Duration) -> Self {
        self.number(duration.as_millis().min(1 << 47))
    }

    fn optional(self, id: Option<Uuid>) -> Self {
        self.bytes(id.as_ref().map_or(&[], |id| id.as_bytes().as_slice()))
    }

    /// All verifiers of a presented secret, one behind the other.
    fn presented(self, have: &Presented) -> Self {
        let all: Vec<[u8; 16]> = have.verifiers().iter().map(|verifier| *verifier.as_bytes()).collect();
        self.bytes(all.as_flattened())
    }
}

/// What a script answered: a word, the time of the server's clock, and what else there is.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) word: String,
    pub(crate) time: Timestamp,
    rest: Vec<Value>,
}

impl Reply {
    pub(crate) fn read(value: &Value) -> StoreResult<Self> {
        let Value::Array(values) = value else {
            return Err(unexpected("no list"));
        };
        let word = values.first().and_then(text).ok_or_else(|| unexpected("no word"))?;
        let time = values.get(1).and_then(Value::as_u64).ok_or_else(|| unexpected("no time"))?;
        let rest = values.get(2..).unwrap_or_default().to_vec();
        Ok(Reply { word, time: Timestamp::from_micros(time), rest })
    }

    /// Whether all sessions are as they were.
    pub(crate) fn changed_nothing(&self) -> bool {
        ["fenced", "full", "exists", "late", "stale", "gone", "refused"].contains(&&*self.word)
    }

    /// What an unknown word leads to.
    pub(crate) fn unknown<T>(&self) -> StoreResult<T> {
        match self.word.as_str() {
            "late" => Err(StoreError::unavailable(
                "the server got to the command after its deadline; nothing was changed",
            )),
            _ => Err(unexpected("an unknown word")),
        }
    }

    /// The record in the reply.
    pub(crate) fn record(&self) -> StoreResult<Record> {
        let bytes = self.rest.first().and_then(Value::as_bytes);
        bytes.and_then(readable).ok_or_else(|| unexpected("no record"))
    }

    /// The sessions in the reply.
    pub(crate) fn sessions(&self) -> StoreResult<Vec<(Uuid, Record)>> {
        let (pairs, []) = self.rest.as_chunks::<2>() else {
            return Err(unexpected("an id without a record"));
        };
        let session = |[id, record]: &[Value; 2]| {
            let id = Uuid::from_slice(id.as_bytes()?).ok()?;
            Some((id, readable(record.as_bytes()?)?))
        };
        pairs.iter().map(|pair| session(pair).ok_or_else(|| unexpected("no session"))).collect()
    }

    /// Which count refused, and for how long.
    pub(crate) fn refused(&self) -> StoreResult<Refused> {
        let [which, wait] = self.rest.as_slice() else {
            return Err(unexpected("no wait"));
        };
        let which = which.as_usize().ok_or_else(|| unexpected("no count"))?;
        let wait = wait.as_u64().ok_or_else(|| unexpected("no wait"))?;
        Ok(Refused { which, wait: Duration::from_micros(wait) })
    }

    /// The ids in the reply.
    pub(crate) fn ids(&self) -> StoreResult<Vec<Uuid>> {
        ids(&self.rest)
    }

    /// The fence in the reply.
    pub(crate) fn fence(&self) -> StoreResult<Timestamp> {
        let fence = self.rest.first().and_then(Value::as_u64).ok_or_else(|| unexpected("no fence"))?;
        Ok(Timestamp::from_micros(fence))
    }

    /// How far `end_all` or `update` has come, and the ids of the sessions that this step concerned.
    pub(crate) fn progress(&self) -> StoreResult<(Progress, Vec<Uuid>)> {
        let [cursor, fence, ended @ ..] = self.rest.as_slice() else {
            return Err(unexpected("no cursor"));
        };
        let cursor = text(cursor).ok_or_else(|| unexpected("no cursor"))?;
        let fence = fence.as_u64().filter(|fence| *fence > 0).ok_or_else(|| unexpected("no fence"))?;
        Ok((Progress { cursor, fence }, ids(ended)?))
    }
}

fn ids(values: &[Value]) -> StoreResult<Vec<Uuid>> {
    let id = |value: &Value| Uuid::from_slice(value.as_bytes()?).ok();
    values.iter().map(|value| id(value).ok_or_else(|| unexpected("no session id"))).collect()
}

fn text(value: &Value) -> Option<String> {
    std::str::from_utf8(value.as_bytes()?).ok().map(str::to_owned)
}

/// A reply that no script of ours gives. What was in it is not shown: it may be a record.
pub(crate) fn unexpected(found: &str) -> StoreError {
    tracing::error!(found, "a script's reply was not what this version of auth-redis expects");
    StoreError::unavailable(format!("found {found} in a script's reply"))
}

#[cfg(test)]
mod tests;
