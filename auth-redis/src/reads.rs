//! Reads that begin in the same moment go to the server in one command.
//!
//! A command costs a program some microseconds, in fred, in the allocator and in the kernel, whatever it is. So while other
//! reads are on their way, one waits until all tasks have run that are ready to, and takes along what those ask for. Nobody
//! waits for a timer, and a read that is alone is sent as it is.

use std::{
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
    link::{Link, is_answer},
    task::{spawn, spawn_in},
};

/// So many go in one command at the most: while the server answers some, others are on their way.
const MOST: usize = 32;

/// The reads of one connection.
pub(crate) struct Reads {
    /// Those that are on their way or have begun.
    under_way: AtomicUsize,
    /// Those that will go together.
    begun: Mutex<Vec<Read>>,
    /// Where the connection lives: other runtimes may end, or not be driven.
    runtime: Handle,
}

/// A field of a hash, and who waits for it.
struct Read {
    key: String,
    field: Bytes,
    answer: oneshot::Sender<Result<Value, Error>>,
}

/// One that is under way until this is dropped.
struct UnderWay<'a>(&'a AtomicUsize);

/// Will send what has begun. When it is dropped without, with its runtime, nobody else would: whoever waits learns of it.
struct Gathering(Option<Arc<Link>>);

impl Reads {
    /// Of a connection that lives in this runtime.
    pub(crate) fn new() -> Self {
        Reads { under_way: AtomicUsize::new(0), begun: Mutex::default(), runtime: Handle::current() }
    }

    /// Reads a field of a hash over `link`, whose reads these are.
    pub(crate) async fn read(&self, link: &Arc<Link>, key: &str, field: &[u8]) -> Result<Value, Error> {
        let (_under_way, is_alone) = self.begin();
        if is_alone {
            return link.field(key, field).await;
        }
        let (answer, answered) = oneshot::channel();
        let read = Read { key: key.to_owned(), field: Bytes::copy_from_slice(field), answer };
        if self.add(read) == 1 {
            // In a task of its own, not in that of a request: nobody knows when that is polled again.
            let gathering = Gathering(Some(Arc::clone(link)));
            spawn_in(&self.runtime, async move {
                after_what_is_ready().await;
                gathering.send();
            });
        }
        let ended = || Error::new(ErrorKind::Canceled, "the runtime of the connection has ended");
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    fn begin(&self) -> (UnderWay<'_>, bool) {
        let others = self.under_way.fetch_add(1, Relaxed);
        (UnderWay(&self.under_way), others == 0)
    }

    /// How many will go together by now.
    fn add(&self, read: Read) -> usize {
        let mut begun = self.lock();
        begun.push(read);
        begun.len()
    }

    fn take(&self) -> Vec<Read> {
        mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Read>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Gathering {
    fn send(mut self) {
        let Some(link) = self.0.take() else { return };
        let mut reads = link.reads.as_ref().map(Reads::take).unwrap_or_default();
        while !reads.is_empty() {
            let later = reads.split_off(reads.len().min(MOST));
            spawn(ask(Arc::clone(&link), mem::replace(&mut reads, later)));
        }
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        if let Some(reads) = self.0.take().as_ref().and_then(|link| link.reads.as_ref()) {
            reads.take();
        }
    }
}

impl Read {
    /// Whoever waited may have gone.
    fn give(self, answer: Result<Value, Error>) {
        self.answer.send(answer).ok();
    }
}

/// Each gets its own answer. An error that the server gave to all of them may be about one: then each is asked for alone.
async fn ask(link: Arc<Link>, reads: Vec<Read>) {
    let answers = if reads.len() > 1 {
        let keys: Vec<_> = reads.iter().map(|read| read.key.as_str()).collect();
        let fields: Vec<_> = reads.iter().map(|read| Value::Bytes(read.field.clone())).collect();
        link.fields(&keys, &fields).await.map_err(Some)
    } else {
        Err(None)
    };
    match answers {
        Ok(answers) => {
            for (read, answer) in reads.into_iter().zip(answers) {
                read.give(Ok(answer));
            }
        }
        Err(Some(error)) if !is_answer(&error) => {
            for read in reads {
                read.give(Err(error.clone()));
            }
        }
        Err(_) => {
            for read in reads {
                spawn(ask_alone(Arc::clone(&link), read));
            }
        }
    }
}

async fn ask_alone(link: Arc<Link>, read: Read) {
    let answer = link.field(&read.key, &read.field).await;
    read.give(answer);
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

    /// The runtime in which a connection lives may be over while another one goes on.
    #[test]
    fn nobody_waits_for_a_task_that_never_runs() {
        let (first, second) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let (link, _server) = first.block_on(async {
            let server = RedisServer::start().await;
            let (address, limit) = (Address::parse(&server.url()).unwrap(), Duration::from_mins(1));
            let (mut link, _router) = Link::connect(&address, limit, limit).await.unwrap();
            link.reads = Some(Reads::new());
            (Arc::new(link), server)
        });
        drop(first);
        let reads = link.reads.as_ref().unwrap();
        let _another = reads.begin();
        for _ in 0..2 {
            let read = async { timeout(Duration::from_secs(30), reads.read(&link, "key", b"field")).await };
            assert!(second.block_on(read).unwrap().is_err());
        }
        assert!(reads.take().is_empty());
    }
}
