//! Options and marks, whatever the attribute.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Error};

use super::{all, did_you_mean, either, error, shown};
use crate::options::{Known, KnownMark};

pub(crate) fn no_option(found: &TokenStream, known: &[Known]) -> Error {
    error(found, format!("expected an option, found `{}`\nhelp: {}", shown(found), takes(known)))
}

pub(crate) fn unknown(key: &Ident, known: &[Known]) -> Error {
    let near = did_you_mean(&key.to_string(), known.iter().map(|option| option.key));
    error(key, format!("unknown option `{key}`{near}\nhelp: {}", takes(known)))
}

pub(crate) fn twice(key: &Ident) -> Error {
    error(key, format!("`{key}` is given twice\nhelp: leave one of them out"))
}

pub(crate) fn no_value(key: &Ident, option: &Known) -> Error {
    error(key, format!("`{key}` has no value: it takes {}\nhelp: {}", option.takes, usage(option)))
}

pub(crate) fn wrong_value(key: &Ident, value: &TokenStream, option: &Known) -> Error {
    let at = if value.is_empty() { key.to_token_stream() } else { value.clone() };
    error(at, format!("`{key}` takes {}, found `{}`\nhelp: {}", option.takes, shown(value), usage(option)))
}

fn takes(known: &[Known]) -> String {
    format!("the options are {}", all(known.iter().map(|option| option.key)))
}

fn usage(option: &Known) -> String {
    format!("write `{} = {}`", option.key, option.example)
}

pub(crate) fn unknown_mark(key: &Ident, attr: &Attribute, known: &[KnownMark]) -> Error {
    let near = did_you_mean(&key.to_string(), known.iter().map(|mark| mark.key));
    let attr = shown(attr.path());
    error(
        key,
        format!("unknown mark `{key}` in `#[{attr}(…)]`{near}\nhelp: the marks are {}", all_marks(known)),
    )
}

pub(crate) fn no_marks(attr: &Attribute, known: &[KnownMark]) -> Error {
    let name = shown(attr.path());
    error(attr, format!("`#[{name}(…)]` marks a field with a word\nhelp: the marks are {}", all_marks(known)))
}

pub(crate) fn wrong_mark_value(key: &Ident, known: &KnownMark) -> Error {
    match known.values {
        [] => error(key, format!("`{key}` takes no value\nhelp: write `{key}` alone")),
        values => error(
            key,
            format!("`{key}` takes {}\nhelp: write `{key} = {}`", either(values.iter().copied()), values[0]),
        ),
    }
}

fn all_marks(known: &[KnownMark]) -> String {
    all(known.iter().map(|mark| mark.key))
}
