//! The generated endpoints. Macro output names their types once, in a turbofish, and hands over the user's methods.

use std::{future::Future, marker::PhantomData, time::Duration};

use axum::{
    Json, Router,
    extract::{FromRequest, Path, Request, State, rejection::PathRejection},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, HeaderName, X_CONTENT_TYPE_OPTIONS},
        request::Parts,
    },
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{MethodFilter, delete, get, on},
};
use tokio::{sync::oneshot, time::timeout};
use tower_cookies::CookieManagerLayer;
use tracing::Instrument;
use uuid::Uuid;

use super::{
    body::{self, Sent},
    extract::{Authenticated, entity_of, see},
    pages::Visit,
    problem::{Problem, ProblemType},
    supply::{Args, SuppliesLast},
    transport::{Presented, Transport},
};
use crate::{
    auth::{Attempt, Auth, ListedSession, Refreshed},
    contract::{Contract, Credentials, HookOutput, LoginError, LoginOutput, Restore},
    entity::AuthEntity,
    response::{EndpointOutput, Fill, FillLogout, ModelOf, endpoint},
    service::{ProvidesAuth, Service, Transports},
    session::Device,
    task::spawn,
};

/// A state that any generated route can live in.
pub trait AppState: Clone + Send + Sync + 'static {}

impl<S: Clone + Send + Sync + 'static> AppState for S {}

/// Where an endpoint is, and what it answers when all went well.
#[derive(Clone, Copy, Debug)]
pub struct EndpointSpec {
    pub(crate) method: MethodFilter,
    pub(crate) path: &'static str,
    pub(crate) status: StatusCode,
}

/// Endpoints at a path below the entity's; a status that is none counts as 200.
impl EndpointSpec {
    /// A GET.
    #[must_use]
    pub fn get(path: &'static str, status: u16) -> Self {
        Self::new(MethodFilter::GET, path, status)
    }

    /// A POST.
    #[must_use]
    pub fn post(path: &'static str, status: u16) -> Self {
        Self::new(MethodFilter::POST, path, status)
    }

    /// A PUT.
    #[must_use]
    pub fn put(path: &'static str, status: u16) -> Self {
        Self::new(MethodFilter::PUT, path, status)
    }

    /// A PATCH.
    #[must_use]
    pub fn patch(path: &'static str, status: u16) -> Self {
        Self::new(MethodFilter::PATCH, path, status)
    }

    /// A DELETE.
    #[must_use]
    pub fn delete(path: &'static str, status: u16) -> Self {
        Self::new(MethodFilter::DELETE, path, status)
    }

    fn new(method: MethodFilter, path: &'static str, status: u16) -> Self {
        EndpointSpec { method, path, status: StatusCode::from_u16(status).unwrap_or_default() }
    }
}

/// Where the endpoints are that no method stands for.
pub(crate) mod own {
    /// Checks credentials again.
    pub(crate) const REAUTHENTICATE: &str = "/reauthenticate";
    /// The principal's sessions.
    pub(crate) const SESSIONS: &str = "/sessions";
    /// One of them.
    pub(crate) const SESSION: &str = "/sessions/{id}";
    /// Below `login`: gives a bearer token where others give cookies.
    pub(crate) const BEARER: &str = "/bearer";
}

/// The endpoints of `E`, being put together.
pub struct Routes<E, S> {
    router: Router<S>,
    entity: PhantomData<fn() -> E>,
}

impl<E: Contract, S: ProvidesAuth<E> + AppState> Routes<E, S> {
    /// None yet.
    #[allow(clippy::new_without_default)]
    #[must_use]
    pub fn new() -> Self {
        Routes { router: Router::new(), entity: PhantomData }
    }

