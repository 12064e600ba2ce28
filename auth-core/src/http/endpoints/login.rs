//! The endpoints that take credentials: the one that opens a session, and the one that checks them again for an open one.

use std::{future::Future, time::Duration};

use axum::{
    extract::Request,
    http::{StatusCode, request::Parts},
    response::Response,
};
use tokio::time::timeout;

use super::{AppState, EndpointSpec, answer, completed::completed, presented, refuse};
use crate::{
    auth::{Attempt, Auth},
    contract::{Contract, Credentials, LoginError, LoginOutput},
    entity::AuthEntity,
    http::{
        body::{self, Sent},
        pages::Visit,
        problem::{Problem, ProblemType},
        supply::Args,
        transport::{Presented, Transport},
    },
    response::{Fill, endpoint},
    service::ProvidesAuth,
    session::Device,
    store::Began,
};

pub(super) async fn login<E, S, C, P, O, R, F, Fut>(
    spec: EndpointSpec,
    by: Transport,
    state: S,
    request: Request,
    check: F,
) -> Result<Response, Response>
where
    E: Contract,
    S: ProvidesAuth<E> + AppState,
    C: Credentials,
    P: Args<S>,
    O: LoginOutput<E>,
    R: Fill<E, endpoint::Login>,
    F: Fn(C, P) -> Fut,
    Fut: Future<Output = O> + Send,
{
    let (parts, body) = request.into_parts();
    if by == Transport::Cookie {
        // Whatever the request presents: a cookie goes out.
        state.auth().check_origin(&parts).map_err(refuse)?;
    }
    let sent = body::credentials::<C>(&parts.headers, body, takes_forms::<E>(by)).await;
    let visit = Visit::of::<E>(by, &parts, next_of(&sent));
    let opened = match sent {
        Ok(sent) => open::<E, S, C, P, O, R, F, Fut>(spec, by, state, parts, sent.credentials, check).await,
        Err(problem) => Err(refuse(problem)),
    };
    Ok(visit.after_login(answer(opened)))
}

async fn open<E, S, C, P, O, R, F, Fut>(
    spec: EndpointSpec,
    by: Transport,
    state: S,
    mut parts: Parts,
    form: C,
    check: F,
) -> Result<Response, Response>
where
    E: Contract,
    S: ProvidesAuth<E> + AppState,
    C: Credentials,
    P: Args<S>,
    O: LoginOutput<E>,
    R: Fill<E, endpoint::Login>,
    F: Fn(C, P) -> Fut,
    Fut: Future<Output = O> + Send,
{
    let auth = state.auth();
    // Something that is no token, or two: nothing to end.
    let presented = auth.presented_by(by, &parts).unwrap_or(None);
    // Before anything is looked at: what is extracted may be what the credentials are checked against.
    let began = auth.login_begins();
    let extracted = P::take(&mut parts, &state).await?;
    let device = auth.device(&parts);
    let (entity, attempt) =
        checked(&auth, began, form, &device, |form| check(form, extracted)).await.map_err(refuse)?;
    let opened = completed({
        let auth = auth.clone();
        async move {
            let opened = auth.sign_in(&entity, &attempt, presented, &device).await;
            // The credentials were right, though the store may have failed.
            auth.give_back(attempt);
            Ok((entity, opened?))
        }
    });
    let (entity, (info, token)) = opened.await.map_err(refuse)?;
    Ok(auth.granted(&parts, by, &token, (spec.status, R::fill(&info, &entity))))
}

/// How long `login` may take: an end of all sessions fences off logins that have begun for ten times as long.
const LONGEST_CHECK: Duration = Duration::from_mins(1);

/// Counts a login, checks its credentials, and tells of a failure.
async fn checked<E, C, O, Fut>(
    auth: &Auth<E>,
    began: Began,
    form: C,
    device: &Device,
    check: impl FnOnce(C) -> Fut,
) -> Result<(E, Attempt), Problem>
where
    E: Contract,
    C: Credentials,
    O: LoginOutput<E>,
    Fut: Future<Output = O> + Send,
{
    let attempt = auth.attempt(began, &form.identifier(), device).await?;
    let Ok(output) = timeout(LONGEST_CHECK, check(form)).await else {
        auth.give_back(attempt);
        return Err(Problem::unavailable("login", &"checking the credentials took too long"));
    };
    match output.into_login() {
        Ok(entity) => Ok((entity, attempt)),
        Err(LoginError::InvalidCredentials) => {
            auth.failed(&attempt, device);
            Err(Problem::new(ProblemType::InvalidCredentials))
        }
        Err(error) => {
            // Nobody has learned whether the credentials are right.
            auth.give_back(attempt);
            Err(error.into())
        }
    }
}

pub(super) async fn reauthenticate<E, S, C, P, O, R, F, Fut>(
    state: S,
    request: Request,
    check: F,
) -> Result<Response, Response>
where
    E: Contract,
    S: ProvidesAuth<E> + AppState,
    C: Credentials,
    P: Args<S>,
    O: LoginOutput<E>,
    R: Fill<E, endpoint::Login>,
    F: Fn(C, P) -> Fut,
    Fut: Future<Output = O> + Send,
{
    let (parts, body) = request.into_parts();
    let presented = presented(&state.auth(), &parts).map_err(refuse)?;
    let sent = body::credentials::<C>(&parts.headers, body, takes_forms::<E>(presented.by)).await;
    let visit = Visit::of::<E>(presented.by, &parts, next_of(&sent));
    let renewed = match sent {
        Ok(sent) => renew::<E, S, C, P, O, R, F, Fut>(presented, state, parts, sent.credentials, check).await,
        Err(problem) => Err(refuse(problem)),
    };
    Ok(visit.after_login(answer(renewed)))
}

async fn renew<E, S, C, P, O, R, F, Fut>(
    Presented { token, by }: Presented,
    state: S,
    mut parts: Parts,
    form: C,
    check: F,
) -> Result<Response, Response>
where
    E: Contract,
    S: ProvidesAuth<E> + AppState,
    C: Credentials,
    P: Args<S>,
    O: LoginOutput<E>,
    R: Fill<E, endpoint::Login>,
    F: Fn(C, P) -> Fut,
    Fut: Future<Output = O> + Send,
{
    let auth = state.auth();
    // Before anything is looked at: what is extracted may be what the credentials are checked against.
    let began = auth.login_begins();
    let extracted = P::take(&mut parts, &state).await?;
    let device = auth.device(&parts);
    let (entity, attempt) =
        checked(&auth, began, form, &device, |form| check(form, extracted)).await.map_err(refuse)?;
    let renewed = completed({
        let auth = auth.clone();
        async move {
            let renewed = auth.reauthenticate(&entity, &attempt, &token, &device).await;
            auth.give_back(attempt);
            Ok((entity, renewed?))
        }
    });
    let (entity, (info, token)) = renewed.await.map_err(refuse)?;
    Ok(auth.granted(&parts, by, &token, (StatusCode::OK, R::fill(&info, &entity))))
}

/// Whether credentials may come in a form: where a cookie is given for them, which a form can do something with.
fn takes_forms<E: AuthEntity>(by: Transport) -> bool {
    E::SPEC.forms && by == Transport::Cookie
}

fn next_of<C>(sent: &Result<Sent<C>, Problem>) -> Option<String> {
    sent.as_ref().ok()?.next.clone()
}
