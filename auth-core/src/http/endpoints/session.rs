//! The endpoints of an open session, and of all sessions of its principal.

use std::future::Future;

use axum::{
    Json,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderValue, StatusCode, header::HeaderName, request::Parts},
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use super::{AppState, EndpointSpec, completed::completed, presented, refuse};
use crate::{
    auth::{Auth, ListedSession, Refreshed},
    contract::{Contract, HookOutput, Restore},
    entity::AuthEntity,
    http::{
        extract::{Authenticated, entity_of, see},
        pages::Visit,
        problem::{Problem, ProblemType},
        supply::Args,
        transport::{Presented, Transport},
    },
    response::{Fill, FillLogout, endpoint},
    service::ProvidesAuth,
};

pub(super) async fn refresh<E, S, P, O, R, F, Fut>(
    spec: EndpointSpec,
    state: S,
    request: Request,
    hook: F,
) -> Result<Response, Response>
where
    E: Restore<S>,
    S: ProvidesAuth<E> + AppState,
    P: Args<S>,
    O: HookOutput,
    R: Fill<E, endpoint::Refresh>,
    F: Fn(P) -> Fut,
    Fut: Future<Output = O> + Send,
{
    let (mut parts, _) = request.into_parts();
    let auth = state.auth();
    let Presented { token, by } = presented(&auth, &parts).map_err(refuse)?;
    let refreshed = completed({
        let auth = auth.clone();
        async move { auth.refresh(&token).await.map_err(Problem::from) }
    });
    let Refreshed { session, successor } =
        refreshed.await.map_err(refuse)?.ok_or_else(|| refuse(Auth::<E>::not_signed_in(&parts)))?;
    see(&mut parts, Some(session.clone()));
    let who = entity_of::<E, S>(&mut parts, &state).await.map_err(refuse)?;
    let who = who.ok_or_else(|| refuse(Auth::<E>::not_signed_in(&parts)))?;
    let extracted = P::take(&mut parts, &state).await?;
    hook(extracted).await.into_hook().map_err(refuse)?;
    let answer = (spec.status, R::fill(session.info(), &who));
    // An answer without a token does no harm: the secret before stays good until its successor is used.
    Ok(match successor {
        Some(successor) => auth.granted(&parts, by, &successor, answer),
        None => answer.1.into_answer(answer.0),
    })
}

pub(super) async fn logout<E, S, P, O, R, F, Fut>(
    spec: EndpointSpec,
    state: S,
    request: Request,
    hook: F,
) -> Result<Response, Response>
where
    E: Contract,
    S: ProvidesAuth<E> + AppState,
    P: Args<S>,
    O: HookOutput,
    R: FillLogout<E>,
    F: Fn(P) -> Fut,
    Fut: Future<Output = O> + Send,
{
    let (mut parts, _) = request.into_parts();
    let auth = state.auth();
    let Presented { token, by } = presented(&auth, &parts).map_err(refuse)?;
    let visit = Visit::of::<E>(by, &parts, None);
    // What the hook asks for may be about the session, and is taken while there is one.
    let extracted = P::take(&mut parts, &state).await?;
    let ended = completed({
        let auth = auth.clone();
        async move { auth.sign_out(&token).await.map_err(Problem::from) }
    });
    let info = ended.await.map_err(refuse)?.ok_or_else(|| refuse(Auth::<E>::not_signed_in(&parts)))?;
    let hooked = hook(extracted).await.into_hook();
    let mut answer = hooked.map_or_else(refuse, |()| R::fill(&info).into_answer(spec.status));
    if by == Transport::Cookie {
        clear(&auth, &parts, &mut answer);
    }
    Ok(visit.after_logout(answer))
}

// These ask for the entity, so that a session that its entity speaks against ends here too.

/// `GET /user/sessions`
pub(super) async fn list<E: AuthEntity, S: ProvidesAuth<E> + AppState>(
    State(state): State<S>,
    who: Authenticated<E>,
) -> Result<Json<Vec<ListedSession>>, Problem> {
    let session = Authenticated::session(&who);
    let mut sessions = state.auth().sessions(session.principal()).await?;
    for listed in &mut sessions {
        listed.current = listed.info.session_id == session.info().session_id;
    }
    Ok(Json(sessions))
}

/// `DELETE /user/sessions`: all others.
pub(super) async fn end_others<E: AuthEntity, S: ProvidesAuth<E> + AppState>(
    State(state): State<S>,
    who: Authenticated<E>,
) -> Result<StatusCode, Problem> {
    let auth = state.auth();
    completed(async move { Ok(auth.end_others(Authenticated::session(&who)).await?) }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /user/sessions/{id}`: one of the user's own; another's id is answered as an unknown one is.
pub(super) async fn end_one<E: AuthEntity, S: ProvidesAuth<E> + AppState>(
    State(state): State<S>,
    who: Authenticated<E>,
    id: Result<Path<Uuid>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Ok(Path(id)) = id else {
        return Err(Problem::new(ProblemType::NoSuchSession));
    };
    let auth = state.auth();
    let session = Authenticated::session(&who).clone();
    let own = id == session.info().session_id;
    let ended = completed({
        let auth = auth.clone();
        async move { Ok(auth.end(session.principal(), id).await?) }
    });
    if !ended.await? {
        return Err(Problem::new(ProblemType::NoSuchSession));
    }
    let (parts, _) = request.into_parts();
    let mut answer = StatusCode::NO_CONTENT.into_response();
    if own && Auth::<E>::transport(&parts.headers) == Transport::Cookie {
        clear(&auth, &parts, &mut answer);
    }
    Ok(answer)
}

/// Takes from a browser what the session left there.
fn clear<E: AuthEntity>(auth: &Auth<E>, parts: &Parts, answer: &mut Response) {
    auth.cookie().remove(parts);
    answer.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static(r#""cache", "storage""#));
}

/// <https://www.w3.org/TR/clear-site-data/> (ASVS 5.0, 14.3.1). Not `"cookies"`: those of other entities stay.
pub(crate) const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
