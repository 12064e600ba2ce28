//! `#[expose_response]`.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Error, Path, Type};

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

pub(crate) fn beside_a_model(field: &Ident, shown: &str) -> Error {
    error(
        field,
        format!(
            "`{shown}` stands beside the model where sessions travel in bearer tokens\nhelp: give the field another name"
        ),
    )
}

pub(crate) fn without_source(mark: &Ident) -> Error {
    error(
        mark,
        format!(
            "`{mark}` is for the models of `login`, `logout`, `refresh` and `authenticate`, which the library fills\nhelp: leave it out; the method fills this one"
        ),
    )
}

pub(crate) fn no_fact(field: &Ident) -> Error {
    error(field, format!("a session has no `{field}`\nhelp: it has {}", all(SESSION_FACTS.iter().copied())))
}

pub(crate) fn renamed_twice(rename: &Ident) -> Error {
    error(
        rename,
        "the field is renamed twice, here and in `#[serde(rename = …)]`\nhelp: leave one of them out",
    )
}

pub(crate) fn never_none(skip: &Ident, ty: &Type) -> Error {
    let ty = shown(ty);
    error(
        skip,
        format!(
            "a `{ty}` is never `None`\nhelp: leave `skip_if_none` out, or make the field an `Option<{ty}>`"
        ),
    )
}
