//! `Auth<E>`: the handle that a program keeps in its state.

mod ended;
mod engine;
mod manage;
mod names;
mod touching;

use std::{fmt, marker::PhantomData, sync::Arc};

use axum::http::request::Parts;
use tokio::sync::{OnceCell, Semaphore};

use crate::{
    entity::AuthEntity,
    events::{Event, EventKind, Observers},
    http::{
        client::{self, ClientAddress},
        cookies::CookieSettings,
        cross_origin::{self, AllowedOrigins},
        csrf::CsrfKeys,
        problem::Problem,
    },
    policy::Policy,
    service::{Service, StoreOf},
    session::{Device, ServerKey, keys::EntityKeys},
    store::{DynStore, MemoryStore, SessionStore, StoreResult, Watchers},
    throttle::Throttle,
};

pub(crate) use engine::{Attempt, Refreshed};
pub use manage::ListedSession;
use touching::Touching;

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
    keys: OnceCell<(EntityKeys, CsrfKeys)>,
    touching: Touching,
    /// Those who wait for the end of a session.
    watchers: Watchers,
    /// Their turns to ask the store.
    turns: Semaphore,
}

#[derive(Clone)]
struct Settings {
    policy: Policy,
    cookie: CookieSettings,
    /// The current one first; none where the store keeps one.
    keys: Vec<ServerKey>,
    #[cfg(feature = "sealed")]
    sealed: bool,
    throttle: Option<Throttle>,
    client_address: ClientAddress,
    allowed_origins: AllowedOrigins,
    observers: Observers,
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
    /// When `AUTH_KEY` holds something else, or another entity has the same name in the same store, so that a mistake
    /// is found at the start.
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

