//! What a router's state can supply to a method of an entity.
//!
//! The same as axum's extractor traits, turned round, so that the state is `Self`. While the state of a router is still
//! an inference variable, `_: Supplies<State<Db>>` stays open, where `State<Db>: FromRequestParts<_>` would guess that
//! the state is `Db`.

use std::future::Future;

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
    response::{IntoResponse, Response},
};

use super::problem::Problem;

/// A state from which an extractor `P` can take what it needs.
#[diagnostic::on_unimplemented(
    message = "an argument of type `{P}` cannot be taken from a request where the router's state is `{Self}`",
    label = "`{Self}` does not supply `{P}`",
    note = "for `State<T>`: add a field of type `T` to `{Self}` and derive `FromRef`",
    note = "other types: implement axum's `FromRequestParts<{Self}>`; only the last argument of a method may take the body"
)]
pub trait Supplies<P>: Send + Sync {
    /// Runs the extractor.
    fn supply(&self, parts: &mut Parts) -> impl Future<Output = Result<P, Response>> + Send;
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync, P: FromRequestParts<S>> Supplies<P> for S {
    async fn supply(&self, parts: &mut Parts) -> Result<P, Response> {
        P::from_request_parts(parts, self).await.map_err(|refusal| Problem::rejected(refusal.into_response()))
    }
}

/// The same for the last argument of an exposed method, which may take the body; `Via` is axum's marker of which it
/// does.
#[diagnostic::on_unimplemented(
    message = "the last argument, of type `{P}`, cannot be taken from a request where the router's state is `{Self}`",
    label = "`{Self}` does not supply `{P}`",
    note = "for `State<T>`: add a field of type `T` to `{Self}` and derive `FromRef`",
    note = "other types: implement axum's `FromRequest<{Self}>` or `FromRequestParts<{Self}>`"
)]
pub trait SuppliesLast<P, Via>: Send + Sync {
    /// Runs the extractor.
    fn supply_last(&self, request: Request) -> impl Future<Output = Result<P, Response>> + Send;
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync, Via, P: FromRequest<S, Via>> SuppliesLast<P, Via> for S {
    async fn supply_last(&self, request: Request) -> Result<P, Response> {
        P::from_request(request, self).await.map_err(|refusal| Problem::rejected(refusal.into_response()))
    }
}

/// A method's arguments as a tuple.
pub trait Args<S>: Sized + Send {
    /// Runs the extractors from left to right.
    fn take(parts: &mut Parts, state: &S) -> impl Future<Output = Result<Self, Response>> + Send;
}

macro_rules! tuples {
    ($(($($t:ident)*))*) => { $(
        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case, unused_variables)]
        impl<S: Send + Sync $(+ Supplies<$t>)*, $($t: Send),*> Args<S> for ($($t,)*) {
            async fn take(parts: &mut Parts, state: &S) -> Result<Self, Response> {
                $(let $t = Supplies::<$t>::supply(state, parts).await?;)*
                Ok(($($t,)*))
            }
        }
    )* };
}

tuples! {
    () (A) (A B) (A B C) (A B C D) (A B C D F) (A B C D F G) (A B C D F G H) (A B C D F G H I) (A B C D F G H I J)
    (A B C D F G H I J K) (A B C D F G H I J K L) (A B C D F G H I J K L M)
}
