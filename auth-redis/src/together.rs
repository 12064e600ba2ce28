//! Commands that begin in the same moment go to the server in one.
//!
//! A command costs a program some microseconds, in fred, in the allocator and in the kernel, whatever it is. So while others
//! are on their way, one waits until all tasks have run that are ready to, and those of a kind that have begun by then go
//! together. Nobody waits for a timer, and a command that is alone is sent as it is. Each gets its own answer, and where
//! one fails the others do not.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::Poll,
};

use fred::{
    bytes::Bytes,
    error::{Error, ErrorKind},
    types::Value,
};
use tokio::{runtime::Handle, sync::oneshot};

use crate::{
    link::{Link, Manner, QUEUE},
    scripts::{READ, Script},
    task::{spawn, spawn_in},
};

/// So many go in one at the most: while the server answers some, others are on their way.
const MOST: usize = 32;

/// What goes together over one connection.
pub(crate) struct Together {
    /// The commands that are on their way or have begun.
    under_way: AtomicUsize,
    begun: Mutex<Begun>,
    /// Where the connection lives: other runtimes may end, or not be driven.
    runtime: Handle,
}

/// Those that will go next, by their kind.
type Begun = BTreeMap<Kind, Vec<Waiting>>;

/// The script that does it for many, and what each has of keys and of arguments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    script: &'static str,
    keys: usize,
    arguments: usize,
}

/// A command that can go together with others.
pub(crate) enum Command {
    Call {
        script: &'static Script,
        many: &'static Script,
        keys: Vec<String>,
        arguments: Vec<Value>,
    },
    /// Of a field of a hash.
    Read {
        key: String,
        field: Bytes,
    },
}

/// A command, and who waits for its answer.
struct Waiting {
    command: Command,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<Value, Error>;

/// A command that is under way until this is dropped.
struct UnderWay<'a> {
    /// Whether it was the only one as it began.
    is_alone: bool,
    all: &'a AtomicUsize,
}

/// Will send what has begun. When it is dropped without, with its runtime, nobody else would: whoever waits learns of it.
struct Gathering(Option<Arc<Link>>);

impl Together {
    /// Over a connection that lives in this runtime.
    pub(crate) fn new() -> Self {
        Together { under_way: AtomicUsize::new(0), begun: Mutex::default(), runtime: Handle::current() }
    }

    /// The answer to a command that is sent over `link`, which this is of.
    pub(crate) async fn ask(&self, link: &Arc<Link>, command: Command) -> Answer {
        let under_way = self.begin();
        if under_way.is_alone {
            return link.send_one(command).await;
        }
        // It is not answered where the runtime of the connection ends.
        self.join(link, command)?.await.unwrap_or_else(|_| Err(Error::new_canceled()))
    }

    fn begin(&self) -> UnderWay<'_> {
        UnderWay { is_alone: self.under_way.fetch_add(1, Relaxed) == 0, all: &self.under_way }
    }

    /// Sends it with those that begin in the same moment.
    fn join(&self, link: &Arc<Link>, command: Command) -> Result<oneshot::Receiver<Answer>, Error> {
        let (answer, answered) = oneshot::channel();
        if self.add(Waiting { command, answer })? == 1 {
            // In a task of its own, not in that of a request: nobody knows when that is polled again.
            let gathering = Gathering(Some(Arc::clone(link)));
            spawn_in(&self.runtime, async move {
                after_what_is_ready().await;
                gathering.send();
            });
        }
        Ok(answered)
    }

    /// How many will go next by now, with this one.
    fn add(&self, waiting: Waiting) -> Result<usize, Error> {
        let mut begun = self.lock();
        let count = 1 + begun.values().map(Vec::len).sum::<usize>();
        if count > QUEUE {
            return Err(Error::new(ErrorKind::Backpressure, "too many commands wait to be sent"));
        }
        begun.entry(waiting.command.kind()).or_default().push(waiting);
        Ok(count)
    }

    fn take(&self) -> Begun {
        mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Relaxed);
    }
}

impl Gathering {
    fn send(mut self) {
        let Some(link) = self.0.take() else { return };
        for mut commands in link.together.as_ref().map(Together::take).unwrap_or_default().into_values() {
            while !commands.is_empty() {
                let later = commands.split_off(commands.len().min(MOST));
                spawn(send(Arc::clone(&link), mem::replace(&mut commands, later)));
            }
        }
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        if let Some(together) = self.0.take().as_ref().and_then(|link| link.together.as_ref()) {
            together.take();
        }
    }
}

impl Command {
    fn kind(&self) -> Kind {
        match self {
            Command::Call { many, keys, arguments, .. } => {
                Kind { script: many.name, keys: keys.len(), arguments: arguments.len() }
            }
            Command::Read { .. } => Kind { script: READ.name, keys: 1, arguments: 1 },
        }
    }

    /// The script that does it for many, by keys and arguments of each: see `scripts/many.lua`.
    fn many(&self) -> &'static Script {
        match self {
            Command::Call { many, .. } => many,
            Command::Read { .. } => &READ,
        }
    }
}

