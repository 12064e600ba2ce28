//! `("auth.cookies.redis", name = "user", …)`

use proc_macro2::TokenStream;
use syn::{
    LitBool, LitInt, LitStr, Path, Token,
    parse::{ParseStream, Parser},
};

use crate::{
    contract::{SERVICES, Service, service_ids},
    diagnostics::{self, Errors},
    options::{self, Known},
};

const OPTIONS: &[Known] = &[
    Known { key: "schema", takes: "the path of a file in quotes", example: "\"schema.yaml\"" },
    Known { key: "service", takes: "the path of a marker type", example: "my_store::CookiesSqlite" },
    Known { key: "name", takes: "a name in quotes", example: "\"user\"" },
    Known { key: "path", takes: "a path in quotes", example: "\"/user\"" },
    Known { key: "cookie", takes: "a cookie's name in quotes", example: "\"user\"" },
    Known { key: "idle", takes: "a duration in quotes", example: "\"30m\"" },
    Known { key: "absolute", takes: "a duration in quotes", example: "\"24h\"" },
    Known { key: "assurance", takes: "a level of NIST SP 800-63B in quotes", example: "\"aal2\"" },
    Known { key: "max_sessions", takes: "a number", example: "100" },
    Known { key: "login_page", takes: "a path in quotes", example: "\"/login\"" },
    Known { key: "forms", takes: "`true` or `false`", example: "true" },
];

/// The arguments as they are written, here or in the schema.
#[derive(Default)]
pub(super) struct Args {
    /// The id of the service.
    pub(super) id: Option<LitStr>,
    /// The id of another one, where sessions travel in two ways.
    pub(super) second: Option<LitStr>,
    /// What stands where the id was expected.
    pub(super) instead_of_id: TokenStream,
    pub(super) schema: Option<LitStr>,
    /// The marker of a service of the user's own.
    pub(super) marker: Option<Path>,
    /// That of the second service.
    pub(super) second_marker: Option<Path>,
    pub(super) name: Option<LitStr>,
    pub(super) path: Option<LitStr>,
    pub(super) cookie: Option<LitStr>,
    pub(super) idle: Option<LitStr>,
    pub(super) absolute: Option<LitStr>,
    pub(super) assurance: Option<LitStr>,
    pub(super) max_sessions: Option<LitInt>,
    pub(super) login_page: Option<LitStr>,
    pub(super) forms: Option<LitBool>,
    /// Where in the schema an option comes from: `("idle", "schema.yaml:5:11")`.
    pub(super) places: Vec<(&'static str, String)>,
}

impl Args {
    pub(super) fn parse(attr: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Args::default();
        let parsed = (|input: ParseStream| args.read(input, errors)).parse2(attr);
        errors.take(parsed);
        args
    }

    fn read(&mut self, input: ParseStream, errors: &mut Errors) -> syn::Result<()> {
        if input.peek(LitStr) {
            self.id = Some(input.parse()?);
            input.parse::<Option<Token![,]>>()?;
            if input.peek(LitStr) {
                self.second = Some(input.parse()?);
                input.parse::<Option<Token![,]>>()?;
            }
        } else {
            self.instead_of_id = input.fork().parse()?;
        }
        options::parse(input, OPTIONS, errors, |key, input| {
            match key {
                "schema" => self.schema = Some(input.parse()?),
                "service" => self.marker = Some(input.parse()?),
                "name" => self.name = Some(input.parse()?),
                "path" => self.path = Some(input.parse()?),
                "cookie" => self.cookie = Some(input.parse()?),
                "idle" => self.idle = Some(input.parse()?),
                "absolute" => self.absolute = Some(input.parse()?),
                "assurance" => self.assurance = Some(input.parse()?),
                "max_sessions" => self.max_sessions = Some(input.parse()?),
                "login_page" => self.login_page = Some(input.parse()?),
                _ => self.forms = Some(input.parse()?),
            }
            Ok(())
        })
    }

    /// The service that was probably meant.
    pub(super) fn nearest_service(&self) -> Option<&'static Service> {
        let id = diagnostics::nearest(&self.id.as_ref()?.value(), service_ids())?;
        SERVICES.iter().find(|service| service.id == id)
    }

    /// What is wrong with an option, at its place in the schema if it comes from there.
    pub(super) fn located(&self, key: &str, wrong: syn::Error) -> syn::Error {
        match self.places.iter().find(|(known, _)| *known == key) {
            Some((_, place)) => diagnostics::schema::in_schema(place, &wrong),
            None => wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        contract::LEVELS,
        tests::documentation::{AUTH_SERVICE, assert_lists},
    };

    #[test]
    fn each_option_is_documented() {
        assert_lists(AUTH_SERVICE, "option", OPTIONS.iter().map(|option| option.key));
        assert_lists(AUTH_SERVICE, "service", service_ids());
        assert_lists(AUTH_SERVICE, "level", LEVELS.iter().map(|level| level.name));
    }
}
