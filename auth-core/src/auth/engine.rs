//! What the endpoints and extractors ask of a handle: each one or two steps of the store.

use std::{mem, sync::Arc, time::Duration};

use uuid::Uuid;

use super::{Auth, event};
#[cfg(feature = "sealed")]
use crate::session::seal::is_sealed;
use crate::{
    contract::Contract,
    entity::{AuthEntity, PrincipalId},
    events::{EndReason, EventKind, ThrottledBy},
    http::problem::{Problem, ProblemType},
    session::{
        Device, Presented, Record, Session, SessionInfo, Stamp, Tag,
        keys::EntityKeys,
        lifecycle::{self, Standing},
        payload::{Bytes, Carried, Payload},
        token::{Token, random},
    },
    store::{
        Began, Created, Found, NewSession, Renew, Renewed, Rotate, Rotated, StoreResult, Timestamp, Touch,
    },
    task::spawn,
    throttle::{Count, normalized},
};

/// A session that was opened, refreshed or renewed. Without a token its secret stays as it is.
pub(crate) struct Refreshed<E: AuthEntity> {
    pub(crate) session: Session<E>,
    pub(crate) successor: Option<Token>,
}

/// A login that is being tried: what it was counted by, to be given back when it succeeds.
pub(crate) struct Attempt {
    began: Began,
    counted: Vec<Count>,
    identifier: Tag,
}

impl<E: AuthEntity> Auth<E> {
    /// From here on an end of all sessions is in the way of the login that begins.
    pub(crate) fn login_begins(&self) -> Began {
        self.inner.store.login_begins()
    }

    /// Counts a login, before its credentials are looked at.
    pub(crate) async fn attempt(
        &self,
        began: Began,
        identifier: &str,
        device: &Device,
    ) -> Result<Attempt, Problem> {
        let identifier = normalized(identifier);
        let tag = Tag::of(E::SPEC.name, &identifier);
        let limits = self.inner.settings.throttle;
        let counts =
            limits.map(|limits| limits.counts(E::SPEC.name, &identifier, device)).unwrap_or_default();
        let (by, counted): (Vec<ThrottledBy>, Vec<Count>) = counts.into_iter().unzip();
        if !counted.is_empty() {
            let refused = self.noted(self.inner.store.count(counted.clone()).await)?;
            if let Some((by, wait)) =
                refused.and_then(|refused| Some((*by.get(refused.which)?, refused.wait)))
            {
                let kind = EventKind::LoginThrottled(by, wait);
                self.tell(&event::<E>(kind).of(tag).from(device.network));
                return Err(Problem::too_many_logins(wait));
            }
        }
        Ok(Attempt { began, counted, identifier: tag })
    }

    /// A login that nobody counts.
    #[cfg(feature = "testing")]
    pub(crate) fn uncounted(&self) -> Attempt {
        let identifier = Tag::of(E::SPEC.name, "");
        Attempt { began: self.inner.store.login_begins(), counted: Vec::new(), identifier }
    }

    /// The credentials were not right.
    pub(crate) fn failed(&self, attempt: &Attempt, device: &Device) {
        self.tell(&event::<E>(EventKind::LoginFailed).of(attempt.identifier).from(device.network));
    }

    /// The credentials were right, or were not looked at: what was counted is given back, behind the request's back.
    pub(crate) fn give_back(&self, attempt: Attempt) {
        if attempt.counted.is_empty() {
            return;
        }
        let store = Arc::clone(&self.inner.store);
        spawn(async move {
            if let Err(error) = store.refund(attempt.counted).await {
                tracing::debug!(%error, "a login that succeeded stays counted");
            }
        });
    }

