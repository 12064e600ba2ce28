//! `Auth<E>`: the handle that a program keeps in its state, and what the endpoints and extractors ask it to do.

use std::{
    collections::HashSet,
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{
    contract::Contract,
    entity::{AuthEntity, PrincipalId},
    http::{
        cookies::CookieSettings,
        problem::{Problem, ProblemType},
    },
    policy::Policy,
    service::{Service, StoreOf},
    session::{
        Record, ServerKey, Session, SessionInfo, Tag,
        keys::EntityKeys,
        lifecycle::{self, Standing},
        payload,
        token::{Token, random},
    },
    store::{Began, Created, DynStore, MemoryStore, NewSession, Rotate, Rotated, StoreResult, Touch},
};

/// The sessions of an entity: the handle that a program keeps in its state. Cheap to clone.
///
/// ```
/// use auth_core::{Auth, AuthEntity, CookiesMemory, MemoryStore};
///
/// fn handle<User: AuthEntity<Service = CookiesMemory>>() -> Auth<User> {
///     Auth::new(MemoryStore::new())
/// }
/// ```
pub struct Auth<E> {
    inner: Arc<Inner>,
    entity: PhantomData<fn() -> E>,
}

struct Inner {
    store: Arc<dyn DynStore>,
    settings: Settings,
    keys: OnceCell<EntityKeys>,
    touching: Touching,
}

#[derive(Clone)]
struct Settings {
    policy: Policy,
    cookie: CookieSettings,
    /// The current one first; none where the store keeps one.
    keys: Vec<ServerKey>,
}

impl<E: AuthEntity> Auth<E> {
    /// The sessions of `E` in the store that its service names.
    ///
    /// The server keys are read from the environment variable `AUTH_KEY`: one [`ServerKey`] or several, divided by
    /// commas, the current one first. Where it is not set, and [`with_keys`](Self::with_keys) is not called, the
    /// store keeps one.
    ///
    /// # Panics
    ///
    /// When `AUTH_KEY` holds something else, so that a mistake is found at the start.
    #[must_use]
    pub fn new<T>(store: T) -> Self
    where
        T: StoreOf<E, <E::Service as Service>::Store>,
    {
        Self::on(store, keys_from_environment())
    }

    /// The sessions of `E` in the memory of this process, whatever its service: for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::on(MemoryStore::new(), Vec::new())
    }

    /// The sessions of `E` in any store: one that counts, say, or fails.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn testing(store: impl crate::store::SessionStore) -> Self {
        Self::on(store, Vec::new())
    }

    fn on(store: impl crate::store::SessionStore, keys: Vec<ServerKey>) -> Self {
        let settings =
            Settings { policy: E::SPEC.policy, cookie: CookieSettings::secure(E::SPEC.cookie), keys };
        Self::with(Arc::new(store), settings)
    }

    fn with(store: Arc<dyn DynStore>, settings: Settings) -> Self {
        let inner = Inner { store, settings, keys: OnceCell::new(), touching: Touching::default() };
        Auth { inner: Arc::new(inner), entity: PhantomData }
    }

    fn configured(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.inner.settings.clone();
        change(&mut settings);
        Self::with(Arc::clone(&self.inner.store), settings)
    }

    /// With server keys of the program's own: `current` makes all that is new, and what one of `previous` made stays
    /// good. To change the key without signing anybody out, deploy the new one as previous everywhere, then make it
    /// the current one, and drop the old one when the longest session has ended.
    #[must_use]
    pub fn with_keys(self, current: ServerKey, previous: impl IntoIterator<Item = ServerKey>) -> Self {
        self.configured(|settings| settings.keys = std::iter::once(current).chain(previous).collect())
    }

    /// With lifetimes and limits other than those of the entity's attribute.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        self.configured(|settings| settings.policy = policy)
    }

    /// With a cookie that is sent without TLS too: for development on another address than `localhost`.
    ///
    /// The cookie loses `Secure` and its prefix `__Host-`; whoever listens on the network can take the session over.
    #[must_use]
    pub fn insecure_http(self) -> Self {
        tracing::warn!(entity = E::SPEC.name, "insecure_http(): session cookies are sent without TLS");
        self.configured(|settings| settings.cookie = CookieSettings::insecure(E::SPEC.cookie))
    }

    /// Ends all sessions of a principal, and lets no login succeed that has begun before: for a changed password, a
    /// disabled account, an administrator. Gives the number of sessions that were ended.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then some may have been ended, and it should be called again.
    pub async fn end_all(&self, principal: &E::Id) -> StoreResult<usize> {
        let ended = self.inner.store.end_all(tag_of::<E>(principal), None).await?;
        for session in &ended {
            tracing::info!(entity = E::SPEC.name, %session, "session ended: all sessions of its principal were");
        }
        Ok(ended.len())
    }

    /// Ends the session with this public id of a principal; whether there was one.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn end(&self, principal: &E::Id, session: Uuid) -> StoreResult<bool> {
        Ok(self.end_at(tag_of::<E>(principal), session).await?.is_some())
    }

    pub(crate) async fn end_session(&self, session: &Session<E>) -> StoreResult<bool> {
        self.end(session.principal(), session.info().session_id).await
    }

    async fn end_at(&self, tag: Tag, session: Uuid) -> StoreResult<Option<Record>> {
        let ended = self.inner.store.end(tag, session).await?;
        if ended.is_some() {
            tracing::info!(entity = E::SPEC.name, %session, "session ended");
        }
        Ok(ended)
    }

    pub(crate) fn cookie(&self) -> &CookieSettings {
        &self.inner.settings.cookie
    }

    pub(crate) fn login_begins(&self) -> Began {
        self.inner.store.login_begins()
    }

    /// The server keys: the program's own, or else the one that the store keeps.
    async fn keys(&self) -> StoreResult<&EntityKeys> {
        let agree = async || {
            let (current, previous) = match self.inner.settings.keys.split_first() {
                Some((current, previous)) => (current.clone(), previous),
                None => (self.inner.store.server_key(ServerKey::random()?).await?, [].as_slice()),
            };
            Ok(EntityKeys::new(E::SPEC.name, &current, previous))
        };
        self.inner.keys.get_or_try_init(agree).await
    }

    /// Opens a session for `entity`, and ends the one that was presented.
    pub(crate) async fn sign_in(
        &self,
        entity: &E,
        began: Began,
        presented: Option<Token>,
    ) -> Result<(SessionInfo, Token), Problem>
    where
        E: Contract,
    {
        let principal = entity.principal().to_text();
        let tag = Tag::of(E::SPEC.name, &principal);
        let carried = (E::CARRIAGE.pack)(entity).map_err(|error| Problem::internal("login", &error))?;
        let payload =
            payload::encode(&principal, &carried).map_err(|error| Problem::internal("login", &error))?;
        let replace = match presented {
            Some(old) if old.tag == tag => Some(old.session_id(E::SPEC.name)),
            Some(old) => {
                self.end_at(old.tag, old.session_id(E::SPEC.name)).await?;
                None
            }
            None => None,
        };
        match self.create(tag, &payload, began, replace).await? {
            (_, Created::Fenced) => Err(Problem::new(ProblemType::InvalidCredentials)),
            (_, Created::Full) => Err(Problem::new(ProblemType::TooManySessions)),
            (Some(opened), _) => Ok(opened),
            (None, outcome) => Err(Problem::unavailable("login", &format!("the store answered {outcome:?}"))),
        }
    }

    /// Tries twice: what comes too late for the store must not be sent again with the same id.
    async fn create(
        &self,
        tag: Tag,
        payload: &[u8],
        began: Began,
        replace: Option<Uuid>,
    ) -> StoreResult<(Option<(SessionInfo, Token)>, Created)> {
        let policy = &self.inner.settings.policy;
        let mut outcome = Created::Late;
        for _ in 0..2 {
            let token = Token::random(tag)?;
            let id = token.session_id(E::SPEC.name);
            let new = NewSession {
                id,
                verifier: self.keys().await?.verifier(&token, id),
                payload: payload.to_vec(),
                device: Vec::new(),
                idle: policy.idle(),
                absolute: policy.absolute(),
                limit: policy.limit(),
                began,
                replace,
            };
            outcome = self.inner.store.create(tag, new.clone()).await?;
            match &outcome {
                Created::Opened { at, evicted } => {
                    tracing::info!(entity = E::SPEC.name, session = %id, evicted = evicted.len(), "signed in");
                    let info = SessionInfo::new(id, &lifecycle::open(&new, *at));
                    return Ok((Some((info, token)), outcome));
                }
                Created::Late => {}
                Created::Fenced | Created::Full | Created::Exists => break,
            }
        }
        Ok((None, outcome))
    }

    /// The session that a token stands for; activity is noted behind the request's back.
    pub(crate) async fn authenticate(&self, token: &Token) -> StoreResult<Option<Session<E>>> {
        let id = token.session_id(E::SPEC.name);
        let have = self.keys().await?.presented(token, id);
        let Some(found) = self.inner.store.read(token.tag, id).await? else {
            return Ok(None);
        };
        let policy = &self.inner.settings.policy;
        let standing = lifecycle::standing(&found.record, &have, found.now, policy.grace());
        match standing {
            Standing::Current | Standing::Previous => {}
            Standing::Stale => {
                tracing::warn!(entity = E::SPEC.name, session = %id, "stale secret");
                return Ok(None);
            }
            Standing::Expired => return Ok(None),
        }
        if lifecycle::wants_touch(&found.record, standing, found.now, policy.idle()) {
            self.touch(token.tag, id, Touch { have, grace: policy.grace(), idle: policy.idle() });
        }
        Ok(session_of(id, &found.record, found.now))
    }

    /// In a task of its own, one at a time for each session.
    fn touch(&self, tag: Tag, id: Uuid, step: Touch) {
        if !self.inner.touching.begin(id) {
            return;
        }
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            if let Err(error) = inner.store.touch(tag, id, step).await {
                tracing::debug!(session = %id, %error, "activity was not noted");
            }
            inner.touching.end(id);
        });
    }

    /// Ends the session that a token names: whoever holds a cookie of it may, with a secret of yesterday too.
    pub(crate) async fn sign_out(&self, token: &Token) -> StoreResult<Option<SessionInfo>> {
        let id = token.session_id(E::SPEC.name);
        let record = self.end_at(token.tag, id).await?;
        Ok(record.map(|record| SessionInfo::new(id, &record)))
    }

    /// Rotates the secret, where it is time to.
    pub(crate) async fn refresh(&self, token: &Token) -> StoreResult<Option<Refreshed<E>>> {
        let id = token.session_id(E::SPEC.name);
        let keys = self.keys().await?;
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
        let (record, successor) = match self.inner.store.rotate(token.tag, id, step).await? {
            Rotated::Next(record) => (record, Some(successor)),
            Rotated::Again(record) => {
                let successor = record
                    .previous
                    .as_ref()
                    .and_then(|previous| keys.successor_of(token, id, &previous.nonce, &record.verifier));
                // Made with a key that this process does not have: its holder's answer carries the cookie.
                (record, successor)
            }
            Rotated::Same(record) => (record, None),
            Rotated::Stale => {
                tracing::warn!(entity = E::SPEC.name, session = %id, "stale secret");
                return Ok(None);
            }
            Rotated::Reuse(_) => {
                tracing::warn!(entity = E::SPEC.name, session = %id, "session ended: an old secret was used again");
                return Ok(None);
            }
            Rotated::Gone => return Ok(None),
        };
        let now = self.inner.store.now(token.tag).max(record.rotated);
        Ok(session_of(id, &record, now).map(|session| Refreshed { session, successor }))
    }
}

