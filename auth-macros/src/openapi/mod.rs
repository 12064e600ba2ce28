//! What is written for the OpenAPI document, where auth-core has the feature `openapi`.

mod block;
mod serde;
mod structs;

pub(crate) use block::{Docs, Endpoints};
pub(crate) use structs::{Direction, described};

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, Visibility};

use crate::paths::Core;

/// `User::openapi()`
pub(crate) fn of_entity(ty: &Ident, vis: &Visibility, core: &Core) -> Option<TokenStream> {
    let private = &core.private;
    let doc =
        format!(" The endpoints of [`{ty}`] as an OpenAPI document, to be merged into the program's own.");
    core.documented(|| {
        quote! {
            impl #ty {
                #[doc = #doc]
                #[allow(dead_code)]
                #[must_use]
                #vis fn openapi<K>() -> #private::openapi::OpenApi
                where
                    Self: #private::openapi::Documented<K>,
                    (): #private::openapi::Inferred<K>,
                {
                    #private::openapi::document::<Self, K>()
                }
            }
        }
    })
}

/// The lines of a doc comment.
pub(crate) fn doc(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}
