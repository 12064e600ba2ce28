//! Waiting for the end of a session.

use std::{future::poll_fn, ops::ControlFlow, pin::pin, task::Poll, time::Duration};

use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

use super::Auth;
use crate::{
    entity::AuthEntity,
    session::{
        Tag,
        ended::{Ended, Limits, POLL, SILENCE},
    },
    store::Watch,
};

/// So many of those who wait may ask the store at a time: requests are not to stand in line behind them.
pub(super) const AT_A_TIME: usize = 64;

impl<E: AuthEntity> Auth<E> {
    /// Returns when the session has ended.
    pub(crate) async fn until_ended(self, at: Tag, id: Uuid, mut limits: Limits) -> Ended {
        let inner = &*self.inner;
        let mut own = inner.watchers.watch(at);
        let mut pushed;
        let mut answered = Instant::now();
        loop {
            // Before the look, so that no end falls in between; again each time, since sessions may move within a store.
            pushed = inner.store.watch(at);
            let look = async {
                let _turn = inner.turns.acquire().await;
                inner.store.read(at, id).await
            };
            let Ok(answer) = timeout_at(answered + SILENCE, look).await else {
                return Ended::Unknown;
            };
            match &answer {
                Ok(_) => answered = Instant::now(),
                Err(error) => {
                    tracing::debug!(session = %id, %error, "nobody knows whether a session is still there");
                }
            }
            match limits.judge(&answer, inner.store.now(at), answered.elapsed()) {
                ControlFlow::Break(ended) => return ended,
                ControlFlow::Continue(wait) => {
                    timeout(spread(wait), woken(&mut own, pushed.as_mut())).await.ok();
                }
            }
        }
    }
}

/// Returns when one of them is.
async fn woken(own: &mut Watch, pushed: Option<&mut Watch>) {
    let mut own = pin!(own.woken());
    let mut pushed = pin!(async {
        match pushed {
            Some(pushed) => pushed.woken().await,
            None => std::future::pending().await,
        }
    });
    poll_fn(|cx| {
        let woken = own.as_mut().poll(cx).is_ready() || pushed.as_mut().poll(cx).is_ready();
        if woken { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Three quarters to all of a whole poll, so that those who began together do not go on together.
fn spread(wait: Duration) -> Duration {
    if wait < POLL {
        return wait;
    }
    let random = getrandom::u32().unwrap_or(u32::MAX);
    wait.mul_f64(0.75 + 0.25 * f64::from(random) / f64::from(u32::MAX))
}

#[cfg(all(test, feature = "testing"))]
mod tests;
