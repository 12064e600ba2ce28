//! `auth_router!` and `auth_openapi!`.

use proc_macro2::{Span, TokenStream};
use syn::Error;

use super::{error, shown};

pub(crate) fn no_path(name: &str, found: &TokenStream) -> Error {
    error(
        found,
        format!(
            "`{name}` takes the path of a schema in quotes, found `{}`\nhelp: write `{name}(\"schema.yaml\")`, or `{name}()` for the one that the attributes read",
            shown(found)
        ),
    )
}

pub(crate) fn no_entities(file: &str) -> Error {
    Error::new(
        Span::call_site(),
        format!(
            "{file} declares no entities\nhelp: write `entities:`, and below it `User: auth.cookies.redis`"
        ),
    )
}

/// For an attribute of the output: whether the struct is annotated, only the compiler knows.
pub(crate) fn not_annotated(place: &str, entity: &str) -> (String, String) {
    (
        format!("{place} declares the entity `{entity}`, and the struct has no `#[auth_service]`"),
        format!(
            "put `#[auth_service]` on the struct `{entity}` and on its impl block, or take it out of the schema"
        ),
    )
}