/// A session that was refreshed; without a successor the secret stays as it is.
pub(crate) struct Refreshed<E: AuthEntity> {
    pub(crate) session: Session<E>,
    pub(crate) successor: Option<Token>,
}

fn tag_of<E: AuthEntity>(principal: &E::Id) -> Tag {
    Tag::of(E::SPEC.name, &principal.to_text())
}

/// The session of a record whose payload can be read.
fn session_of<E: AuthEntity>(id: Uuid, record: &Record, now: crate::store::Timestamp) -> Option<Session<E>> {
    let payload = payload::decode(&record.payload);
    let session = payload.and_then(|(principal, carried)| {
        let principal = E::Id::from_text(principal)?;
        Some(Session::new(SessionInfo::new(id, record), record, now, principal, carried.to_vec()))
    });
    if session.is_none() {
        tracing::warn!(entity = E::SPEC.name, session = %id, "what a session carries cannot be read");
    }
    session
}

fn keys_from_environment() -> Vec<ServerKey> {
    let Some(text) = std::env::var_os("AUTH_KEY") else {
        return Vec::new();
    };
    let keys: Result<Vec<ServerKey>, _> =
        text.to_string_lossy().split(',').map(|key| key.trim().parse()).collect();
    keys.unwrap_or_else(|error| panic!("the environment variable AUTH_KEY is not usable: {error}"))
}

/// The sessions whose activity is being noted.
#[derive(Default)]
struct Touching(Mutex<HashSet<Uuid>>);

impl Touching {
    /// False when it is being done already.
    fn begin(&self, id: Uuid) -> bool {
        self.lock().insert(id)
    }

    fn end(&self, id: Uuid) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> Clone for Auth<E> {
    fn clone(&self) -> Self {
        Auth { inner: Arc::clone(&self.inner), entity: PhantomData }
    }
}

/// Shows the settings, without the keys.
impl<E: AuthEntity> fmt::Debug for Auth<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("entity", &E::SPEC.name)
            .field("policy", &self.inner.settings.policy)
            .finish_non_exhaustive()
    }
}
