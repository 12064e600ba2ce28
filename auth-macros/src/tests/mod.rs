//! The macros on tokens: no compiler is needed for what they refuse and what they write.
#![allow(clippy::unwrap_used)]

mod expansions;
mod mistakes;
mod mutations;

use proc_macro2::{TokenStream, TokenTree};

use crate::{auth_service, credentials, expose_endpoint, expose_response, paths::Crates};

/// A macro and what it is put on, as text.
#[derive(Clone, Copy)]
enum Use<'a> {
    AuthService(&'a str, &'a str),
    ExposeEndpoint(&'a str),
    ExposeResponse(&'a str, &'a str),
    Credentials(&'a str),
}

impl Use<'_> {
    fn expand(self) -> TokenStream {
        self.expand_with(Crates::BOTH)
    }

    fn expand_with(self, crates: Crates) -> TokenStream {
        let tokens = |text: &str| text.parse::<TokenStream>().unwrap();
        match self {
            Use::AuthService(attr, item) => auth_service::run(tokens(attr), tokens(item), crates),
            Use::ExposeEndpoint(item) => expose_endpoint::run(&tokens(item)),
            Use::ExposeResponse(attr, item) => expose_response::run(&tokens(attr), tokens(item), crates),
            Use::Credentials(item) => credentials::run(tokens(item), crates),
        }
    }

    /// The first lines of its errors.
    fn errors(self) -> Vec<String> {
        errors_in(self.expand())
    }
}

/// The first line of each `compile_error!` in some output.
fn errors_in(output: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = output.into_iter().collect();
    let mut errors = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let called = i.checked_sub(2).map(|name| tokens[name].to_string());
        if called.as_deref() == Some("compile_error") {
            let message = syn::parse2::<syn::LitStr>(group.stream()).unwrap().value();
            errors.push(message.lines().next().unwrap_or_default().to_owned());
        } else {
            errors.extend(errors_in(group.stream()));
        }
    }
    errors
}
