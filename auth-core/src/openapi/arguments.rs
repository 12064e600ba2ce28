//! What the arguments of a method, and what it returns, say of its endpoint.

use std::marker::PhantomData;

use axum::{
    Form, Json,
    extract::{Path, Query, State},
    http::{HeaderMap, Method, StatusCode, Uri, Version},
};
use utoipa::{
    ToSchema,
    openapi::{RefOr, schema::Schema},
};

use super::{
    operation::Operation,
    structs::{self, anything, exact},
};
use crate::{
    entity::AuthEntity,
    http::{
        extract::{Authenticated, Fresh},
        problem::{Problem, ProblemType},
    },
    session::Session,
};

/// An extractor that says what its endpoint takes, and how it refuses a request.
///
/// The library implements it for its own extractors and for axum's `Form`, `Json`, `Path`, `Query` and `State`. An endpoint with
/// an argument that has it not is documented as one that may answer with anything else, too.
///
/// ```
/// use auth_core::openapi::{Argument, Operation};
/// use axum::http::StatusCode;
///
/// struct Tenant(String);
/// # impl<S: Sync> axum::extract::FromRequestParts<S> for Tenant {
/// #     type Rejection = StatusCode;
/// #     async fn from_request_parts(_: &mut axum::http::request::Parts, _: &S) -> Result<Self, StatusCode> {
/// #         Err(StatusCode::BAD_REQUEST)
/// #     }
/// # }
///
/// impl Argument for Tenant {
///     fn describe(operation: &mut Operation) {
///         operation.rejects_with(StatusCode::BAD_REQUEST);
///     }
/// }
/// ```
pub trait Argument {
    /// Adds to the endpoint's description.
    fn describe(operation: &mut Operation);
}

macro_rules! arguments_that_say_nothing {
    ($($ty:ty),*) => { $(
        impl Argument for $ty {
            fn describe(_: &mut Operation) {}
        }
    )* };
}

arguments_that_say_nothing!((), HeaderMap, Method, Uri, Version);

impl<T> Argument for State<T> {
    fn describe(_: &mut Operation) {}
}

impl<E: AuthEntity> Argument for Authenticated<E> {
    fn describe(operation: &mut Operation) {
        operation.signed_in::<E>();
    }
}

impl<E: AuthEntity> Argument for Session<E> {
    fn describe(operation: &mut Operation) {
        operation.signed_in::<E>();
    }
}

impl<E: AuthEntity, const SECONDS: u64> Argument for Fresh<E, SECONDS> {
    fn describe(operation: &mut Operation) {
        operation.fresh::<E>();
    }
}

impl<E: AuthEntity> Argument for Option<Authenticated<E>> {
    fn describe(operation: &mut Operation) {
        operation.maybe_signed_in::<E>();
    }
}

impl<E: AuthEntity> Argument for Option<Session<E>> {
    fn describe(operation: &mut Operation) {
        operation.maybe_signed_in::<E>();
    }
}

impl<T: ToSchema> Argument for Json<T> {
    fn describe(operation: &mut Operation) {
        T::schemas(&mut operation.schemas);
        json(operation, T::schema());
    }
}

fn json(operation: &mut Operation, schema: RefOr<Schema>) {
    operation.json(schema);
    refuses_bodies(operation);
}

/// In the query of a GET.
impl<T: ToSchema> Argument for Form<T> {
    fn describe(operation: &mut Operation) {
        if operation.is_unsafe {
            T::schemas(&mut operation.schemas);
            form(operation, T::schema());
        } else {
            <Query<T> as Argument>::describe(operation);
        }
    }
}

fn form(operation: &mut Operation, schema: RefOr<Schema>) {
    operation.form(schema);
    refuses_bodies(operation);
}

/// What axum's `Json` and `Form` refuse.
fn refuses_bodies(operation: &mut Operation) {
    operation.rejects_with(StatusCode::BAD_REQUEST);
    operation.refuses_with([
        ProblemType::TooLarge,
        ProblemType::UnsupportedMediaType,
        ProblemType::Unprocessable,
    ]);
}

impl<T: ToSchema> Argument for Query<T> {
    fn describe(operation: &mut Operation) {
        operation.query::<T>();
        operation.rejects_with(StatusCode::BAD_REQUEST);
    }
}

