//! From what is written to an [`Entity`], which only exists when all of it makes sense.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{LitInt, LitStr};

use super::{
    args::Args,
    item::{Body, Field, Item},
};
use crate::{
    contract::CORE,
    diagnostics::{self, Errors, entity},
    paths::Crates,
    syntax::{duration, looks_secret, name_of, snake_case},
};

/// A checked entity.
pub(super) struct Entity<'a> {
    pub(super) body: &'a Body,
    pub(super) id: &'a Field,
    /// The path of the service's marker.
    pub(super) service: TokenStream,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) cookie: String,
    /// `None` for the defaults.
    pub(super) policy: Option<Policy>,
}

/// Lifetimes in seconds, and how many sessions; 0 for the default.
#[derive(Clone, Copy)]
pub(super) struct Policy {
    pub(super) idle: u64,
    pub(super) absolute: u64,
    pub(super) max_sessions: u16,
}

pub(super) fn validate<'a>(
    args: &Args,
    item: &'a Item,
    crates: Crates,
    errors: &mut Errors,
) -> Option<Entity<'a>> {
    let shape = &item.shape;
    if crates.path(CORE).is_none() {
        errors.push(diagnostics::no_core(&shape.name));
    }
    if !shape.generics.params.is_empty() {
        errors.push(entity::generic(&shape.generics, &shape.name));
    }
    let service = service(args, crates, errors);
    let default = snake_case(&name_of(&shape.name));
    let name = args.name.as_ref().map_or(Some(default), |name| errors.take(checked_name(name)));
    let named = || name.clone().unwrap_or_default();
    let path =
        args.path.as_ref().map_or(Some(format!("/{}", named())), |path| errors.take(checked_path(path)));
    let cookie = args.cookie.as_ref().map_or(Some(named()), |cookie| errors.take(checked_cookie(cookie)));
    let policy = policy(args, errors);
    let body = item.body.as_ref()?;
    for field in &body.fields {
        check_field(field, errors);
    }
    let id = id(body, &shape.name, errors)?;
    Some(Entity { body, id, service: service?, name: name?, path: path?, cookie: cookie?, policy })
}

fn service(args: &Args, crates: Crates, errors: &mut Errors) -> Option<TokenStream> {
    let id = args.service.as_ref()?;
    let Some(service) = args.service() else {
        errors.push(entity::unknown_service(id));
        return None;
    };
    let Some(package) = crates.path(service.package) else {
        if service.package != CORE {
            errors.push(entity::no_crate(id, service));
        }
        return None;
    };
    let marker = Ident::new(service.marker, id.span());
    Some(quote!(#package::#marker))
}

/// Names end up in keys, paths and cookies, so one alphabet fits all.
fn checked_name(name: &LitStr) -> syn::Result<String> {
    let text = name.value();
    let begins = text.starts_with(|letter: char| letter.is_ascii_lowercase());
    let fits = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if begins && fits { Ok(text) } else { Err(entity::name(name)) }
}

fn checked_path(path: &LitStr) -> syn::Result<String> {
    const REFUSED: [(&str, &str); 6] = [
        ("{", "it has no parameters, as in `{tenant}`"),
        ("}", "it has no parameters, as in `{tenant}`"),
        ("?", "it has no query"),
        ("#", "it has no fragment"),
        ("*", "it has no wildcards"),
        ("//", "two `/` in a row"),
    ];
    let text = path.value();
    let refused = REFUSED.iter().find(|(part, _)| text.contains(part)).map(|(_, why)| *why);
    let wrong = match refused {
        Some(why) => Some(why),
        None if !text.starts_with('/') => Some("a path begins with `/`"),
        None if text.ends_with('/') => Some("a path does not end with `/`"),
        None if !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Some("a path has no spaces, and only ASCII")
        }
        None => None,
    };
    wrong.map_or(Ok(text), |why| Err(entity::path(path, why)))
}

/// A token of RFC 6265, without the prefix that the library adds.
fn checked_cookie(cookie: &LitStr) -> syn::Result<String> {
    const SIGNS: &[u8] = b"!#$%&'*+-.^_`|~";
    let text = cookie.value();
    if let Some(rest) = text.strip_prefix("__Host-").or_else(|| text.strip_prefix("__Secure-")) {
        return Err(entity::cookie_prefixed(cookie, rest));
    }
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || SIGNS.contains(&byte));
    if fits && !text.is_empty() { Ok(text) } else { Err(entity::cookie(cookie)) }
}

