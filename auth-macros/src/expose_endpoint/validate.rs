//! From the arguments to an [`Exposed`], which only exists when all of them make sense.

use syn::{LitInt, LitStr, Path, Type};

use super::args::Args;
use crate::{
    contract::{Endpoint, Method, Role, VERBS},
    diagnostics::{self, Errors, endpoint},
    syntax::{duration, is_unit},
};

/// A checked endpoint.
pub(crate) struct Exposed {
    /// In capitals.
    pub(crate) verb: &'static str,
    pub(crate) path: String,
    /// The user's text of the path, where there is one, for what is wrong with it beside others.
    pub(crate) written: Option<LitStr>,
    pub(crate) response: Option<Type>,
    pub(crate) require: Option<Path>,
    /// In seconds.
    pub(crate) fresh: Option<u64>,
    pub(crate) status: u16,
}

const OK: u16 = 200;

impl Exposed {
    /// An endpoint of the contract that nobody said anything of.
    pub(crate) fn by_default(endpoint: &Endpoint) -> Self {
        Exposed {
            verb: endpoint.verb,
            path: endpoint.path.to_owned(),
            written: None,
            response: None,
            require: None,
            fresh: None,
            status: OK,
        }
    }

    pub(crate) fn has_rule(&self) -> bool {
        self.require.is_some() || self.fresh.is_some()
    }
}

pub(crate) fn validate(args: &Args, method: &Method, errors: &mut Errors) -> Option<Exposed> {
    let verb = verb(args, method, errors);
    let path = args.path.as_ref().map(|path| errors.take(checked_path(path)));
    let status =
        args.status.as_ref().map_or(Some(OK), |status| errors.take(checked_status(status, args, method)));
    let fresh = args.fresh.as_ref().map(|fresh| errors.take(checked_fresh(fresh)));
    if method.role != Role::Own {
        refuse_rules(args, method, errors);
    }
    Some(Exposed {
        verb: verb?,
        path: path??,
        written: args.path.clone(),
        response: args.response.clone(),
        require: args.require.clone(),
        fresh: fresh.map_or(Some(None), |fresh| fresh.map(Some))?,
        status: status?,
    })
}

fn verb(args: &Args, method: &Method, errors: &mut Errors) -> Option<&'static str> {
    let written = args.verb.as_ref()?;
    let Some((_, verb)) = VERBS.iter().find(|(known, _)| written == known) else {
        errors.push(endpoint::unknown_verb(written));
        return None;
    };
    if let Some(endpoint) = method.endpoint.as_ref().filter(|endpoint| endpoint.verb != *verb) {
        errors.push(endpoint::contract_verb(written, method, endpoint));
        return None;
    }
    Some(verb)
}

/// What axum 0.8 takes, so that no router panics at its start.
fn checked_path(path: &LitStr) -> syn::Result<String> {
    let text = path.value();
    if !text.starts_with('/') {
        return Err(endpoint::path(path, "a path begins with `/`", &format!("/{text}")));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#') {
        return Err(endpoint::path(path, "a path has no spaces, no query, and only ASCII", "/me"));
    }
    let segments: Vec<&str> = text.split('/').collect();
    for (i, segment) in segments.iter().enumerate() {
        check_segment(path, segment, i + 1 == segments.len())?;
    }
    Ok(text)
}

fn check_segment(path: &LitStr, segment: &str, is_last: bool) -> syn::Result<()> {
    let old_style = |sign, new: &str| {
        let name = segment.strip_prefix(sign)?;
        Some(format!("{{{new}{name}}}"))
    };
    if let Some(new) = old_style(':', "").or_else(|| old_style('*', "*")) {
        return Err(endpoint::old_parameter(path, segment, &new));
    }
    if !segment.contains(['{', '}']) {
        return Ok(());
    }
    let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner.filter(|inner| !inner.contains(['{', '}'])) else {
        return Err(endpoint::path(
            path,
            "a parameter is a whole part between two `/`, in one pair of braces",
            "/{id}/name",
        ));
    };
    let name = inner.strip_prefix('*').unwrap_or(inner);
    if name.is_empty() || name.contains(['*', ':']) {
        return Err(endpoint::path(path, "a parameter has a name", "/{id}"));
    }
    if inner.starts_with('*') && !is_last {
        return Err(endpoint::path(
            path,
            "a parameter for the rest of a path is the last part",
            "/files/{*rest}",
        ));
    }
    Ok(())
}

fn checked_status(status: &LitInt, args: &Args, method: &Method) -> syn::Result<u16> {
    const NO_BODY: [u16; 2] = [204, 205];
    let Some(number @ 200..=299) = status.base10_parse().ok() else {
        return Err(endpoint::status(status));
    };
    let says_nothing = method.role == Role::Own && args.response.as_ref().is_none_or(is_unit);
    if says_nothing && number != 204 {
        return Err(endpoint::status_of_nothing(status));
    }
    if !says_nothing && NO_BODY.contains(&number) {
        return Err(endpoint::status_without_body(status));
    }
    Ok(number)
}

fn checked_fresh(fresh: &LitStr) -> syn::Result<u64> {
    match duration(&fresh.value()) {
        None => Err(diagnostics::entity::no_duration(fresh)),
        Some(0) => Err(diagnostics::entity::too_short(fresh)),
        Some(seconds) => Ok(seconds),
    }
}

/// Nobody is signed in before login; the others are open to every session.
fn refuse_rules(args: &Args, method: &Method, errors: &mut Errors) {
    if let Some(require) = &args.require {
        errors.push(endpoint::rule_of_contract(require, "require", method));
    }
    if let Some(fresh) = &args.fresh {
        errors.push(endpoint::rule_of_contract(fresh, "fresh", method));
    }
}