/// Sends commands of one kind, and gives each its answer.
async fn send(link: Arc<Link>, mut all: Vec<Waiting>) {
    // Whoever waited for it may have gone.
    all.retain(|waiting| !waiting.answer.is_closed());
    let (commands, waiting): (Vec<_>, Vec<_>) =
        all.into_iter().map(|waiting| (waiting.command, waiting.answer)).unzip();
    let answers = match <[Command; 1]>::try_from(commands) {
        Ok([only]) => Ok(vec![link.in_time(link.send_one(only)).await]),
        Err(commands) => send_all(&link, commands).await,
    };
    // What fails as a whole may have been done, as anything may that gets no answer.
    let answers = answers.unwrap_or_else(|error| vec![Err(error); waiting.len()]);
    for (waits, answer) in waiting.into_iter().zip(answers) {
        waits.send(answer).ok();
    }
}

/// Sends commands of one kind as one; the answer to each.
pub(crate) async fn send_all(link: &Link, commands: Vec<Command>) -> Result<Vec<Answer>, Error> {
    let (count, Some(first)) = (commands.len(), commands.first()) else { return Ok(Vec::new()) };
    let (many, kind) = (first.many(), first.kind());
    let mut all_keys = Vec::with_capacity(count * kind.keys);
    let mut all_arguments = Vec::with_capacity(1 + count * kind.arguments);
    all_arguments.push(Value::from(count.to_string()));
    for command in commands {
        match command {
            Command::Call { keys, arguments, .. } => {
                all_keys.extend(keys);
                all_arguments.extend(arguments);
            }
            Command::Read { key, field } => {
                all_keys.push(key);
                all_arguments.push(Value::Bytes(field));
            }
        }
    }
    let answer = link.in_time(link.evaluate(many, all_keys, all_arguments, Manner::Plain)).await?;
    answers(answer, count)
        .ok_or_else(|| Error::new(ErrorKind::Protocol, "not as many answers as there were commands"))
}

/// What `scripts/many.lua` answers: each one's reply, then who failed, and why.
fn answers(answer: Value, commands: usize) -> Option<Vec<Answer>> {
    let Value::Array(mut replies) = answer else { return None };
    let Value::Array(failed) = replies.pop()? else { return None };
    if replies.len() != commands {
        return None;
    }
    let mut answers: Vec<Answer> = replies.into_iter().map(Ok).collect();
    let (failed, []) = failed.as_chunks::<2>() else { return None };
    for [number, why] in failed {
        let why = why.as_string().unwrap_or_default();
        *answers.get_mut(number.as_usize()?)? = Err(Error::new(ErrorKind::Unknown, why));
    }
    Some(answers)
}

/// Returns when all tasks that are ready now, on this thread, have had their turn.
async fn after_what_is_ready() {
    let mut has_waited = false;
    poll_fn(|context| {
        if mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use tokio::{runtime::Runtime, time::timeout};

    use super::*;
    use crate::{address::Address, redis_server::RedisServer};

    fn list(values: impl IntoIterator<Item = Value>) -> Value {
        Value::Array(values.into_iter().collect())
    }

    #[test]
    fn each_has_its_own_answer_or_why_it_failed() {
        let replies =
            [list([1.into()]), Value::Null, list([3.into()]), list([1.into(), "WRONGTYPE no hash".into()])];
        let found = answers(list(replies), 3).unwrap();
        assert_eq!(found[0].as_ref().ok(), Some(&list([1.into()])));
        assert_eq!(found[1].as_ref().unwrap_err().details(), "WRONGTYPE no hash");
        assert_eq!(found[2].as_ref().ok(), Some(&list([3.into()])));
    }

    #[test]
    fn what_has_another_shape_answers_nobody() {
        let none = || list([]);
        for strange in [
            Value::Null,
            "replies".into(),
            none(),
            list([none(), none()]),
            list([none(), Value::Null]),
            list([none(), none(), none(), none()]),
            list([none(), none(), list([1.into()])]),
            list([none(), none(), list([2.into(), "why".into()])]),
            list([none(), none(), list(["which".into(), "why".into()])]),
        ] {
            assert!(answers(strange.clone(), 2).is_none(), "{strange:?}");
        }
    }

    /// A runtime that is not driven takes no memory for what begins meanwhile, beyond a bound.
    #[test]
    fn no_more_wait_than_may() {
        let idle = Runtime::new().unwrap();
        let together = {
            let _entered = idle.enter();
            Together::new()
        };
        let mut receivers = Vec::new();
        for n in 0..=QUEUE {
            let (answer, answered) = oneshot::channel();
            let command = Command::Read { key: String::new(), field: Bytes::new() };
            let added = together.add(Waiting { command, answer });
            assert_eq!(added.is_ok(), n < QUEUE);
            receivers.push(answered);
        }
    }

    /// The runtime in which a connection lives may be over while another one goes on.
    #[test]
    fn nobody_waits_for_a_task_that_never_runs() {
        let (first, second) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let (link, _server) = first.block_on(async {
            let server = RedisServer::start().await;
            let (address, limit) = (Address::parse(&server.url()).unwrap(), Duration::from_mins(1));
            let (mut link, _router) = Link::connect(&address, limit, limit).await.unwrap();
            link.together = Some(Together::new());
            (Arc::new(link), server)
        });
        drop(first);
        let together = link.together.as_ref().unwrap();
        let _another = together.begin();
        for _ in 0..2 {
            let read = async {
                timeout(Duration::from_secs(30), link.read_field("key", b"field", Manner::Plain)).await
            };
            assert!(second.block_on(read).unwrap().is_err());
        }
        assert!(together.take().is_empty());
    }
}
