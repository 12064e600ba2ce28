//! A small executor that polls two operations in an order of its own.
//!
//! An operation is polled when it has been woken, and not otherwise, so that each poll takes it from one await to the
//! next. An operation that waits for something outside (a server's reply, a lock that the other one holds) is not held
//! up by the order: the other one goes on in its place.

use std::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

use super::kit::Seeded;

/// The order in which two operations are polled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Schedule {
    /// The first is polled so many times, then the second one to its end, then the first one to its end.
    Within(usize),
    /// Each poll goes to one or the other as the seed has it.
    Seeded(u64),
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Within(0) => f.write_str("the second runs before the first"),
            Schedule::Within(polls) => write!(f, "the second runs at the first one's await number {polls}"),
            Schedule::Seeded(seed) => write!(f, "both run interleaved by the seed {seed}"),
        }
    }
}

/// What came out of two operations.
pub(super) struct Run<A, B> {
    pub(super) outputs: (A, B),
    /// Whether the first was done before the second one began: more of it cannot be had.
    pub(super) in_sequence: bool,
}

/// How long an operation may wait for something outside before the other one goes on in its place.
const PATIENCE: Duration = Duration::from_millis(10);

/// Runs both, in this order.
pub(super) async fn interleave<A: Future, B: Future>(
    schedule: Schedule,
    first: A,
    second: B,
) -> Run<A::Output, B::Output> {
    let (first, second) = (pin!(first), pin!(second));
    let (mut first, mut second) = (Operation::new(first), Operation::new(second));
    let mut order = Order { schedule, coins: Seeded::new(0), next: None, patience: None };
    if let Schedule::Seeded(seed) = schedule {
        order.coins = Seeded::new(seed);
    }
    let mut in_sequence = false;
    poll_fn(|context| {
        first.signal.forward_to(context.waker());
        second.signal.forward_to(context.waker());
        loop {
            match order.next(&first, &second, context) {
                Turn::First => first.poll(),
                Turn::Second => {
                    in_sequence |= second.polls == 0 && first.output.is_some();
                    second.poll();
                }
                Turn::None => return Poll::Pending,
            }
            if first.output.is_some()
                && let Some(second) = second.output.take()
                && let Some(first) = first.output.take()
            {
                return Poll::Ready(Run { outputs: (first, second), in_sequence });
            }
        }
    })
    .await
}

/// One of the two operations.
struct Operation<'a, F: Future> {
    future: Pin<&'a mut F>,
    output: Option<F::Output>,
    signal: Arc<Signal>,
    waker: Waker,
    polls: usize,
}

impl<'a, F: Future> Operation<'a, F> {
    fn new(future: Pin<&'a mut F>) -> Self {
        let signal = Arc::new(Signal { woken: AtomicBool::new(true), parent: Mutex::default() });
        let waker = Waker::from(Arc::clone(&signal));
        Operation { future, output: None, signal, waker, polls: 0 }
    }

    fn is_ready(&self) -> bool {
        self.output.is_none() && self.signal.woken.load(Ordering::Acquire)
    }

    fn poll(&mut self) {
        self.signal.woken.store(false, Ordering::Release);
        self.polls += 1;
        let mut context = Context::from_waker(&self.waker);
        if let Poll::Ready(output) = self.future.as_mut().poll(&mut context) {
            self.output = Some(output);
        }
    }
}

/// Notes that an operation was woken, and wakes the executor.
struct Signal {
    woken: AtomicBool,
    parent: Mutex<Option<Waker>>,
}

impl Signal {
    fn forward_to(&self, parent: &Waker) {
        *self.parent.lock().unwrap_or_else(PoisonError::into_inner) = Some(parent.clone());
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        let parent = self.parent.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    First,
    Second,
    /// Neither can go on now.
    None,
}

struct Order {
    schedule: Schedule,
    coins: Seeded,
    /// Whose turn it is by the last coin.
    next: Option<Turn>,
    patience: Option<Pin<Box<Sleep>>>,
}

impl Order {
    /// Whose turn it is, of those that can go on.
    fn next<A: Future, B: Future>(
        &mut self,
        first: &Operation<'_, A>,
        second: &Operation<'_, B>,
        context: &mut Context<'_>,
    ) -> Turn {
        let wanted = self.wanted(first, second);
        let (wanted_is_ready, other, other_is_ready) = match wanted {
            Turn::First => (first.is_ready(), Turn::Second, second.is_ready()),
            _ => (second.is_ready(), Turn::First, first.is_ready()),
        };
        let turn = match (wanted_is_ready, other_is_ready) {
            (true, _) => wanted,
            (false, true) if self.has_lost_patience(context) => other,
            (false, _) => return Turn::None,
        };
        (self.patience, self.next) = (None, None);
        turn
    }

    fn wanted<A: Future, B: Future>(&mut self, first: &Operation<'_, A>, second: &Operation<'_, B>) -> Turn {
        if first.output.is_some() {
            return Turn::Second;
        }
        if second.output.is_some() {
            return Turn::First;
        }
        match self.schedule {
            Schedule::Within(polls) if first.polls < polls => Turn::First,
            Schedule::Within(_) => Turn::Second,
            Schedule::Seeded(_) => {
                let coins = &mut self.coins;
                *self.next.get_or_insert_with(|| if coins.coin() { Turn::First } else { Turn::Second })
            }
        }
    }

    fn has_lost_patience(&mut self, context: &mut Context<'_>) -> bool {
        let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        patience.as_mut().poll(context).is_ready()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::{sync::Mutex as AsyncMutex, task::yield_now};

    use super::*;

    /// What two operations of three steps write, in the order in which they do.
    async fn trace(schedule: Schedule) -> (String, bool) {
        let written = RefCell::new(String::new());
        let operation = async |name: char| {
            for step in 0..3 {
                if step > 0 {
                    yield_now().await;
                }
                written.borrow_mut().push(name);
            }
        };
        let run = interleave(schedule, operation('a'), operation('b')).await;
        let in_sequence = run.in_sequence;
        (written.into_inner(), in_sequence)
    }

    #[tokio::test]
    async fn the_second_runs_at_each_await_of_the_first() {
        let expected = [("bbbaaa", false), ("abbbaa", false), ("aabbba", false), ("aaabbb", true)];
        for (polls, (trace_of, in_sequence)) in expected.into_iter().enumerate() {
            assert_eq!(trace(Schedule::Within(polls)).await, (trace_of.to_owned(), in_sequence));
        }
    }

    #[tokio::test]
    async fn seeds_give_all_orders_and_the_same_seed_the_same() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..400 {
            let (once, _) = trace(Schedule::Seeded(seed)).await;
            assert_eq!(once, trace(Schedule::Seeded(seed)).await.0);
            seen.insert(once);
        }
        assert_eq!(seen.len(), 20, "three of six places");
    }

    #[tokio::test]
    async fn an_operation_that_waits_for_the_other_is_not_held_up() {
        let lock = AsyncMutex::new(());
        let operation = async || {
            let _held = lock.lock().await;
            yield_now().await;
        };
        for polls in 0..3 {
            interleave(Schedule::Within(polls), operation(), operation()).await;
        }
    }
}
