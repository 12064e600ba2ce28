//! `Authenticated` and `Session` as extractors.

use std::{
    marker::PhantomData,
    ops::Deref,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};

use super::{
    pages::login_page_again,
    problem::{Problem, ProblemType},
    transport::Presented,
};
use crate::{
    auth::Auth,
    contract::{Restore, Restored},
    entity::AuthEntity,
    events::EndReason,
    service::ProvidesAuth,
    session::{Session, Stamp},
};

/// The signed-in `E`: an extractor that answers 401 where there is none; `Option<Authenticated<E>>` is `None` then.
///
/// When the session store cannot be reached, both answer 503: nobody is taken for anonymous by mistake. A request that
/// may change something is refused with 403 when another origin's page sent it.
///
/// It costs one command of the store for each request, however many extractors ask, and is cheap to clone.
pub struct Authenticated<E: AuthEntity> {
    entity: Arc<E>,
    session: Session<E>,
}

impl<E: AuthEntity> Authenticated<E> {
    /// The session that the request came with.
    #[must_use]
    pub fn session(this: &Self) -> &Session<E> {
        &this.session
    }

    /// The entity itself.
    #[must_use]
    pub fn into_inner(this: Self) -> E
    where
        E: Clone,
    {
        Arc::unwrap_or_clone(this.entity)
    }
}

impl<E: AuthEntity> Clone for Authenticated<E> {
    fn clone(&self) -> Self {
        Authenticated { entity: Arc::clone(&self.entity), session: self.session.clone() }
    }
}

impl<E: AuthEntity> Deref for Authenticated<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.entity
    }
}

/// What a request turned out to come with, kept in its extensions: the next extractor asks neither store nor program.
struct Seen<E: AuthEntity> {
    session: Option<Session<E>>,
    /// As soon as it has been asked for.
    entity: OnceLock<Option<Arc<E>>>,
}

impl<E: AuthEntity> Seen<E> {
    /// The session, and the entity where it has been asked for.
    fn restored(&self) -> Option<(&Session<E>, &Option<Arc<E>>)> {
        Some((self.session.as_ref()?, self.entity.get()?))
    }
}

impl<E: AuthEntity> Clone for Seen<E> {
    fn clone(&self) -> Self {
        Seen { session: self.session.clone(), entity: self.entity.clone() }
    }
}

/// Has the extractors that follow take this session for the request's.
pub(crate) fn see<E: AuthEntity>(parts: &mut Parts, session: Option<Session<E>>) {
    parts.extensions.insert(Seen { session, entity: OnceLock::new() });
}

pub(crate) async fn session_of<E: AuthEntity, S: ProvidesAuth<E>>(
    parts: &mut Parts,
    state: &S,
) -> Result<Option<Session<E>>, Problem> {
    if let Some(Seen { session, .. }) = parts.extensions.get() {
        return Ok(session.clone());
    }
    let auth = state.auth();
    let session = match auth.presented_from_here(parts)? {
        None => None,
        Some(token) => auth.authenticate(&token).await?,
    };
    see(parts, session.clone());
    Ok(session)
}

pub(crate) async fn entity_of<E: Restore<S>, S: ProvidesAuth<E>>(
    parts: &mut Parts,
    state: &S,
) -> Result<Option<Authenticated<E>>, Problem> {
    if let Some((session, entity)) = parts.extensions.get().and_then(Seen::<E>::restored) {
        let entity = entity.clone();
        return Ok(entity.map(|entity| Authenticated { entity, session: session.clone() }));
    }
    let signed_in = match session_of(parts, state).await? {
        None => None,
        Some(session) => restore(session, parts, state).await?,
    };
    if let Some(Seen { entity, .. }) = parts.extensions.get::<Seen<E>>() {
        entity.set(signed_in.as_ref().map(|signed_in| Arc::clone(&signed_in.entity))).ok();
    }
    Ok(signed_in)
}

async fn restore<E: Restore<S>, S: ProvidesAuth<E>>(
    mut session: Session<E>,
    parts: &mut Parts,
    state: &S,
) -> Result<Option<Authenticated<E>>, Problem> {
    let entity = match E::restore(&session, parts, state) {
        Restored::Now(Some(entity)) => {
            return Ok(Some(Authenticated { entity: Arc::new(entity), session }));
        }
        Restored::Now(None) => {
            // Another version of the program wrote it, and can go on with it: the session stays. Nobody is taken for
            // anonymous by mistake, where the extractor is optional either.
            tracing::warn!(entity = E::SPEC.name, session = %session.info().session_id, "a snapshot cannot be read");
            return Err(Problem::not_signed_in());
        }
        Restored::Soon(entity) => entity.await?,
    };
    let Some(entity) = entity else {
        state.auth().end_since(&session, EndReason::EntityGone).await?;
        return Ok(None);
    };
    let stamp = entity.stamp();
    if stamp != session.stamp() {
        // Seldom, and in a place of its own: it would make the future of each request larger.
        let Some(again) = Box::pin(with_stamp(stamp, &session, parts, &state.auth())).await? else {
            return Ok(None);
        };
        session = again;
    }
    Ok(Some(Authenticated { entity: Arc::new(entity), session }))
}