    /// The endpoint that opens a session, and the one that checks the same credentials again for an open one. Where
    /// sessions travel in cookies and in bearer tokens, a second one below gives the latter.
    #[must_use]
    pub fn login<C, P, O, R, F, Fut>(self, spec: EndpointSpec, check: F) -> Self
    where
        C: Credentials,
        P: Args<S>,
        O: LoginOutput<E>,
        R: Fill<E, endpoint::Login>,
        F: Fn(C, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = O> + Send,
    {
        let again = EndpointSpec::post(own::REAUTHENTICATE, 200);
        let (check_again, check_for_bearer) = (check.clone(), check.clone());
        let Transports { cookies, bearer } = <E::Service as Service>::TRANSPORTS;
        let by = if cookies { Transport::Cookie } else { Transport::Bearer };
        let mut routes = self.route(spec, async move |state: S, request: Request| {
            login::<E, S, C, P, O, R, F, Fut>(spec, by, state, request, check).await
        });
        if cookies && bearer {
            // No cookie goes in or out: pages of other origins may send it.
            let path = format!("{}{}", path::<E>(spec.path), own::BEARER);
            let handler = async move |State(state): State<S>, request: Request| {
                login::<E, S, C, P, O, R, F, Fut>(spec, Transport::Bearer, state, request, check_for_bearer)
                    .await
            };
            routes.router = routes.router.route(&path, on(spec.method, handler));
        }
        routes.route(again, async move |state: S, request: Request| {
            reauthenticate::<E, S, C, P, O, R, F, Fut>(state, request, check_again).await
        })
    }

    /// The endpoint that ends the session; `hook` is told afterwards.
    #[must_use]
    pub fn logout<P, O, R, F, Fut>(self, spec: EndpointSpec, hook: F) -> Self
    where
        P: Args<S>,
        O: HookOutput,
        R: FillLogout<E>,
        F: Fn(P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = O> + Send,
    {
        self.route(spec, async move |state: S, request: Request| {
            logout::<E, S, P, O, R, F, Fut>(spec, state, request, hook).await
        })
    }

    /// The endpoint that rotates the secret; `hook` is told afterwards.
    #[must_use]
    pub fn refresh<P, O, R, F, Fut>(self, spec: EndpointSpec, hook: F) -> Self
    where
        E: Restore<S>,
        P: Args<S>,
        O: HookOutput,
        R: Fill<E, endpoint::Refresh>,
        F: Fn(P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = O> + Send,
    {
        self.route(spec, async move |state: S, request: Request| {
            refresh::<E, S, P, O, R, F, Fut>(spec, state, request, hook).await
        })
    }

    /// The endpoint that shows the session, and who is signed in.
    #[must_use]
    pub fn authenticate<R>(self, spec: EndpointSpec) -> Self
    where
        E: Restore<S>,
        R: Fill<E, endpoint::Authenticate>,
    {
        self.route(spec, async move |state: S, request: Request| {
            let who = Authenticated::<E>::from_request(request, &state).await.map_err(refuse)?;
            let session = Authenticated::session(&who);
            Ok(R::fill(session.info(), &who).into_answer(spec.status))
        })
    }

    /// The endpoints that list the principal's sessions, and end them.
    #[must_use]
    pub fn sessions(mut self) -> Self
    where
        E: Restore<S>,
    {
        self.router = self
            .router
            .route(&path::<E>(own::SESSIONS), get(list::<E, S>).delete(end_others::<E, S>))
            .route(&path::<E>(own::SESSION), delete(end_one::<E, S>));
        self
    }

    /// An endpoint of the entity's own.
    #[must_use]
    pub fn endpoint<N, P, B, O, R, F, Fut, Via, Form>(self, spec: EndpointSpec, method: F) -> Self
    where
        P: Args<S>,
        S: SuppliesLast<B, Via>,
        B: Send,
        O: EndpointOutput<R, Form>,
        R: ModelOf<E, N>,
        F: Fn(P, B) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = O> + Send,
    {
        self.route(spec, async move |state: S, request: Request| {
            let (mut parts, body) = request.into_parts();
            let taken = P::take(&mut parts, &state).await?;
            let last = state.supply_last(Request::from_parts(parts, body)).await?;
            Ok(method(taken, last).await.into_answer(|model: R| model.into_answer(spec.status)))
        })
    }

    /// The router.
    pub fn finish(self) -> Router<S> {
        self.router
            .method_not_allowed_fallback(async || Problem::new(ProblemType::MethodNotAllowed))
            .layer(map_response(not_to_be_kept))
            .layer(CookieManagerLayer::new())
    }

    /// The struct's attribute knows the entity's path, the impl's does not (an alias, another module): they meet here.
    fn route<H, Fut>(mut self, spec: EndpointSpec, handler: H) -> Self
    where
        H: FnOnce(S, Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, Response>> + Send,
    {
        let handler = async |State(state): State<S>, request: Request| {
            let (parts, body) = request.into_parts();
            if let Err(problem) = state.auth().check_presented(&parts) {
                return refuse(problem);
            }
            answer(handler(state, Request::from_parts(parts, body)).await)
        };
        self.router = self.router.route(&path::<E>(spec.path), on(spec.method, handler));
        self
    }
}

pub(crate) fn path<E: AuthEntity>(relative: &str) -> String {
    format!("{}{relative}", E::SPEC.path)
}

/// An answer about a session is nobody else's (ASVS 5.0, 14.3.2 and 3.4.4).
async fn not_to_be_kept(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

async fn login<E, S, C, P, O, R, F, Fut>(
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
    let extracted = P::take(&mut parts, &state).await?;
    let device = auth.device(&parts);
    let (entity, attempt) =
        checked(&auth, form, &device, |form| check(form, extracted)).await.map_err(refuse)?;
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
    let attempt = auth.attempt(&form.identifier(), device).await?;
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

async fn reauthenticate<E, S, C, P, O, R, F, Fut>(
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
    let extracted = P::take(&mut parts, &state).await?;
    let device = auth.device(&parts);
    let (entity, attempt) =
        checked(&auth, form, &device, |form| check(form, extracted)).await.map_err(refuse)?;
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

async fn logout<E, S, P, O, R, F, Fut>(
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

fn answer(result: Result<Response, Response>) -> Response {
    result.unwrap_or_else(|refusal| refusal)
}

/// Whether credentials may come in a form: where a cookie is given for them, which a form can do something with.
fn takes_forms<E: AuthEntity>(by: Transport) -> bool {
    E::SPEC.forms && by == Transport::Cookie
}

fn next_of<C>(sent: &Result<Sent<C>, Problem>) -> Option<String> {
    sent.as_ref().ok()?.next.clone()
}

/// The token that the request comes with: 401 without one.
fn presented<E: AuthEntity>(auth: &Auth<E>, parts: &Parts) -> Result<Presented, Problem> {
    auth.presented(parts)?.ok_or_else(|| Auth::<E>::not_signed_in(parts))
}

/// Takes from a browser what the session left there.
fn clear<E: AuthEntity>(auth: &Auth<E>, parts: &Parts, answer: &mut Response) {
    auth.cookie().remove(parts);
    answer.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static(r#""cache", "storage""#));
}

/// <https://www.w3.org/TR/clear-site-data/> (ASVS 5.0, 14.3.1). Not `"cookies"`: those of other entities stay.
pub(crate) const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

async fn refresh<E, S, P, O, R, F, Fut>(
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

// These ask for the entity, so that a session that its entity speaks against ends here too.

/// `GET /user/sessions`
async fn list<E: AuthEntity, S: ProvidesAuth<E> + AppState>(
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
async fn end_others<E: AuthEntity, S: ProvidesAuth<E> + AppState>(
    State(state): State<S>,
    who: Authenticated<E>,
) -> Result<StatusCode, Problem> {
    let auth = state.auth();
    completed(async move { Ok(auth.end_others(Authenticated::session(&who)).await?) }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /user/sessions/{id}`: one of the user's own; another's id is answered as an unknown one is.
async fn end_one<E: AuthEntity, S: ProvidesAuth<E> + AppState>(
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

fn refuse(problem: Problem) -> Response {
    problem.into_response()
}

/// Runs what has begun to its end, though the client hangs up: in a task of its own, with the request's span.
async fn completed<T: Send + 'static>(
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    let (done, outcome) = oneshot::channel();
    let work = async move {
        done.send(work.await).ok();
    };
    spawn(work.in_current_span());
    outcome
        .await
        .unwrap_or_else(|_| Err(Problem::internal("task", &"it has panicked, or the runtime is ending")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_is_an_error_that_nobody_waits_for() {
        let panics = completed(async { unreachable!("on purpose") });
        let outcome: Result<Result<(), Problem>, _> = timeout(Duration::from_secs(30), panics).await;
        let problem = outcome.map(Result::err).ok().flatten();
        assert_eq!(
            problem.map(|problem| problem.into_response().status()),
            Some(StatusCode::INTERNAL_SERVER_ERROR)
        );
    }
}