    /// Opens a session for `entity`, and ends the one that was presented.
    pub(crate) async fn sign_in(
        &self,
        entity: &E,
        attempt: &Attempt,
        presented: Option<Token>,
        device: &Device,
    ) -> Result<(SessionInfo, Token), Problem>
    where
        E: Contract,
    {
        let (tag, payload) = self.carried(entity).await?;
        let replace = match presented {
            Some(old) if old.tag == tag => Some(old.session_id(E::SPEC.name)),
            Some(old) => {
                self.end_at(old.tag, old.session_id(E::SPEC.name), EndReason::Replaced).await?;
                None
            }
            None => None,
        };
        let new = |id, verifier| NewSession {
            id,
            verifier,
            payload: payload.clone(),
            device: device.encode(),
            idle: self.inner.settings.policy.idle(),
            absolute: self.inner.settings.policy.absolute(),
            limit: self.inner.settings.policy.limit(),
            began: attempt.began,
            replace,
        };
        // What comes too late for the store must not be sent again with the same id.
        for _ in 0..2 {
            let token = Token::random(tag)?;
            let id = token.session_id(E::SPEC.name);
            let new = new(id, self.noted(self.keys().await)?.verifier(&token, id));
            match self.noted(self.inner.store.create(tag, new.clone()).await)? {
                Created::Opened { at, evicted } => {
                    self.tell(&event::<E>(EventKind::SignedIn).of_session(id).of(tag).from(device.network));
                    self.tell_of_ends(tag, replace, EndReason::Replaced);
                    self.tell_of_ends(tag, evicted, EndReason::Evicted);
                    return Ok((SessionInfo::new(id, &lifecycle::open(&new, at)), token));
                }
                Created::Late => {}
                Created::Fenced => return Err(Problem::new(ProblemType::InvalidCredentials)),
                Created::Full => return Err(Problem::new(ProblemType::TooManySessions)),
                Created::Exists => break,
            }
        }
        Err(Problem::unavailable("login", &"the store opened no session"))
    }

    /// Credentials were checked again: the session that the token stands for gets a new secret, if it is `entity`'s.
    pub(crate) async fn reauthenticate(
        &self,
        entity: &E,
        attempt: &Attempt,
        token: &Token,
        device: &Device,
    ) -> Result<(SessionInfo, Token), Problem>
    where
        E: Contract,
    {
        let (tag, payload) = self.carried(entity).await?;
        if tag != token.tag {
            return Err(Problem::new(ProblemType::InvalidCredentials));
        }
        let id = token.session_id(E::SPEC.name);
        let keys = self.noted(self.keys().await)?;
        let next = token.with_secret(Token::random(tag)?.secret);
        let policy = &self.inner.settings.policy;
        let step = Renew {
            have: keys.presented(token, id),
            next: keys.verifier(&next, id),
            payload,
            grace: policy.grace(),
            idle: policy.idle(),
            began: attempt.began,
        };
        match self.noted(self.inner.store.renew(tag, id, step).await)? {
            Renewed::Renewed(record) => {
                self.tell(
                    &event::<E>(EventKind::Reauthenticated).of_session(id).of(tag).from(device.network),
                );
                Ok((SessionInfo::new(id, &record), next))
            }
            Renewed::Stale => {
                self.tell(&event::<E>(EventKind::StaleSecret).of_session(id).of(tag));
                Err(Problem::not_signed_in())
            }
            Renewed::Gone | Renewed::Fenced => Err(Problem::not_signed_in()),
        }
    }

    /// The session that a token stands for; activity is noted behind the request's back.
    pub(crate) async fn authenticate(&self, token: &Token) -> StoreResult<Option<Session<E>>> {
        let id = token.session_id(E::SPEC.name);
        let keys = self.noted(self.keys().await)?;
        let have = keys.presented(token, id);
        let policy = &self.inner.settings.policy;
        // What the store knows without asking may be old, and lets in at the most.
        if let Some(known) = self.inner.store.recall(token.tag, id)
            && lifecycle::standing(&known.record, &have, known.now, policy.grace()) == Standing::Current
        {
            let payload = known.record.payload.clone();
            if let Some(session) = self.session(keys, token.tag, id, (&known.record, payload), known.now) {
                self.note_activity(token.tag, id, &known.record, Standing::Current, known.now, have);
                return Ok(Some(session));
            }
        }
        let found = self.noted(self.inner.store.read(token.tag, id).await)?;
        Ok(found.and_then(|found| self.admit(keys, token.tag, id, have, found)))
    }