impl<T: PathParameters> Argument for Path<T> {
    fn describe(operation: &mut Operation) {
        operation.path_parameters(T::schemas());
        operation.rejects_with(StatusCode::BAD_REQUEST);
    }
}

/// What `Path` takes, where each parameter has a type of its own.
pub trait PathParameters {
    /// Their schemas, in order.
    fn schemas() -> Vec<RefOr<Schema>>;
}

/// One parameter.
pub trait PathParameter {
    /// Its schema.
    fn schema() -> RefOr<Schema>;
}

macro_rules! path_parameters {
    ($($ty:ty as $described:ty),*) => { $(
        impl PathParameter for $ty {
            fn schema() -> RefOr<Schema> {
                exact::<$described>()
            }
        }

        impl PathParameters for $ty {
            fn schemas() -> Vec<RefOr<Schema>> {
                vec![<$ty as PathParameter>::schema()]
            }
        }
    )* };
}

path_parameters!(
    uuid::Uuid as structs::Uuid,
    String as String,
    bool as bool,
    char as char,
    u8 as u8,
    u16 as u16,
    u32 as u32,
    u64 as u64,
    u128 as u128,
    usize as usize,
    i8 as i8,
    i16 as i16,
    i32 as i32,
    i64 as i64,
    i128 as i128,
    isize as isize
);

macro_rules! tuples {
    ($(($($t:ident)*))*) => { $(
        impl<$($t: PathParameter),*> PathParameters for ($($t,)*) {
            fn schemas() -> Vec<RefOr<Schema>> {
                vec![$($t::schema()),*]
            }
        }
    )* };
}

tuples! { (A) (A B) (A B C) (A B C D) }

/// A type in a method's signature, asked what it says by the way in which it is called: `(&&&Asked::<T>::NEW).tell(…)`
/// finds the first of the traits below that it has.
pub struct Asked<T>(PhantomData<fn() -> T>);

impl<T> Asked<T> {
    /// The question.
    pub const NEW: Self = Asked(PhantomData);
}

/// An argument that says something.
pub trait TellsAll {
    /// Says it.
    fn tell(&self, operation: &mut Operation);
}

impl<T: Argument> TellsAll for &&Asked<T> {
    fn tell(&self, operation: &mut Operation) {
        T::describe(operation);
    }
}

/// A body without a schema, a path whose parameters are fields.
pub trait TellsSome {
    /// Says it.
    fn tell(&self, operation: &mut Operation);
}

impl<T> TellsSome for &Asked<Json<T>> {
    fn tell(&self, operation: &mut Operation) {
        json(operation, anything());
    }
}

impl<T> TellsSome for &Asked<Form<T>> {
    fn tell(&self, operation: &mut Operation) {
        if operation.is_unsafe {
            form(operation, anything());
        } else {
            operation.rejects_with(StatusCode::BAD_REQUEST);
        }
    }
}

impl<T> TellsSome for &Asked<Path<T>> {
    fn tell(&self, operation: &mut Operation) {
        operation.rejects_with(StatusCode::BAD_REQUEST);
    }
}

/// Any other argument: how it refuses, nobody knows.
pub trait TellsNothing {
    /// Says so.
    fn tell(&self, operation: &mut Operation);
}

impl<T> TellsNothing for Asked<T> {
    fn tell(&self, operation: &mut Operation) {
        operation.answers_others();
    }
}

/// A method that can fail in a way of its own.
pub trait FailsSomehow {
    /// Says it.
    fn fail(&self, operation: &mut Operation);
}

impl<T, X> FailsSomehow for &Asked<Result<T, X>> {
    fn fail(&self, operation: &mut Operation) {
        operation.answers_others();
    }
}

/// A method that can fail with a problem.
pub trait FailsWithProblem {
    /// Says it.
    fn fail(&self, operation: &mut Operation);
}

impl<T> FailsWithProblem for &&Asked<Result<T, Problem>> {
    fn fail(&self, operation: &mut Operation) {
        operation.refuses_with_others();
    }
}

/// A method that cannot fail.
pub trait FailsNever {
    /// Says nothing.
    fn fail(&self, operation: &mut Operation);
}

impl<T> FailsNever for Asked<T> {
    fn fail(&self, _: &mut Operation) {}
}
