//! The macros on tokens: no compiler is needed for what they refuse and what they write.
#![allow(clippy::unwrap_used)]

pub(crate) mod documentation;
mod expansions;
mod mistakes;
mod mutations;
#[cfg(feature = "schema")]
mod schemas;

use std::{cell::RefCell, path::PathBuf};

use proc_macro2::{TokenStream, TokenTree};

use crate::{
    auth_router, auth_service, credentials, expose_endpoint, expose_response,
    paths::Crates,
    schema::{File, Schemas},
};

thread_local! {
    /// The schema of the test that runs in this thread.
    static SCHEMA: RefCell<Option<&'static str>> = const { RefCell::new(None) };
}

impl Schemas {
    /// What the test says.
    const HERE: Schemas = Schemas {
        find: |_| {
            let text = SCHEMA.with_borrow(|text| *text);
            Ok(text.map(|text| File {
                name: "schema.yaml".to_owned(),
                path: PathBuf::from("/app/schema.yaml"),
                text: text.to_owned(),
            }))
        },
    };
}

/// Runs a test with a schema.
fn with_schema<T>(text: &'static str, run: impl FnOnce() -> T) -> T {
    SCHEMA.set(Some(text));
    let result = run();
    SCHEMA.set(None);
    result
}

/// A macro and what it is put on, as text.
#[derive(Clone, Copy)]
enum Use<'a> {
    AuthService(&'a str, &'a str),
    ExposeEndpoint(&'a str),
    ExposeResponse(&'a str, &'a str),
    Credentials(&'a str),
    AuthRouter(&'a str),
    AuthOpenapi(&'a str),
}

impl Use<'_> {
    fn expand(self) -> TokenStream {
        self.expand_with(Crates::BOTH)
    }

    fn expand_with(self, crates: Crates) -> TokenStream {
        let tokens = |text: &str| text.parse::<TokenStream>().unwrap();
        match self {
            Use::AuthService(attr, item) => {
                auth_service::run(tokens(attr), tokens(item), crates, Schemas::HERE)
            }
            Use::ExposeEndpoint(item) => expose_endpoint::run(&tokens(item)),
            Use::ExposeResponse(attr, item) => expose_response::run(&tokens(attr), tokens(item), crates),
            Use::Credentials(item) => credentials::run(tokens(item), crates),
            Use::AuthOpenapi(input) => {
                auth_router::run(auth_router::Of::Documents, &tokens(input), crates, Schemas::HERE)
            }
            Use::AuthRouter(input) => {
                auth_router::run(auth_router::Of::Routes, &tokens(input), crates, Schemas::HERE)
            }
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
