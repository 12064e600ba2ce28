//! The sessions of a principal: for the user's own list of devices, for administrators, for a changed password.

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Auth;
use crate::{
    contract::Contract,
    entity::{AuthEntity, PrincipalId},
    events::EndReason,
    http::problem::Problem,
    session::{Device, Record, Session, SessionInfo, Tag, info::date},
    store::StoreResult,
};

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListedSession {
    /// Id and times.
    #[serde(flatten)]
    pub info: SessionInfo,
    /// When it was last used, to a twentieth of the idle time; at the least that is known, shortly before it ends.
    #[serde(with = "time::serde::rfc3339")]
    pub last_seen_at: OffsetDateTime,
    /// What it was opened with, such as `Firefox on Linux`.
    pub agent: Option<String>,
    /// The network that it was opened from, such as `192.0.2.0/24`.
    pub network: Option<String>,
    /// Whether it is the session that asks.
    pub current: bool,
}

impl<E: AuthEntity> Auth<E> {
    /// The sessions of a principal that are alive, the newest first.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn sessions(&self, principal: &E::Id) -> StoreResult<Vec<ListedSession>> {
        let mut records = self.noted(self.inner.store.list(tag_of::<E>(principal)).await)?;
        records.sort_by_key(|(id, record)| (std::cmp::Reverse(record.created), *id));
        Ok(records.iter().map(|(id, record)| self.listed(*id, record)).collect())
    }

    fn listed(&self, id: Uuid, record: &Record) -> ListedSession {
        let Device { agent, network, .. } = Device::decode(&record.device);
        ListedSession {
            info: SessionInfo::new(id, record),
            last_seen_at: date(record.idle.before(self.idle()).max(record.created)),
            agent,
            network: network.map(|network| network.to_string()),
            current: false,
        }
    }

    /// Ends all sessions of a principal, and lets no login succeed that has begun before: for a changed password, a
    /// disabled account, an administrator. Gives the number of sessions that were ended.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then some may have been ended, and it should be called again.
    pub async fn end_all(&self, principal: &E::Id) -> StoreResult<usize> {
        self.end_many(principal, None).await
    }

    /// Ends all other sessions of the principal whose session this is, as [`end_all`](Self::end_all) does.
    ///
    /// # Errors
    ///
    /// As with [`end_all`](Self::end_all).
    pub async fn end_others(&self, session: &Session<E>) -> StoreResult<usize> {
        self.end_many(session.principal(), Some(session.info().session_id)).await
    }

    async fn end_many(&self, principal: &E::Id, keep: Option<Uuid>) -> StoreResult<usize> {
        let tag = tag_of::<E>(principal);
        let ended = self.noted(self.inner.store.end_all(tag, keep).await)?;
        let count = ended.len();
        self.tell_of_ends(tag, ended, EndReason::AllEnded);
        Ok(count)
    }

    /// Ends the session with this public id of a principal; whether there was one.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn end(&self, principal: &E::Id, session: Uuid) -> StoreResult<bool> {
        Ok(self.end_at(tag_of::<E>(principal), session, EndReason::Revoked).await?.is_some())
    }

    /// Ends a session that its entity, or what has become of it, speaks against.
    pub(crate) async fn end_since(&self, session: &Session<E>, reason: EndReason) -> StoreResult<()> {
        self.end_at(tag_of::<E>(session.principal()), session.info().session_id, reason).await?;
        Ok(())
    }

    /// Renews what all sessions of an entity carry of it, after a change of its role, say. Gives the number of
    /// sessions. A login that has begun before does not succeed: it carries what was true then.
    ///
    /// Each session is renewed in one atomic step, but those of a principal with more than about 200 not all in one.
    /// An entity with `authenticate` is reloaded on each request, and needs none of this.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached, or a field of the entity cannot be stored.
    pub async fn update(&self, entity: &E) -> Result<usize, Problem>
    where
        E: Contract,
    {
        let (tag, payload) = self.carried(entity).await?;
        Ok(self.noted(self.inner.store.update(tag, None, payload).await)?)
    }

    /// Stamps one session anew after a change of a field that is marked `#[auth(stamp)]`, a password hash, say: this
    /// session goes on, and the principal's others end at their next request. Whether the session is (still) there: one of
    /// its own requests that comes between the change and this ends it, as it does the others.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn restamp(&self, session: &Session<E>, entity: &E) -> Result<bool, Problem>
    where
        E: Contract,
    {
        let (tag, payload) = self.carried(entity).await?;
        if tag != tag_of::<E>(session.principal()) {
            return Ok(false);
        }
        let only = Some(session.info().session_id);
        Ok(self.noted(self.inner.store.update(tag, only, payload).await)? > 0)
    }

    /// Whether the store can be reached: for a readiness probe. It names no component to the outside.
    ///
    /// # Errors
    ///
    /// 503 when it cannot.
    pub async fn health(&self) -> Result<(), Problem> {
        let nobody = Tag::of(E::SPEC.name, "");
        self.noted(self.inner.store.read(nobody, Uuid::nil()).await)?;
        Ok(())
    }
}

fn tag_of<E: AuthEntity>(principal: &E::Id) -> Tag {
    Tag::of(E::SPEC.name, &principal.to_text())
}
