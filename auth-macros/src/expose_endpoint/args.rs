//! `(get, "/path", response = T, require = path, fresh = "5m", status = 200)`

use proc_macro2::Ident;
use syn::{Attribute, LitInt, LitStr, Path, Token, Type, ext::IdentExt, parse::ParseStream};

use super::signature::Answer;
use crate::{
    diagnostics::{Errors, endpoint},
    options::{self, Known},
    syntax::skip_to_comma,
};

const OPTIONS: &[Known] = &[
    Known { key: "response", takes: "a type", example: "Profile" },
    Known { key: "require", takes: "the path of a function `fn(&Entity) -> bool`", example: "is_admin" },
    Known { key: "fresh", takes: "a duration in quotes", example: "\"5m\"" },
    Known { key: "status", takes: "a number", example: "201" },
];

/// The arguments as they are written.
pub(crate) struct Args {
    /// The attribute itself, for what is missing in it.
    pub(crate) attr: Attribute,
    pub(crate) verb: Option<Ident>,
    pub(crate) path: Option<LitStr>,
    pub(crate) response: Option<Type>,
    pub(crate) require: Option<Path>,
    pub(crate) fresh: Option<LitStr>,
    pub(crate) status: Option<LitInt>,
    /// Something could not be read.
    is_broken: bool,
}

impl Args {
    pub(crate) fn parse(attr: Attribute, errors: &mut Errors) -> Self {
        let mut args = Args {
            attr,
            verb: None,
            path: None,
            response: None,
            require: None,
            fresh: None,
            status: None,
            is_broken: false,
        };
        let attr = args.attr.clone();
        let before = errors.len();
        match &attr.meta {
            syn::Meta::List(_) => {
                let parsed = attr.parse_args_with(|input: ParseStream| args.read(input, errors));
                errors.take(parsed);
            }
            _ => errors.push(endpoint::no_arguments(&attr)),
        }
        args.is_broken = errors.len() > before;
        args
    }

    /// What the endpoint answers, as far as that can be told.
    pub(crate) fn answer(&self) -> Answer<'_> {
        match &self.response {
            Some(response) => Answer::Response(response),
            None if self.is_broken => Answer::Unknown,
            None => Answer::Nothing,
        }
    }

    fn read(&mut self, input: ParseStream, errors: &mut Errors) -> syn::Result<()> {
        if input.is_empty() {
            errors.push(endpoint::no_arguments(&self.attr));
            return Ok(());
        }
        let is_option = |input: ParseStream| input.peek(syn::Ident::peek_any) && input.peek2(Token![=]);
        if input.peek(syn::Ident::peek_any) && !is_option(input) {
            self.verb = Some(input.call(Ident::parse_any)?);
            input.parse::<Option<Token![,]>>()?;
        } else {
            errors.push(endpoint::no_verb(&skip_to_comma(&input.fork())?));
        }
        if input.peek(LitStr) {
            self.path = Some(input.parse()?);
        } else if self.verb.is_some() {
            let found = skip_to_comma(&input.fork())?;
            errors.push(endpoint::no_path(&found, &self.attr));
            if !is_option(input) {
                skip_to_comma(input)?;
            }
        }
        input.parse::<Option<Token![,]>>()?;
        options::parse(input, OPTIONS, errors, |key, input| {
            match key {
                "response" => self.response = Some(input.parse()?),
                "require" => self.require = Some(input.parse()?),
                "fresh" => self.fresh = Some(input.parse()?),
                _ => self.status = Some(input.parse()?),
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::documentation::{EXPOSE_ENDPOINT, assert_lists};

    #[test]
    fn each_option_is_documented() {
        assert_lists(EXPOSE_ENDPOINT, "option", OPTIONS.iter().map(|option| option.key));
    }
}
