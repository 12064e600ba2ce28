//! A service id as a type, and what ties stores and states to it.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::{
    auth::Auth,
    entity::AuthEntity,
    store::{MemoryStore, SessionStore},
};

/// A service: an id, `auth.<transport>.<store>`, that fixes how a session travels and where it is kept.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the marker of a service",
    label = "has no `impl Service`",
    note = "write `impl auth_core::Service for {Self}`, with the service's `ID` and the `Store` that it keeps sessions in"
)]
pub trait Service: 'static {
    /// The id, as it is written in `#[auth_service("…")]`.
    const ID: &'static str;
    /// The ids of both, of a pair of services.
    #[doc(hidden)]
    const IDS: &'static [&'static str] = &[Self::ID];
    /// How a session's token travels.
    const TRANSPORTS: Transports = Transports::COOKIES;
    /// The store that `Auth::new` takes.
    type Store: SessionStore;
}

/// How the token of a session travels between client and server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transports {
    pub(crate) cookies: bool,
    pub(crate) bearer: bool,
}

impl Transports {
    /// In a cookie that scripts cannot read: for browsers.
    pub const COOKIES: Self = Transports { cookies: true, bearer: false };
    /// In the answer to a login, and from then on in `Authorization: Bearer …` (RFC 6750): for programs. A page's script
    /// that keeps one is robbed of it by any script that slips in.
    pub const BEARER: Self = Transports { cookies: false, bearer: true };

    /// Either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Transports { cookies: self.cookies || other.cookies, bearer: self.bearer || other.bearer }
    }
}

/// Two services of one entity: its sessions travel in either way, and are kept in one store.
impl<A: Service, B: Service<Store = A::Store>> Service for (A, B) {
    const ID: &'static str = A::ID;
    const IDS: &'static [&'static str] = &[A::ID, B::ID];
    const TRANSPORTS: Transports = A::TRANSPORTS.or(B::TRANSPORTS);
    type Store = A::Store;
}

/// `auth.cookies.memory`: sessions in cookies, kept in the memory of this process.
///
/// They are gone when the program ends, and no other process knows them: for a first try, for tests, and for
/// programs that run once.
#[derive(Clone, Copy, Debug)]
pub enum CookiesMemory {}

impl Service for CookiesMemory {
    const ID: &'static str = "auth.cookies.memory";
    type Store = MemoryStore;
}

/// `auth.bearer.memory`: as [`CookiesMemory`], with bearer tokens in place of cookies.
#[derive(Clone, Copy, Debug)]
pub enum BearerMemory {}

impl Service for BearerMemory {
    const ID: &'static str = "auth.bearer.memory";
    const TRANSPORTS: Transports = Transports::BEARER;
    type Store = MemoryStore;
}

/// The store that a service names.
#[diagnostic::on_unimplemented(
    message = "the service of `{E}` keeps its sessions in a `{Expected}`, found `{Self}`",
    label = "expected `{Expected}`",
    note = "give `Auth::new` a `{Expected}`, or name another service on `{E}`; `Auth::<{E}>::in_memory()` is there for tests"
)]
pub trait StoreOf<E, Expected>: SessionStore {}

#[diagnostic::do_not_recommend]
impl<E, T: SessionStore> StoreOf<E, T> for T {}

/// A router's state that holds [`Auth<E>`](Auth): by `FromRef`, which axum derives, or in an [`Arc`] of such a state.
#[diagnostic::on_unimplemented(
    message = "the router's state `{Self}` holds no `Auth<{E}>`",
    label = "needs `Auth<{E}>` in the state",
    note = "add a field `auth: Auth<{E}>` to `{Self}` and derive `FromRef`, or use `Auth<{E}>` itself as the state",
    note = "where the state is `()`, the router has no `.with_state(…)` yet, or `#[debug_handler]` lacks `(state = …)`"
)]
pub trait ProvidesAuth<E: AuthEntity>: Send + Sync {
    /// The handle.
    fn auth(&self) -> Auth<E>;
}

#[diagnostic::do_not_recommend]
impl<E: AuthEntity, S: Send + Sync> ProvidesAuth<E> for S
where
    Auth<E>: FromRef<S>,
{
    fn auth(&self) -> Auth<E> {
        Auth::from_ref(self)
    }
}

// Nobody outside axum can write `FromRef<Arc<AppState>>` for `Auth<User>` (E0117).
#[diagnostic::do_not_recommend]
impl<E: AuthEntity, S: ProvidesAuth<E>> ProvidesAuth<E> for Arc<S> {
    fn auth(&self) -> Auth<E> {
        S::auth(self)
    }
}