/// The session as it is now, where it has this stamp. It may have been stamped anew since it was read; or have ended, or got
/// another secret.
async fn with_stamp<E: AuthEntity>(
    stamp: Option<Stamp>,
    session: &Session<E>,
    parts: &mut Parts,
    auth: &Auth<E>,
) -> Result<Option<Session<E>>, Problem> {
    let Some(Presented { token, .. }) = auth.presented(parts)? else { return Ok(None) };
    let Some(again) = auth.authenticate_anew(&token).await? else { return Ok(None) };
    if stamp != again.stamp() {
        auth.end_since(session, EndReason::StampChanged).await?;
        return Ok(None);
    }
    see(parts, Some(again.clone()));
    Ok(Some(again))
}

impl<E: AuthEntity, S: ProvidesAuth<E>> FromRequestParts<S> for Session<E> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        session_of(parts, state).await?.ok_or_else(|| Auth::<E>::not_signed_in(parts))
    }
}

impl<E: AuthEntity, S: ProvidesAuth<E>> OptionalFromRequestParts<S> for Session<E> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        session_of(parts, state).await
    }
}

impl<E: Restore<S>, S: ProvidesAuth<E>> FromRequestParts<S> for Authenticated<E> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        entity_of(parts, state).await?.ok_or_else(|| Auth::<E>::not_signed_in(parts))
    }
}

impl<E: Restore<S>, S: ProvidesAuth<E>> OptionalFromRequestParts<S> for Authenticated<E> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        entity_of(parts, state).await
    }
}

/// The signed-in `E` whose credentials were checked at most `SECONDS` ago: for sensitive steps.
///
/// Where it was longer ago, it answers 403 with a problem that says so; `POST /user/reauthenticate` mends that without
/// another session (ASVS 5.0, 7.5.1). Where `E` has a `login_page`, a browser is sent there instead, as it is without a
/// session: to `/login?error=authentication-too-old&next=…`.
///
/// ```
/// use auth_core::{AuthEntity, Fresh};
///
/// async fn delete_everything<E: AuthEntity>(user: Fresh<E, 300>) {}
/// ```
pub struct Fresh<E: AuthEntity, const SECONDS: u64 = 300>(Authenticated<E>);

impl<E: AuthEntity, const SECONDS: u64> Fresh<E, SECONDS> {
    /// As any other that is signed in.
    #[must_use]
    pub fn into_authenticated(this: Self) -> Authenticated<E> {
        this.0
    }
}

impl<E: AuthEntity, const SECONDS: u64> Deref for Fresh<E, SECONDS> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.0
    }
}

impl<E: Restore<S>, S: ProvidesAuth<E>, const SECONDS: u64> FromRequestParts<S> for Fresh<E, SECONDS> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let who = entity_of(parts, state).await?.ok_or_else(|| Auth::<E>::not_signed_in(parts))?;
        check_age(&who.session, Duration::from_secs(SECONDS), parts)?;
        Ok(Fresh(who))
    }
}

fn check_age<E: AuthEntity>(session: &Session<E>, longest: Duration, parts: &Parts) -> Result<(), Problem> {
    if session.authentication_age() > longest {
        let problem = Problem::new(ProblemType::AuthenticationTooOld);
        return Err(problem.at_page(login_page_again::<E>(parts)));
    }
    Ok(())
}

/// `require = …` and `fresh = …` of an endpoint: its first extractor.
pub struct Guard<E, G>(PhantomData<fn() -> (E, G)>);

/// What a [`Guard`] asks for.
pub trait Rule<E>: 'static {
    /// How long ago credentials may have been checked at most.
    const FRESH: Option<Duration>;
    /// Whether this one is allowed.
    fn allows(entity: &E) -> bool;
}

impl<E: Restore<S>, G: Rule<E>, S: ProvidesAuth<E>> FromRequestParts<S> for Guard<E, G> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let who = entity_of(parts, state).await?.ok_or_else(|| Auth::<E>::not_signed_in(parts))?;
        if !G::allows(&who) {
            return Err(Problem::not_allowed());
        }
        if let Some(longest) = G::FRESH {
            check_age(&who.session, longest, parts)?;
        }
        Ok(Guard(PhantomData))
    }
}
