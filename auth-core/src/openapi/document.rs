//! The document of an entity, and of several.

use utoipa::openapi::{Info, OpenApi, Paths};

use super::operations::Operations;
use crate::entity::AuthEntity;

/// An entity whose endpoints can be described. `#[auth_service]` on the impl block implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no endpoints to describe",
    label = "`{Self}` has no `#[auth_service] impl` block",
    note = "write `#[auth_service] impl {Self} {{ async fn login(…) -> Result<Self, LoginError> {{ … }} }}`"
)]
pub trait Documented<K>: AuthEntity {
    /// Calls for each endpoint.
    fn operations(to: Operations<Self>) -> Operations<Self>;
}

/// Finds `K` where a document is asked for: there is one impl.
pub trait Inferred<K> {}

impl Inferred<()> for () {}

/// The document of an entity.
#[must_use]
pub fn document<E: Documented<K>, K>() -> OpenApi {
    E::operations(Operations::new()).finish()
}

/// One document of several.
#[must_use]
pub fn all(documents: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let info = Info::new("Authentication", env!("CARGO_PKG_VERSION"));
    documents.into_iter().fold(OpenApi::new(info, Paths::new()), OpenApi::merge_from)
}