const DEFAULT_IDLE: u64 = 30 * 60;
const DEFAULT_ABSOLUTE: u64 = 24 * 3600;
/// RFC 6265bis, section 5.5.
const LONGEST: u64 = 400 * 86_400;

fn policy(args: &Args, errors: &mut Errors) -> Option<Policy> {
    let idle = args.idle.as_ref().map(|text| errors.take(checked_duration(text)));
    let absolute = args.absolute.as_ref().map(|text| errors.take(checked_duration(text)));
    let max_sessions = args.max_sessions.as_ref().and_then(|number| errors.take(checked_limit(number)));
    let policy = Policy {
        idle: idle.unwrap_or(Some(DEFAULT_IDLE))?,
        absolute: absolute.unwrap_or(Some(DEFAULT_ABSOLUTE))?,
        max_sessions: max_sessions.unwrap_or(0),
    };
    let given =
        |text: &Option<LitStr>, default: &str| text.as_ref().map_or(default.to_owned(), LitStr::value);
    if policy.idle > policy.absolute
        && let Some(at) = args.idle.as_ref().or(args.absolute.as_ref())
    {
        errors.push(entity::idle_over_absolute(at, &given(&args.idle, "30m"), &given(&args.absolute, "24h")));
    }
    let is_default = args.idle.is_none() && args.absolute.is_none() && args.max_sessions.is_none();
    (!is_default).then_some(policy)
}

fn checked_duration(text: &LitStr) -> syn::Result<u64> {
    match duration(&text.value()) {
        None => Err(entity::no_duration(text)),
        Some(0) => Err(entity::too_short(text)),
        Some(seconds) if seconds > LONGEST => Err(entity::too_long(text)),
        Some(seconds) => Ok(seconds),
    }
}

fn checked_limit(number: &LitInt) -> syn::Result<u16> {
    match number.base10_parse() {
        Ok(limit @ 1..=100) => Ok(limit),
        _ => Err(entity::max_sessions(number)),
    }
}

fn check_field(field: &Field, errors: &mut Errors) {
    if let Some(cfg) = &field.cfg {
        errors.push(entity::cfg_on_field(cfg));
    }
    let skip = field.mark("skip");
    if let Some(skip) = skip.filter(|_| field.is("id")) {
        errors.push(entity::id_skipped(&skip.key));
    }
    if let Some(keep) = field.mark("keep").filter(|_| skip.is_some()) {
        errors.push(entity::kept_and_skipped(&keep.key));
    }
}

fn id<'a>(body: &'a Body, name: &Ident, errors: &mut Errors) -> Option<&'a Field> {
    let mut marked = body.fields.iter().filter(|field| field.is("id"));
    let Some(id) = marked.next() else {
        let candidate = body.fields.iter().find(|field| field.name == "id");
        if !body.fields.iter().any(|field| field.marks.is_broken) {
            errors.push(entity::no_id(name, candidate.map(|field| &field.name)));
        }
        return None;
    };
    for second in marked {
        errors.push(entity::two_ids(&second.name, &name_of(&id.name)));
    }
    Some(id)
}

impl Field {
    /// Whether a session would carry something that nobody said may be kept.
    pub(super) fn needs_a_mark(&self) -> bool {
        !(self.is("id") || self.is("keep") || self.is("skip")) && looks_secret(&self.name, &self.ty)
    }
}
