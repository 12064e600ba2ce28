//! The generated endpoints. Macro output names their types once, in a turbofish, and hands over the user's methods.

mod completed;
mod login;
mod session;

use std::{future::Future, marker::PhantomData};

use axum::{
    Router,
    extract::{FromRequest, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS},
        request::Parts,
    },
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{MethodFilter, delete, get, on},
};
use tower_cookies::CookieManagerLayer;

pub(crate) use self::session::CLEAR_SITE_DATA;
use super::{
    extract::Authenticated,
    problem::{Problem, ProblemType},
    supply::{Args, SuppliesLast},
    transport::{Presented, Transport},
};
use crate::{
    auth::Auth,
    contract::{Contract, Credentials, HookOutput, LoginOutput, Restore},
    entity::AuthEntity,
    response::{EndpointOutput, Fill, FillLogout, ModelOf, endpoint},
    service::{ProvidesAuth, Service, Transports},
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
            login::login::<E, S, C, P, O, R, F, Fut>(spec, by, state, request, check).await
        });
        if cookies && bearer {
            // No cookie goes in or out: pages of other origins may send it.
            let path = format!("{}{}", path::<E>(spec.path), own::BEARER);
            let handler = async move |State(state): State<S>, request: Request| {
                login::login::<E, S, C, P, O, R, F, Fut>(
                    spec,
                    Transport::Bearer,
                    state,
                    request,
                    check_for_bearer,
                )
                .await
            };
            routes.router = routes.router.route(&path, on(spec.method, handler));
        }
        routes.route(again, async move |state: S, request: Request| {
            login::reauthenticate::<E, S, C, P, O, R, F, Fut>(state, request, check_again).await
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
            session::logout::<E, S, P, O, R, F, Fut>(spec, state, request, hook).await
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
            session::refresh::<E, S, P, O, R, F, Fut>(spec, state, request, hook).await
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
            .route(&path::<E>(own::SESSIONS), get(session::list::<E, S>).delete(session::end_others::<E, S>))
            .route(&path::<E>(own::SESSION), delete(session::end_one::<E, S>));
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

/// The token that the request comes with: 401 without one.
fn presented<E: AuthEntity>(auth: &Auth<E>, parts: &Parts) -> Result<Presented, Problem> {
    auth.presented(parts)?.ok_or_else(|| Auth::<E>::not_signed_in(parts))
}

fn answer(result: Result<Response, Response>) -> Response {
    result.unwrap_or_else(|refusal| refusal)
}

fn refuse(problem: Problem) -> Response {
    problem.into_response()
}
