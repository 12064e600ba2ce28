//! From what is written to an [`Entity`], which only exists when all of it makes sense.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{LitBool, LitStr, Path};

use super::{
    args::Args,
    item::{Body, Field, Item},
    policy::{self, Policy},
};
use crate::{
    contract::{CORE, SERVICES, transport_and_store},
    diagnostics::{self, Errors, entity},
    paths::Crates,
    syntax::{looks_secret, name_of, snake_case},
};

/// A checked entity.
pub(super) struct Entity<'a> {
    pub(super) body: &'a Body,
    pub(super) id: &'a Field,
    pub(super) service: Service,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) cookie: String,
    /// The login page, and whether its form may be sent to `login`.
    pub(super) pages: Option<(String, bool)>,
    /// `None` for the defaults.
    pub(super) policy: Option<Policy>,
}

/// The service of an entity, or both.
pub(super) struct Service {
    /// The path of its marker, or a pair of them.
    pub(super) marker: TokenStream,
    /// What the ids are; where one is of the user's own, its marker.
    pub(super) ids: Vec<String>,
    pub(super) own: Option<Path>,
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
    let mut text = |key: &str, value: &Option<LitStr>, check: fn(&LitStr) -> syn::Result<String>| {
        let value = value.as_ref()?;
        Some(errors.take(check(value).map_err(|wrong| args.located(key, wrong))))
    };
    let name = text("name", &args.name, checked_name).unwrap_or(Some(default));
    let named = || name.clone().unwrap_or_default();
    let path = text("path", &args.path, checked_path).unwrap_or_else(|| Some(format!("/{}", named())));
    let cookie = text("cookie", &args.cookie, checked_cookie).unwrap_or_else(|| Some(named()));
    let pages = text("login_page", &args.login_page, checked_page);
    if let Some(forms) = args.forms.as_ref().filter(|forms| forms.value && pages.is_none()) {
        errors.push(args.located("forms", entity::forms_without_a_page(forms)));
    }
    let pages = pages.map(|page| page.map(|page| (page, args.forms.as_ref().is_some_and(LitBool::value))));
    let policy = policy::policy(args, errors);
    let body = item.body.as_ref()?;
    for field in &body.fields {
        check_field(field, errors);
    }
    let id = id(body, &shape.name, errors)?;
    Some(Entity {
        body,
        id,
        service: service?,
        name: name?,
        path: path?,
        cookie: cookie?,
        pages: pages.map_or(Some(None), |pages| pages.map(Some))?,
        policy,
    })
}

fn service(args: &Args, crates: Crates, errors: &mut Errors) -> Option<Service> {
    let id = args.id.as_ref()?;
    let first = marker(id, args.marker.as_ref(), args, crates, errors);
    let Some(second) = &args.second else {
        check_cookie(args, &[id], errors);
        return Some(Service { marker: first?, ids: vec![id.value()], own: args.marker.clone() });
    };
    let marker = marker(second, args.second_marker.as_ref(), args, crates, errors);
    let (first, marker) = (first?, marker?);
    if let Some(wrong) = entity::unfit_services(id, second) {
        errors.push(args.located("service", wrong));
    }
    check_cookie(args, &[id, second], errors);
    Some(Service {
        marker: quote!((#first, #marker)),
        ids: vec![id.value(), second.value()],
        own: args.marker.clone().or_else(|| args.second_marker.clone()),
    })
}

/// The path of a service's marker.
fn marker(
    id: &LitStr,
    own: Option<&Path>,
    args: &Args,
    crates: Crates,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let text = id.value();
    let known = SERVICES.iter().find(|service| service.id == text);
    let wrong = match (known, own) {
        (None, None) => entity::unknown_service(id),
        (None, Some(_)) if transport_and_store(&text).is_none() => entity::no_service_id(id),
        (None, Some(marker)) => return Some(marker.to_token_stream()),
        (Some(known), Some(marker)) => entity::service_of_ours(marker, known),
        (Some(known), None) => match crates.path(known.package) {
            Some(package) => {
                let marker = Ident::new(known.marker, id.span());
                return Some(quote!(#package::#marker));
            }
            // Of the core, it has been said.
            None if known.package == CORE => return None,
            None => entity::no_crate(id, known),
        },
    };
    errors.push(args.located("service", wrong));
    None
}

/// What cookies are needed for.
fn check_cookie(args: &Args, ids: &[&LitStr], errors: &mut Errors) {
    let is_bearer =
        |id: &&LitStr| transport_and_store(&id.value()).is_some_and(|(transport, _)| transport == "bearer");
    if !ids.iter().all(is_bearer) {
        return;
    }
    for (key, option) in [("cookie", &args.cookie), ("login_page", &args.login_page)] {
        if let Some(option) = option {
            errors.push(args.located(key, entity::needs_cookies(option, key)));
        }
    }
}

/// Browsers drop a cookie whose name and value have more than 4096 bytes together (RFC 6265bis, section 5.6).
const LONGEST_NAME: usize = 256;

/// Names end up in keys, paths and cookies, so one alphabet fits all.
fn checked_name(name: &LitStr) -> syn::Result<String> {
    let text = name.value();
    let begins = text.starts_with(|letter: char| letter.is_ascii_lowercase());
    let fits = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if begins && fits && text.len() <= LONGEST_NAME {
        Ok(text)
    } else {
        Err(entity::name(name, LONGEST_NAME))
    }
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

/// A path on this host, as a browser is sent there.
fn checked_page(page: &LitStr) -> syn::Result<String> {
    let text = page.value();
    let is_path = text.starts_with('/') && !text.starts_with("//");
    let fits = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\?#{}*".contains(&byte));
    if is_path && fits { Ok(text) } else { Err(entity::page(page)) }
}

/// A token of RFC 6265, without the prefix that the library adds.
fn checked_cookie(cookie: &LitStr) -> syn::Result<String> {
    const SIGNS: &[u8] = b"!#$%&'*+-.^_`|~";
    let text = cookie.value();
    if let Some(rest) = text.strip_prefix("__Host-").or_else(|| text.strip_prefix("__Secure-")) {
        return Err(entity::cookie_prefixed(cookie, rest));
    }
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || SIGNS.contains(&byte));
    let fits = fits && (1..=LONGEST_NAME).contains(&text.len());
    if fits { Ok(text) } else { Err(entity::cookie(cookie, LONGEST_NAME)) }
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
        !["id", "keep", "skip", "stamp"].iter().any(|mark| self.is(mark))
            && looks_secret(&self.name, &self.ty)
    }
}
