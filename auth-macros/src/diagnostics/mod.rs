//! The error sink, and every message that a macro gives: one file for each macro.
//!
//! A message says what was found, what was expected, and the fix; it stands on the smallest token of the user's.

pub(crate) mod block;
pub(crate) mod credentials;
pub(crate) mod endpoint;
pub(crate) mod entity;
pub(crate) mod options;
pub(crate) mod response;

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Error};

use crate::contract::CORE;

/// Mistakes, collected so that all show in one build.
#[derive(Default)]
pub(crate) struct Errors(Vec<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// Notes an error, and goes on without the value.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.iter().map(Error::to_compile_error));
    }
}

fn error(at: impl ToTokens, message: impl Display) -> Error {
    Error::new_spanned(at, message)
}

/// `` `a`, `b` and `c` ``
fn all<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    listed(words, "and")
}

/// `` `a`, `b` or `c` ``
fn either<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    listed(words, "or")
}

fn listed<'a>(words: impl IntoIterator<Item = &'a str>, conjunction: &str) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {conjunction} {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// `` , did you mean `login`? `` where one of the known words is near, or else nothing.
fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known)
        .filter(|near| strsim::jaro_winkler(&word.to_lowercase(), near) > 0.8)
        .map(|near| format!(", did you mean `{near}`?"))
        .unwrap_or_default()
}

/// The known word that is most like another.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let likeness = |near: &str| strsim::jaro_winkler(&word, near);
    known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

/// Tokens as a person would write them, on one line.
fn shown(tokens: impl ToTokens) -> String {
    const TIGHT_AFTER: [&str; 6] = ["<", "::", "&", "(", "[", "'"];
    const TIGHT_BEFORE: [&str; 8] = [",", ">", "<", "::", ")", "(", "]", "."];
    let text = tokens.to_token_stream().to_string();
    let mut shown = String::new();
    for word in text.split_whitespace() {
        let tight = TIGHT_AFTER.iter().any(|end| shown.ends_with(end))
            || TIGHT_BEFORE.iter().any(|start| word.starts_with(start));
        if !shown.is_empty() && !tight {
            shown.push(' ');
        }
        shown.push_str(word);
    }
    shown
}

pub(crate) fn no_core(at: impl ToTokens) -> Error {
    error(
        at,
        format!(
            "the macros of {CORE} need the crate {CORE}, and it is no dependency\nhelp: cargo add {CORE}"
        ),
    )
}

pub(crate) fn cfg_inside(attr: &Attribute, what: &str) -> Error {
    error(
        attr,
        format!(
            "`#[cfg]` on {what} cannot be followed by what is generated from it\nhelp: put it on the whole item, once for each variant"
        ),
    )
}

/// An item that the macro could not read, and that the compiler accepted.
pub(crate) fn unreadable(error: &Error, attribute: &str) -> Error {
    Error::new(error.span(), format!("`{attribute}` cannot read this item: {error}"))
}
