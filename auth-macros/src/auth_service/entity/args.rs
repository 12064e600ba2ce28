//! `("auth.cookies.redis", name = "user", …)`

use proc_macro2::TokenStream;
use syn::{
    LitInt, LitStr, Token,
    parse::{ParseStream, Parser},
};

use crate::{
    contract::{SERVICES, Service, service_ids},
    diagnostics::{self, Errors},
    options::{self, Known},
};

const OPTIONS: &[Known] = &[
    Known { key: "name", takes: "a name in quotes", example: "\"user\"" },
    Known { key: "path", takes: "a path in quotes", example: "\"/user\"" },
    Known { key: "cookie", takes: "a cookie's name in quotes", example: "\"user\"" },
    Known { key: "idle", takes: "a duration in quotes", example: "\"30m\"" },
    Known { key: "absolute", takes: "a duration in quotes", example: "\"24h\"" },
    Known { key: "max_sessions", takes: "a number", example: "100" },
];

/// The arguments as they are written.
#[derive(Default)]
pub(super) struct Args {
    pub(super) service: Option<LitStr>,
    pub(super) name: Option<LitStr>,
    pub(super) path: Option<LitStr>,
    pub(super) cookie: Option<LitStr>,
    pub(super) idle: Option<LitStr>,
    pub(super) absolute: Option<LitStr>,
    pub(super) max_sessions: Option<LitInt>,
}

impl Args {
    pub(super) fn parse(attr: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Args::default();
        let parsed = (|input: ParseStream| args.read(input, errors)).parse2(attr);
        errors.take(parsed);
        args
    }

    fn read(&mut self, input: ParseStream, errors: &mut Errors) -> syn::Result<()> {
        if input.is_empty() {
            errors.push(diagnostics::entity::no_service());
        } else if input.peek(LitStr) {
            self.service = Some(input.parse()?);
            input.parse::<Option<Token![,]>>()?;
        } else {
            errors.push(diagnostics::entity::no_service_before(&input.fork().parse()?));
        }
        options::parse(input, OPTIONS, errors, |key, input| {
            match key {
                "name" => self.name = Some(input.parse()?),
                "path" => self.path = Some(input.parse()?),
                "cookie" => self.cookie = Some(input.parse()?),
                "idle" => self.idle = Some(input.parse()?),
                "absolute" => self.absolute = Some(input.parse()?),
                _ => self.max_sessions = Some(input.parse()?),
            }
            Ok(())
        })
    }

    /// The service that is named, if it is one.
    pub(super) fn service(&self) -> Option<&'static Service> {
        let id = self.service.as_ref()?.value();
        SERVICES.iter().find(|service| service.id == id)
    }

    /// The service that was probably meant.
    pub(super) fn nearest_service(&self) -> Option<&'static Service> {
        let id = diagnostics::nearest(&self.service.as_ref()?.value(), service_ids())?;
        SERVICES.iter().find(|service| service.id == id)
    }
}