    /// The same by what the store has now, whatever is known without asking.
    pub(crate) async fn authenticate_anew(&self, token: &Token) -> StoreResult<Option<Session<E>>> {
        let id = token.session_id(E::SPEC.name);
        let keys = self.noted(self.keys().await)?;
        let found = self.noted(self.inner.store.read(token.tag, id).await)?;
        Ok(found.and_then(|found| self.admit(keys, token.tag, id, keys.presented(token, id), found)))
    }

    /// The session that was found in the store, for who presented what.
    fn admit(
        &self,
        keys: &EntityKeys,
        tag: Tag,
        id: Uuid,
        have: Presented,
        mut found: Found,
    ) -> Option<Session<E>> {
        let policy = &self.inner.settings.policy;
        let standing = lifecycle::standing(&found.record, &have, found.now, policy.grace());
        match standing {
            Standing::Current | Standing::Previous => {}
            Standing::Stale => {
                self.tell(&event::<E>(EventKind::StaleSecret).of_session(id).of(tag));
                return None;
            }
            Standing::Expired => return None,
        }
        self.note_activity(tag, id, &found.record, standing, found.now, have);
        let payload = mem::take(&mut found.record.payload);
        self.session(keys, tag, id, (&found.record, payload), found.now)
    }

    fn note_activity(
        &self,
        tag: Tag,
        id: Uuid,
        read: &Record,
        standing: Standing,
        now: Timestamp,
        have: Presented,
    ) {
        let policy = &self.inner.settings.policy;
        if lifecycle::wants_touch(read, standing, now, policy.idle()) {
            self.touch(tag, id, read, Touch { have, grace: policy.grace(), idle: policy.idle() });
        }
    }

    /// In a task of its own, once for what was read of the session.
    fn touch(&self, tag: Tag, id: Uuid, read: &Record, step: Touch) {
        let Some(touching) = self.inner.touching.begin(id, read) else {
            return;
        };
        let store = Arc::clone(&self.inner.store);
        spawn(async move {
            match store.touch(tag, id, step).await {
                Ok(true) => touching.succeeded(),
                Ok(false) => {}
                Err(error) => tracing::debug!(session = %id, %error, "activity was not noted"),
            }
        });
    }

    /// Ends the session that a token names: whoever holds a cookie of it may, with a secret of yesterday too.
    pub(crate) async fn sign_out(&self, token: &Token) -> StoreResult<Option<SessionInfo>> {
        let id = token.session_id(E::SPEC.name);
        let record = self.end_at(token.tag, id, EndReason::SignedOut).await?;
        Ok(record.map(|record| SessionInfo::new(id, &record)))
    }

    /// Rotates the secret, where it is time to.
    pub(crate) async fn refresh(&self, token: &Token) -> StoreResult<Option<Refreshed<E>>> {
        let id = token.session_id(E::SPEC.name);
        let keys = self.noted(self.keys().await)?;
        let policy = &self.inner.settings.policy;
        let nonce = *random()?;
        let successor = keys.successor(token, id, &nonce);
        let step = Rotate {
            have: keys.presented(token, id),
            next: keys.verifier(&successor, id),
            nonce,
            grace: policy.grace(),
            idle: policy.idle(),
        };
        let told = |kind| self.tell(&event::<E>(kind).of_session(id).of(token.tag));
        let (mut record, successor) = match self.noted(self.inner.store.rotate(token.tag, id, step).await)? {
            Rotated::Next(record) => {
                told(EventKind::Refreshed);
                (record, Some(successor))
            }
            Rotated::Again(record) => {
                // None where it was made with a key that this process does not have: its holder's answer carries it.
                let nonce = record.previous.as_ref().map(|previous| previous.nonce);
                let successor =
                    nonce.and_then(|nonce| keys.successor_of(token, id, &nonce, &record.verifier));
                (record, successor)
            }
            Rotated::Same(record) => (record, None),
            Rotated::Stale => {
                told(EventKind::StaleSecret);
                return Ok(None);
            }
            Rotated::Reuse(_) => {
                told(EventKind::SessionReuseDetected);
                self.inner.watchers.wake(token.tag);
                return Ok(None);
            }
            Rotated::Gone => return Ok(None),
        };
        let now = self.inner.store.now(token.tag).max(record.rotated);
        let payload = mem::take(&mut record.payload);
        let session = self.session(keys, token.tag, id, (&record, payload), now);
        Ok(session.map(|session| Refreshed { session, successor }))
    }

