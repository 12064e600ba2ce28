//! From what is written to a [`ResponseModel`], which only exists when all of it makes sense.

use proc_macro2::Ident;
use syn::{LitStr, Path};

use super::{
    args::Args,
    item::{Body, Field, Item},
};
use crate::{
    contract::{self, BESIDE_A_MODEL, CORE, Role, SESSION_FACTS},
    diagnostics::{self, Errors, response},
    options::Mark,
    paths::Crates,
    syntax::{looks_secret, name_of, named_type},
};

/// A checked response model.
pub(super) struct ResponseModel<'a> {
    pub(super) body: &'a Body,
    pub(super) endpoint: Endpoint,
}

pub(super) enum Endpoint {
    Any,
    /// Filled by the library.
    Login(Path),
    Logout(Path),
    Refresh(Path),
    Authenticate(Path),
    /// Returned by a method of the entity.
    Own(Path, Ident),
}

pub(super) fn validate<'a>(
    args: Args,
    item: &'a Item,
    crates: Crates,
    errors: &mut Errors,
) -> Option<ResponseModel<'a>> {
    let shape = &item.shape;
    if crates.path(CORE).is_none() {
        errors.push(diagnostics::no_core(&shape.name));
    }
    if !shape.generics.params.is_empty() {
        errors.push(response::generic(&shape.generics, &shape.name));
    }
    if let Some(derive) = &item.derives_serialize {
        errors.push(response::derives_serialize(derive));
    }
    let endpoint = endpoint(args);
    let body = item.body.as_ref()?;
    let is_filled = !matches!(endpoint, None | Some(Endpoint::Any | Endpoint::Own(..)));
    for field in &body.fields {
        check_field(field, is_filled, errors);
    }
    Some(ResponseModel { body, endpoint: endpoint? })
}

fn endpoint(args: Args) -> Option<Endpoint> {
    let (entity, method) = match args {
        Args::Bare => return Some(Endpoint::Any),
        Args::Wrong => return None,
        Args::Endpoint { entity, method } => (entity, method),
    };
    Some(match contract::method(&name_of(&method)).role {
        Role::Login => Endpoint::Login(entity),
        Role::Logout => Endpoint::Logout(entity),
        Role::Refresh => Endpoint::Refresh(entity),
        Role::Authenticate => Endpoint::Authenticate(entity),
        Role::Own => Endpoint::Own(entity, method),
    })
}

fn check_field(field: &Field, is_filled: bool, errors: &mut Errors) {
    if let Some(cfg) = &field.cfg {
        errors.push(response::cfg_on_field(cfg));
    }
    let renamed = field.mark("rename").and_then(Mark::text).map(LitStr::value);
    let shown = renamed.unwrap_or_else(|| name_of(&field.name));
    if is_filled && BESIDE_A_MODEL.contains(&shown.as_str()) {
        errors.push(response::beside_a_model(&field.name, &shown));
    } else if field.mark("keep").is_none() && !field.marks.is_broken && looks_secret(&field.name, &field.ty) {
        errors.push(response::secret(&field.name));
    }
    for mark in ["from", "with"].into_iter().filter_map(|key| field.mark(key)) {
        if !is_filled {
            errors.push(response::without_source(&mark.key));
        }
    }
    let is_from_session = field.mark("from").is_some_and(Mark::is_session);
    if is_filled && is_from_session && !field.is_fact() {
        errors.push(response::no_fact(&field.name));
    }
    if let Some(rename) = field.mark("rename").filter(|_| field.says_to_serde("rename")) {
        errors.push(response::renamed_twice(&rename.key));
    }
    let is_option = named_type(&field.ty).is_some_and(|(name, _)| name == "Option");
    if let Some(skip) = field.mark("skip_if_none").filter(|_| !is_option) {
        errors.push(response::never_none(&skip.key, &field.ty));
    }
}

impl Mark {
    fn is_session(&self) -> bool {
        self.path().is_some_and(|path| path.is_ident("session"))
    }
}

/// Where a field's value comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Session,
    Entity,
}

impl Field {
    fn is_fact(&self) -> bool {
        SESSION_FACTS.contains(&name_of(&self.name).as_str())
    }

    pub(super) fn source(&self) -> Source {
        match self.mark("from") {
            Some(from) if from.is_session() => Source::Session,
            None if self.is_fact() => Source::Session,
            _ => Source::Entity,
        }
    }

    /// Whether the entity may have said that no session keeps it.
    pub(super) fn may_be_skipped(&self) -> bool {
        self.source() == Source::Entity && self.mark("keep").is_none()
    }

    /// Whether an entity's field of the same name would be passed over without a word.
    pub(super) fn may_be_ambiguous(&self) -> bool {
        self.is_fact() && self.mark("from").is_none()
    }
}
