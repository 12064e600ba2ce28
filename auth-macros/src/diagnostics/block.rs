//! `#[auth_service]` on an impl block.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Error, Path, Type};

use super::{cfg_inside, error, nearest, shown};
use crate::contract::LOGIN;

pub(crate) fn options(attr: &TokenStream) -> Error {
    error(
        attr,
        "on the impl block `#[auth_service]` takes no options\nhelp: put them on the struct, after the id of its service",
    )
}

pub(crate) fn of_trait(of_trait: &Path, entity: &Type) -> Error {
    let entity = shown(entity);
    error(
        of_trait,
        format!(
            "`#[auth_service]` goes on the inherent `impl {entity}`, found an impl of `{}`\nhelp: write `#[auth_service] impl {entity} {{ … }}`",
            shown(of_trait)
        ),
    )
}

pub(crate) fn no_entity(ty: &Type) -> Error {
    error(
        ty,
        format!(
            "an entity is a struct of this crate, found `{}`\nhelp: write `#[auth_service] impl User {{ … }}`",
            shown(ty)
        ),
    )
}

pub(crate) fn generic(generics: impl ToTokens) -> Error {
    error(generics, "an entity is one type, so its impl block has no generics\nhelp: leave them out")
}

pub(crate) fn no_login(entity: &Type, methods: impl Iterator<Item = String>) -> Error {
    let methods: Vec<String> = methods.collect();
    let near = nearest(LOGIN.name, methods.iter().map(String::as_str))
        .filter(|near| strsim::jaro_winkler(near, LOGIN.name) > 0.8)
        .map(|near| format!("; is it `{near}`?"))
        .unwrap_or_default();
    error(
        entity,
        format!(
            "`{}` has no `login`{near}\nnote: expected `{}`\nhelp: all methods of the contract are in this one block",
            shown(entity),
            LOGIN.signature
        ),
    )
}

pub(crate) fn cfg_on_method(attr: &Attribute) -> Error {
    cfg_inside(attr, "an endpoint")
}
