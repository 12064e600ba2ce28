//! Response models, and what ties them to an endpoint.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    entity::{AuthEntity, PrincipalId},
    session::SessionInfo,
};

/// The endpoints of an entity as types.
pub mod endpoint {
    /// `POST /user/login`
    pub enum Login {}
    /// `POST /user/logout`
    pub enum Logout {}
    /// `POST /user/refresh`
    pub enum Refresh {}
    /// `GET /user/session`
    pub enum Authenticate {}
    /// An exposed method; `NAME` is a hash of its name, which both macros compute.
    pub enum Method<const NAME: u64> {}
}

/// A response model: a struct that lists what may leave. `#[expose_response]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a response model",
    label = "not annotated with `#[expose_response]`",
    note = "put `#[expose_response]` on `{Self}`"
)]
pub trait Model: Serialize + Send + Sized + 'static {
    /// The answer that carries it: JSON with `status`, unless the model says otherwise.
    fn into_answer(self, status: StatusCode) -> Response {
        (status, Json(self)).into_response()
    }
}

/// A model that may leave at the endpoint `M` of `E`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a response model of this endpoint of `{E}`",
    label = "made for another endpoint, or no response model",
    note = "put `#[expose_response({E}::…)]` with this method's name on `{Self}`, or a bare `#[expose_response]` for a model that fits any endpoint"
)]
pub trait ModelOf<E, M>: Model {}

/// A model that the library fills at an endpoint of the contract.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the response model of this endpoint of `{E}`",
    label = "made for another endpoint, or no response model",
    note = "put `#[expose_response({E}::…)]` with this endpoint's name on `{Self}`"
)]
pub trait Fill<E, M>: Model {
    /// The model for this session and entity.
    fn fill(session: &SessionInfo, entity: &E) -> Self;
}

/// A model that the library fills at logout, where no entity is loaded.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the response model of `logout` of `{E}`",
    label = "made for another endpoint, or no response model",
    note = "put `#[expose_response({E}::logout)]` on `{Self}`"
)]
pub trait FillLogout<E>: Model {
    /// The model for the session that has ended.
    fn fill(session: &SessionInfo) -> Self;
}

/// A field of a response model that takes its value from one of the session or the entity.
#[diagnostic::on_unimplemented(
    message = "the field is a `{Self}`, but the one of its name is a `{Source}`",
    label = "expected `{Source}`",
    note = "a response model shows fields as they are: give this one the type `{Source}`, or return a model of your own from an endpoint"
)]
pub trait FilledFrom<Source>: Sized {
    /// The value.
    fn filled(source: &Source) -> Self;
}

impl<T: Clone> FilledFrom<T> for T {
    fn filled(source: &T) -> Self {
        source.clone()
    }
}

/// An entity with an exposed method of the name that `M` stands for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no exposed method of this name",
    label = "not an endpoint of `{Self}`",
    note = "mark the method with `#[expose_endpoint(…)]` in the `#[auth_service] impl {Self}`"
)]
pub trait Exposes<M>: AuthEntity {}

/// What an exposed method may return when its endpoint says `response = R`; in which form, inference finds.
// Not of models only: a response that is none is an error at the option, and would be a second one here.
#[diagnostic::on_unimplemented(
    message = "the method returns `{Self}`, but its endpoint says `response = {R}`",
    label = "expected `{R}`, `Json<{R}>` or `Result<{R}, _>`"
)]
pub trait EndpointOutput<R, Form> {
    /// The answer: that of `shown` where the method succeeded.
    fn into_answer(self, shown: impl FnOnce(R) -> Response) -> Response;
}

/// The forms of an `EndpointOutput`.
pub mod form {
    /// The model.
    pub enum Bare {}
    /// The model in a `Json`.
    pub enum InJson {}
    /// One of the others, or an error.
    pub struct OrError<Form>(std::marker::PhantomData<Form>);
}

#[diagnostic::do_not_recommend]
impl<R> EndpointOutput<R, form::Bare> for R {
    fn into_answer(self, shown: impl FnOnce(R) -> Response) -> Response {
        shown(self)
    }
}

#[diagnostic::do_not_recommend]
impl<R> EndpointOutput<R, form::InJson> for Json<R> {
    fn into_answer(self, shown: impl FnOnce(R) -> Response) -> Response {
        shown(self.0)
    }
}

impl<R, O, X, Form> EndpointOutput<R, form::OrError<Form>> for Result<O, X>
where
    O: EndpointOutput<R, Form>,
    X: EndpointFailure,
{
    fn into_answer(self, shown: impl FnOnce(R) -> Response) -> Response {
        match self {
            Ok(output) => output.into_answer(shown),
            Err(error) => error.into_failure(),
        }
    }
}

/// The error of an exposed method: anything with axum's `IntoResponse`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of an endpoint",
    label = "no answer to a client",
    note = "implement axum's `IntoResponse` for it, or return `auth_core::Problem`"
)]
pub trait EndpointFailure: Send {
    /// The answer.
    fn into_failure(self) -> Response;
}

#[diagnostic::do_not_recommend]
impl<X: IntoResponse + Send> EndpointFailure for X {
    fn into_failure(self) -> Response {
        self.into_response()
    }
}

/// An endpoint that answers with nothing: 204 No Content.
impl Model for () {
    fn into_answer(self, _: StatusCode) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl<E, M> ModelOf<E, M> for () {}

/// What `login` answers unless the entity says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoginResponse {
    /// The new session's public id.
    pub session_id: Uuid,
    /// The id of the entity that signed in, as text.
    pub principal: String,
    /// When the session ends, whatever happens.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// When it ends unless it is used before.
    #[serde(with = "time::serde::rfc3339")]
    pub idle_expires_at: OffsetDateTime,
}

impl Model for LoginResponse {}

impl<E: AuthEntity> Fill<E, endpoint::Login> for LoginResponse {
    fn fill(session: &SessionInfo, entity: &E) -> Self {
        LoginResponse {
            session_id: session.session_id,
            principal: entity.principal().to_text(),
            expires_at: session.expires_at,
            idle_expires_at: session.idle_expires_at,
        }
    }
}

impl Model for SessionInfo {}

/// What `GET /user/session` answers unless the entity says otherwise.
impl<E: AuthEntity> Fill<E, endpoint::Authenticate> for SessionInfo {
    fn fill(session: &SessionInfo, _: &E) -> Self {
        session.clone()
    }
}

/// What `logout` answers unless the entity says otherwise: 204 No Content, which means that the session is dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LogoutResponse {}

impl Model for LogoutResponse {
    fn into_answer(self, _: StatusCode) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl<E: AuthEntity> FillLogout<E> for LogoutResponse {
    fn fill(_: &SessionInfo) -> Self {
        LogoutResponse {}
    }
}

/// What `refresh` answers unless the entity says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RefreshResponse {
    /// The session's public id.
    pub session_id: Uuid,
    /// When the session ends, whatever happens.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// When it ends unless it is used before.
    #[serde(with = "time::serde::rfc3339")]
    pub idle_expires_at: OffsetDateTime,
}

impl Model for RefreshResponse {}

impl<E: AuthEntity> Fill<E, endpoint::Refresh> for RefreshResponse {
    fn fill(session: &SessionInfo, _: &E) -> Self {
        RefreshResponse {
            session_id: session.session_id,
            expires_at: session.expires_at,
            idle_expires_at: session.idle_expires_at,
        }
    }
}
