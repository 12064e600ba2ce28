//! What is kept, without a clock.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use uuid::Uuid;

use super::counts::Counts;
use crate::{
    policy::WhenFull,
    session::{Record, ServerKey, Tag},
    store::{Began, NewSession, Timestamp},
};

/// How long a fence stands: longer than any login takes.
pub(super) const FENCE: Duration = Duration::from_mins(10);

#[derive(Default)]
pub(super) struct State {
    pub(super) principals: HashMap<Tag, Principal>,
    /// When each session ends unless it is used before; the fences too, under the nil id.
    pub(super) expiries: BTreeSet<(Timestamp, Tag, Uuid)>,
    pub(super) sessions: usize,
    pub(super) counts: Counts,
    pub(super) server_key: Option<ServerKey>,
}

#[derive(Default)]
pub(super) struct Principal {
    pub(super) sessions: HashMap<Uuid, Record>,
    fence: Option<Fence>,
}

/// Logins that began before it do not succeed.
struct Fence {
    order: u64,
    until: Timestamp,
}

impl State {
    pub(super) fn forget_expired(&mut self, now: Timestamp) {
        self.counts.forget_expired(now);
        while let Some(&(expiry, tag, id)) = self.expiries.first() {
            if expiry > now.to_millis() {
                break;
            }
            self.expiries.pop_first();
            if id.is_nil() {
                self.lift_fence(tag);
            } else {
                self.remove(tag, id);
            }
        }
    }

    pub(super) fn record(&self, tag: Tag, id: Uuid) -> Option<&Record> {
        self.principals.get(&tag)?.sessions.get(&id)
    }

    pub(super) fn put(&mut self, tag: Tag, id: Uuid, record: Record) {
        self.expiries.insert((record.idle, tag, id));
        match self.principals.entry(tag).or_default().sessions.insert(id, record) {
            Some(before) => {
                let same = self.record(tag, id).is_some_and(|now| now.idle == before.idle);
                if !same {
                    self.expiries.remove(&(before.idle, tag, id));
                }
            }
            None => self.sessions += 1,
        }
    }

    pub(super) fn remove(&mut self, tag: Tag, id: Uuid) -> Option<Record> {
        let principal = self.principals.get_mut(&tag)?;
        let record = principal.sessions.remove(&id)?;
        if principal.sessions.is_empty() && principal.fence.is_none() {
            self.principals.remove(&tag);
        }
        self.expiries.remove(&(record.idle, tag, id));
        self.sessions -= 1;
        Some(record)
    }

    /// Whether what began then was overtaken by an end of all sessions.
    pub(super) fn is_fenced(&self, tag: Tag, began: Began) -> bool {
        let fence = self.principals.get(&tag).and_then(|principal| principal.fence.as_ref());
        fence.is_some_and(|fence| began.0 < fence.order)
    }

    pub(super) fn fence(&mut self, tag: Tag, order: u64, now: Timestamp) {
        let until = now + FENCE;
        let before = self.principals.entry(tag).or_default().fence.replace(Fence { order, until });
        if let Some(before) = before {
            self.expiries.remove(&(before.until, tag, Uuid::nil()));
        }
        self.expiries.insert((until, tag, Uuid::nil()));
    }

    fn lift_fence(&mut self, tag: Tag) {
        if let Some(principal) = self.principals.get_mut(&tag) {
            principal.fence = None;
            if principal.sessions.is_empty() {
                self.principals.remove(&tag);
            }
        }
    }

    /// The principal's sessions that are in the way of another one, the oldest first; `None` where none may be ended.
    pub(super) fn in_the_way(&self, tag: Tag, new: &NewSession) -> Option<Vec<Uuid>> {
        let Some(principal) = self.principals.get(&tag) else {
            return Some(Vec::new());
        };
        let mut others: Vec<_> = principal
            .sessions
            .iter()
            .filter(|(id, _)| Some(**id) != new.replace)
            .map(|(id, r)| (r.created, *id))
            .collect();
        let surplus = (others.len() + 1).saturating_sub(usize::from(new.limit.sessions.get()));
        if surplus > 0 && new.limit.when_full == WhenFull::Refuse {
            return None;
        }
        others.sort_unstable();
        Some(others.into_iter().take(surplus).map(|(_, id)| id).collect())
    }
}
