//! `(User::login)`, or nothing.

use proc_macro2::{Ident, TokenStream};
use syn::{Path, PathArguments};

use crate::diagnostics::{Errors, response};

/// The endpoint that is named.
pub(super) enum Args {
    /// None: a model that fits any.
    Bare,
    Endpoint {
        entity: Path,
        method: Ident,
    },
    /// Something that is no endpoint; it has been noted.
    Wrong,
}

impl Args {
    pub(super) fn parse(attr: &TokenStream, errors: &mut Errors) -> Self {
        if attr.is_empty() {
            return Args::Bare;
        }
        let path = syn::parse2::<Path>(attr.clone()).ok();
        let Some((entity, method)) = path.and_then(split) else {
            errors.push(response::no_endpoint(attr));
            return Args::Wrong;
        };
        Args::Endpoint { entity, method }
    }
}

/// `model::User` and `login` of `model::User::login`.
fn split(mut path: Path) -> Option<(Path, Ident)> {
    let method = path.segments.pop()?;
    path.segments.pop_punct();
    let is_endpoint = matches!(method.arguments, PathArguments::None) && !path.segments.is_empty();
    is_endpoint.then_some((path, method.ident))
}