    /// The sessions of `E` in any store: one that counts, say, or fails. Needs the feature `testing`.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn testing(store: impl SessionStore) -> Self {
        Self::on(store, Vec::new())
    }

    fn on(store: impl SessionStore, keys: Vec<ServerKey>) -> Self {
        if let Some(place) = store.place() {
            names::claim::<E>(place);
        }
        let settings = Settings {
            policy: E::SPEC.policy,
            cookie: CookieSettings::secure(E::SPEC.cookie),
            keys,
            #[cfg(feature = "sealed")]
            sealed: false,
            throttle: Some(Throttle::DEFAULT),
            client_address: ClientAddress::peer(),
            allowed_origins: AllowedOrigins::default(),
            observers: Observers::default(),
        };
        Self::with(Arc::new(store), settings, Watchers::default())
    }

    fn with(store: Arc<dyn DynStore>, settings: Settings, watchers: Watchers) -> Self {
        let inner = Inner {
            store,
            settings,
            keys: OnceCell::new(),
            touching: Touching::default(),
            watchers,
            turns: Semaphore::new(ended::AT_A_TIME),
        };
        Auth { inner: Arc::new(inner), entity: PhantomData }
    }

    fn configured(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.inner.settings.clone();
        change(&mut settings);
        Self::with(Arc::clone(&self.inner.store), settings, self.inner.watchers.clone())
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

    /// With what sessions carry sealed: whoever reads the store learns nothing of an entity, and whoever can write there
    /// can give no session other contents. It costs 41 bytes for each session. Needs the feature `sealed`.
    ///
    /// It takes a server key that the store does not have: [`with_keys`](Self::with_keys) or `AUTH_KEY`. Sessions that
    /// were opened before, unsealed, count as unreadable: their users sign in again.
    #[cfg(feature = "sealed")]
    #[must_use]
    pub fn sealed(self) -> Self {
        if self.inner.settings.keys.is_empty() {
            tracing::warn!(entity = E::SPEC.name, "sealed(): the store keeps the key to the seals as well");
        }
        self.configured(|settings| settings.sealed = true)
    }

    /// With other limits on logins than [`Throttle::DEFAULT`], or with none, where something else counts them.
    #[must_use]
    pub fn with_throttle(self, throttle: Option<Throttle>) -> Self {
        self.configured(|settings| settings.throttle = throttle)
    }

    /// With another way to tell a client's address than that of the connection: behind a proxy, from the header that it
    /// writes. Logins are counted by it, and events and the list of sessions show its network.
    #[must_use]
    pub fn with_client_address(self, address: ClientAddress) -> Self {
        self.configured(|settings| settings.client_address = address)
    }

    /// With other origins whose pages may send requests that change something; see [`cross_origin`](crate::cross_origin).
    #[must_use]
    pub fn with_allowed_origins(self, origins: AllowedOrigins) -> Self {
        self.configured(|settings| settings.allowed_origins = origins)
    }

    /// With somebody who is told of every [`Event`], while the request waits: it must be quick.
    #[must_use]
    pub fn on_event(self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.configured(|settings| settings.observers.add(observer))
    }

    /// With a cookie that is sent without TLS too: for development on another address than `localhost`.
    ///
    /// The cookie loses `Secure` and its prefix `__Host-`; whoever listens on the network can take the session over.
    #[must_use]
    pub fn insecure_http(self) -> Self {
        tracing::warn!(entity = E::SPEC.name, "insecure_http(): session cookies are sent without TLS");
        self.configured(|settings| settings.cookie = CookieSettings::insecure(E::SPEC.cookie))
    }

    pub(crate) fn cookie(&self) -> &CookieSettings {
        &self.inner.settings.cookie
    }

    /// Refuses a request that may change something and comes from another origin.
    pub(crate) fn check_origin(&self, parts: &Parts) -> Result<(), Problem> {
        cross_origin::check(parts, self.cookie().is_secure(), &self.inner.settings.allowed_origins)
    }

    /// What a request comes from.
    pub(crate) fn device(&self, parts: &Parts) -> Device {
        client::device(parts, &self.inner.settings.client_address)
    }

    /// The server keys: the program's own, or else the one that the store keeps.
    async fn keys(&self) -> StoreResult<&EntityKeys> {
        Ok(&self.all_keys().await?.0)
    }

    /// The same keys in their use for tokens in forms.
    pub(crate) async fn csrf_keys(&self) -> StoreResult<&CsrfKeys> {
        Ok(&self.noted(self.all_keys().await)?.1)
    }

    async fn all_keys(&self) -> StoreResult<&(EntityKeys, CsrfKeys)> {
        let agree = async || {
            let (current, previous) = match self.inner.settings.keys.split_first() {
                Some((current, previous)) => (current.clone(), previous),
                None => (self.inner.store.server_key(ServerKey::random()?).await?, [].as_slice()),
            };
            let name = E::SPEC.name;
            Ok((EntityKeys::new(name, &current, previous), CsrfKeys::new(name, &current, previous)))
        };
        self.inner.keys.get_or_try_init(agree).await
    }

    /// Whether no activity is being noted behind a request's back.
    #[cfg(feature = "testing")]
    pub(crate) fn is_settled(&self) -> bool {
        self.inner.touching.is_done()
    }

    fn tell(&self, event: &Event) {
        self.inner.settings.observers.tell(event);
    }

    /// Tells of a store that could not be reached.
    fn noted<T>(&self, result: StoreResult<T>) -> StoreResult<T> {
        if result.is_err() {
            self.tell(&event::<E>(EventKind::StoreUnavailable));
        }
        result
    }
}

fn event<E: AuthEntity>(kind: EventKind) -> Event {
    Event::new(E::SPEC.name, kind)
}

fn keys_from_environment() -> Vec<ServerKey> {
    let Some(text) = std::env::var_os("AUTH_KEY") else {
        return Vec::new();
    };
    let keys: Result<Vec<ServerKey>, _> =
        text.to_string_lossy().split(',').map(|key| key.trim().parse()).collect();
    keys.unwrap_or_else(|error| panic!("the environment variable AUTH_KEY is not usable: {error}"))
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