    pub(super) async fn end_at(
        &self,
        tag: Tag,
        session: Uuid,
        reason: EndReason,
    ) -> StoreResult<Option<Record>> {
        let ended = self.noted(self.inner.store.end(tag, session).await)?;
        if ended.is_some() {
            self.tell_of_ends(tag, [session], reason);
        }
        Ok(ended)
    }

    pub(super) fn tell_of_ends(&self, tag: Tag, sessions: impl IntoIterator<Item = Uuid>, reason: EndReason) {
        for session in sessions {
            self.tell(&event::<E>(EventKind::Ended(reason)).of_session(session).of(tag));
            self.inner.watchers.wake(tag);
        }
    }

    /// How long a session lives unused.
    pub(super) fn idle(&self) -> Duration {
        self.inner.settings.policy.idle()
    }

    /// Where the sessions of an entity are kept, and what they carry of it.
    pub(super) async fn carried(&self, entity: &E) -> Result<(Tag, Vec<u8>), Problem>
    where
        E: Contract,
    {
        let failed = |error: &dyn std::fmt::Display| Problem::internal("session", error);
        let principal = entity.principal().to_text();
        let tag = Tag::of(E::SPEC.name, &principal);
        let carried = (E::CARRIAGE.pack)(entity).map_err(|error| failed(&error))?;
        let stamp = entity.stamp();
        let payload = Payload {
            principal: &principal,
            carried: Bytes(&carried),
            stamp: Bytes(stamp.as_ref().map_or(&[], Stamp::as_bytes)),
        };
        let payload = payload.encode().map_err(|error| failed(&error))?;
        let keys = self.noted(self.keys().await)?;
        Ok((tag, self.closed(keys, tag, payload)?))
    }

    /// A payload under its seal, where sessions are sealed.
    #[cfg(feature = "sealed")]
    fn closed(&self, keys: &EntityKeys, tag: Tag, payload: Vec<u8>) -> StoreResult<Vec<u8>> {
        if self.inner.settings.sealed { keys.close(tag, &payload) } else { Ok(payload) }
    }

    #[cfg(not(feature = "sealed"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with seals")]
    fn closed(&self, _: &EntityKeys, _: Tag, payload: Vec<u8>) -> StoreResult<Vec<u8>> {
        Ok(payload)
    }

    /// The session of a record whose payload, which comes beside it, can be read.
    fn session(
        &self,
        keys: &EntityKeys,
        tag: Tag,
        id: Uuid,
        (record, payload): (&Record, Vec<u8>),
        now: Timestamp,
    ) -> Option<Session<E>> {
        let session = self.opened(keys, tag, payload).and_then(|payload| {
            let Payload { principal, carried, stamp } = Payload::decode(&payload)?;
            // Whoever can write to the store could have put another principal's payload there.
            if Tag::of(E::SPEC.name, principal) != tag {
                return None;
            }
            let (principal, stamp) = (E::Id::from_text(principal)?, Stamp::from_bytes(stamp.0));
            let carried = Carried::new(carried.place_in(&payload), payload);
            Some(Session::new(self.clone(), id, (record, now), principal, stamp, carried))
        });
        if session.is_none() {
            tracing::warn!(entity = E::SPEC.name, session = %id, "what a session carries cannot be read");
        }
        session
    }

    /// A payload without its seal. Where sessions are sealed, one that is not is none of ours.
    #[cfg(feature = "sealed")]
    fn opened(&self, keys: &EntityKeys, tag: Tag, bytes: Vec<u8>) -> Option<Vec<u8>> {
        match (is_sealed(&bytes), self.inner.settings.sealed) {
            (true, _) => keys.open(tag, &bytes),
            (false, true) => None,
            (false, false) => Some(bytes),
        }
    }

    #[cfg(not(feature = "sealed"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with seals")]
    fn opened(&self, _: &EntityKeys, _: Tag, bytes: Vec<u8>) -> Option<Vec<u8>> {
        Some(bytes)
    }
}
