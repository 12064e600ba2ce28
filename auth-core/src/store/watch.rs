//! Who waits for the end of a session.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::session::Tag;

/// Those who wait for the end of a session, by principal: for a store that is told of ends, to wake them.
///
/// Clones share them. There is something in memory only for principals that somebody waits for.
///
/// ```
/// use auth_core::{session::Tag, store::Watchers};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let watchers = Watchers::default();
/// let ann = Tag::of("user", "7");
/// let mut watch = watchers.watch(ann); // what `SessionStore::watch` gives
/// watchers.wake(ann); // when the store hears that a session of hers has ended
/// watch.woken().await;
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Watchers(Arc<Mutex<HashMap<Tag, watch::Sender<()>>>>);

/// One who waits; see [`Watchers`].
pub struct Watch {
    watchers: Watchers,
    at: Tag,
    /// There until it is dropped.
    receiver: Option<watch::Receiver<()>>,
}

impl Watchers {
    /// From now on, until it is dropped, the watch is woken by each [`wake`](Self::wake) for the same principal.
    #[must_use]
    pub fn watch(&self, at: Tag) -> Watch {
        let receiver = self.lock().entry(at).or_insert_with(|| watch::Sender::new(())).subscribe();
        Watch { watchers: self.clone(), at, receiver: Some(receiver) }
    }

    /// Wakes all who wait for a session of this principal. It need not have ended: they look for themselves.
    pub fn wake(&self, at: Tag) {
        if let Some(sender) = self.lock().get(&at) {
            sender.send_replace(());
        }
    }

    /// Whether somebody waits for a session of this principal.
    #[must_use]
    pub fn is_watched(&self, at: Tag) -> bool {
        self.lock().contains_key(&at)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Tag, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Returns when it has been woken since it was made, or since this returned last.
    pub async fn woken(&mut self) {
        let woken = match &mut self.receiver {
            Some(receiver) => receiver.changed().await.is_ok(),
            None => false,
        };
        if !woken {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watchers = self.watchers.lock();
        self.receiver = None;
        if watchers.get(&self.at).is_some_and(|sender| sender.receiver_count() == 0) {
            watchers.remove(&self.at);
        }
    }
}

/// Shows how many principals are waited for.
impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watchers({})", self.lock().len())
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, task::Poll};

    use super::*;

    /// Whether it has been woken already.
    async fn is_woken(watch: &mut Watch) -> bool {
        let mut woken = pin!(watch.woken());
        std::future::poll_fn(|cx| Poll::Ready(woken.as_mut().poll(cx).is_ready())).await
    }

    #[tokio::test]
    async fn those_who_wait_for_the_principal_are_woken_once_and_no_others() {
        let watchers = Watchers::default();
        let (ann, bob) = (Tag::of("user", "7"), Tag::of("user", "8"));
        watchers.wake(ann);
        let (mut first, mut second, mut other) =
            (watchers.watch(ann), watchers.watch(ann), watchers.watch(bob));
        assert!(!is_woken(&mut first).await, "what was before is over");
        watchers.wake(ann);
        watchers.wake(ann);
        assert!(is_woken(&mut first).await && is_woken(&mut second).await);
        assert!(!is_woken(&mut first).await && !is_woken(&mut other).await);
    }

    #[test]
    fn nothing_is_kept_of_those_who_have_gone() {
        let watchers = Watchers::default();
        let ann = Tag::of("user", "7");
        let (first, second) = (watchers.watch(ann), watchers.watch(ann));
        drop(first);
        assert!(watchers.is_watched(ann));
        drop(second);
        assert!(!watchers.is_watched(ann) && watchers.lock().is_empty());
    }
}
