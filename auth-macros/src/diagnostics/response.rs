//! `#[expose_response]`.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Error, Path};

use super::{all, cfg_inside, error, shown};
use crate::contract::SESSION_FACTS;

pub(crate) fn no_item(keyword: &Ident) -> Error {
    error(
        keyword,
        format!(
            "`#[expose_response]` goes on a struct, found `{keyword}`\nhelp: for a method, write `#[expose_endpoint(get, \"/path\", response = T)]`"
        ),
    )
}

pub(crate) fn no_struct(keyword: &Ident, name: &Ident) -> Error {
    error(
        keyword,
        format!(
            "a response model is a struct with named fields, found the {keyword} `{name}`\nhelp: {}",
            example(name)
        ),
    )
}

pub(crate) fn no_named_fields(at: impl ToTokens, name: &Ident, found: &str) -> Error {
    error(
        at,
        format!(
            "a response model is a struct with named fields, found a {found} struct\nhelp: {}",
            example(name)
        ),
    )
}

fn example(name: &Ident) -> String {
    format!("struct {name} {{ id: Uuid, … }}")
}

pub(crate) fn generic(generics: impl ToTokens, name: &Ident) -> Error {
    error(
        generics,
        format!(
            "a response model is one type, found generics on `{name}`\nhelp: write out the types of its fields"
        ),
    )
}

pub(crate) fn derives_serialize(derive: &Path) -> Error {
    error(derive, "`#[expose_response]` derives `Serialize` itself\nhelp: take it out of the `#[derive(…)]`")
}

pub(crate) fn no_endpoint(found: &TokenStream) -> Error {
    error(
        found,
        format!(
            "expected an endpoint, such as `User::login`, found `{}`\nhelp: write `#[expose_response(User::login)]`, or `#[expose_response]` for a model that fits any endpoint",
            shown(found)
        ),
    )
}

pub(crate) fn authenticate(method: &Ident) -> Error {
    error(
        method,
        "`authenticate` is no endpoint, so it has no response\nhelp: name an endpoint, such as `User::login`",
    )
}

pub(crate) fn cfg_on_field(attr: &Attribute) -> Error {
    cfg_inside(attr, "a field of a response model")
}

pub(crate) fn secret(field: &Ident) -> Error {
    error(
        field,
        format!(
            "`{field}` looks like a secret, and would be sent to the client\nhelp: leave it out, or mark it `#[expose(keep)]` if it is none"
        ),
    )
}

pub(crate) fn from_without_source(from: &Ident) -> Error {
    error(
        from,
        "`from` is for the models of `login`, `logout` and `refresh`, which the library fills\nhelp: leave it out; the method fills this one",
    )
}

pub(crate) fn no_fact(field: &Ident) -> Error {
    error(field, format!("a session has no `{field}`\nhelp: it has {}", all(SESSION_FACTS.iter().copied())))
}

/// In a constant of the output: whether the entity has such a field, only the compiler knows.
pub(crate) fn ambiguous(field: &str) -> String {
    format!(
        "`{field}` is a field of the session and of the entity: mark it `#[expose(from = session)]` or `#[expose(from = entity)]`"
    )
}
