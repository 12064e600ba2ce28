//! `key = value` among the arguments of an attribute, and `#[auth(key)]` on fields.

use proc_macro2::Ident;
use syn::{
    Attribute, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use crate::{
    diagnostics::{Errors, options},
    syntax::{name_of, skip_to_comma},
};

/// An option that an attribute knows.
pub(crate) struct Known {
    pub(crate) key: &'static str,
    /// What its value is, as in "takes a duration in quotes".
    pub(crate) takes: &'static str,
    pub(crate) example: &'static str,
}

/// Reads `key = value, …` to the end; `read` reads the value of a known key. What is wrong with one says nothing of
/// the next.
pub(crate) fn parse(
    input: ParseStream,
    known: &[Known],
    errors: &mut Errors,
    mut read: impl FnMut(&str, ParseStream) -> syn::Result<()>,
) -> syn::Result<()> {
    let mut seen = Vec::new();
    while !input.is_empty() {
        option(input, known, &mut seen, errors, &mut read)?;
        skip_to_comma(input)?;
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}

fn option(
    input: ParseStream,
    known: &[Known],
    seen: &mut Vec<&'static str>,
    errors: &mut Errors,
    read: &mut impl FnMut(&str, ParseStream) -> syn::Result<()>,
) -> syn::Result<()> {
    if !input.peek(syn::Ident::peek_any) {
        errors.push(options::no_option(&skip_to_comma(input)?, known));
        return Ok(());
    }
    let key = input.call(Ident::parse_any)?;
    let Some(option) = known.iter().find(|option| key == option.key) else {
        errors.push(options::unknown(&key, known));
        return Ok(());
    };
    if seen.contains(&option.key) {
        errors.push(options::twice(&key));
        return Ok(());
    }
    seen.push(option.key);
    if input.parse::<Option<Token![=]>>()?.is_none() || input.is_empty() {
        errors.push(options::no_value(&key, option));
        return Ok(());
    }
    let value = skip_to_comma(&input.fork())?;
    if read(option.key, input).is_err() || !(input.is_empty() || input.peek(Token![,])) {
        errors.push(options::wrong_value(&key, &value, option));
    }
    Ok(())
}

/// A word in an attribute of a field: `id` in `#[auth(id)]`, `from = session` in `#[expose(from = session)]`.
pub(crate) struct Mark {
    pub(crate) key: Ident,
    pub(crate) value: Option<Ident>,
}

/// A word that fields can be marked with.
pub(crate) struct KnownMark {
    pub(crate) key: &'static str,
    pub(crate) values: &'static [&'static str],
}

/// The marks of a field.
#[derive(Default)]
pub(crate) struct Marks {
    found: Vec<Mark>,
    /// One could not be read, so that nothing follows from one that is missing.
    pub(crate) is_broken: bool,
}

impl Marks {
    pub(crate) fn parse(attrs: &[Attribute], known: &[KnownMark], errors: &mut Errors) -> Self {
        let mut marks = Marks::default();
        for attr in attrs {
            if let Err(error) = marks.read(attr, known) {
                errors.push(error);
                marks.is_broken = true;
            }
        }
        marks
    }

    /// The mark of this name, if the field has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Mark> {
        self.found.iter().find(|mark| mark.key == key)
    }

    fn read(&mut self, attr: &Attribute, known: &[KnownMark]) -> syn::Result<()> {
        let words = attr.parse_args_with(Punctuated::<Mark, Token![,]>::parse_terminated).ok();
        let words = words.filter(|words| !words.is_empty()).ok_or_else(|| options::no_marks(attr, known))?;
        for mark in words {
            let known_as = known.iter().find(|known| mark.key == known.key);
            let known_as = known_as.ok_or_else(|| options::unknown_mark(&mark.key, attr, known))?;
            if self.get(known_as.key).is_some() {
                return Err(options::twice(&mark.key));
            }
            let fits = match &mark.value {
                Some(value) => known_as.values.contains(&name_of(value).as_str()),
                None => known_as.values.is_empty(),
            };
            if !fits {
                return Err(options::wrong_mark_value(&mark.key, known_as));
            }
            self.found.push(mark);
        }
        Ok(())
    }
}

impl Parse for Mark {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let has_value = input.parse::<Option<Token![=]>>()?.is_some();
        let value = if has_value { Some(input.call(Ident::parse_any)?) } else { None };
        Ok(Mark { key, value })
    }
}
