//! `#[derive(Credentials)]`.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::Error;

use super::error;

pub(crate) fn no_struct(name: &Ident, found: &str) -> Error {
    error(
        name,
        format!(
            "credentials are a struct with named fields, found the {found} `{name}`\nhelp: struct {name} {{ #[auth(identifier)] email: String, #[auth(secret)] password: Secret }}"
        ),
    )
}

pub(crate) fn generic(generics: impl ToTokens, name: &Ident) -> Error {
    error(
        generics,
        format!(
            "credentials are one type, found generics on `{name}`\nhelp: write out the types of its fields, and own what they hold"
        ),
    )
}

pub(crate) fn no_identifier(name: &Ident) -> Error {
    error(
        name,
        format!(
            "no field of `{name}` is marked as the identifier\nhelp: mark the one that says who signs in: `#[auth(identifier)] email: String`; logins are counted by it"
        ),
    )
}

pub(crate) fn two_identifiers(second: &Ident, first: &str) -> Error {
    error(
        second,
        format!(
            "two fields are marked `#[auth(identifier)]`, `{first}` already is\nhelp: leave the other mark out"
        ),
    )
}

pub(crate) fn secret_identifier(secret: &Ident) -> Error {
    error(
        secret,
        "the identifier cannot be the secret: it is logged and counted by\nhelp: leave one of the marks out",
    )
}

pub(crate) fn needless_plain(plain: &Ident) -> Error {
    error(
        plain,
        "`plain` is for fields that are named like a secret and are neither that nor the identifier\nhelp: leave `plain` out",
    )
}

pub(crate) fn unmarked_secret(field: &Ident) -> Error {
    error(
        field,
        format!(
            "`{field}` looks like a secret, and is not marked as one\nhelp: write `#[auth(secret)] {field}: Secret`, or mark it `#[auth(plain)]` if it is none"
        ),
    )
}
