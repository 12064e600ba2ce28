//! Which sessions' activity is being noted, so that it is done once at a time.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

/// The sessions whose activity is being noted.
#[derive(Clone, Default)]
pub(super) struct Touching(Arc<Mutex<HashSet<Uuid>>>);

/// One of them; it is one no longer when this is dropped.
pub(super) struct Touch {
    touching: Touching,
    id: Uuid,
}

impl Touching {
    /// None when it is being done already.
    pub(super) fn begin(&self, id: Uuid) -> Option<Touch> {
        self.lock().insert(id).then(|| Touch { touching: self.clone(), id })
    }

    /// Whether none is being noted.
    #[cfg(feature = "testing")]
    pub(super) fn is_done(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Touch {
    fn drop(&mut self) {
        self.touching.lock().remove(&self.id);
    }
}
