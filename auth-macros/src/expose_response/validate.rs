//! From what is written to a [`ResponseModel`], which only exists when all of it makes sense.

use proc_macro2::Ident;
use syn::Path;

use super::{
    args::Args,
    item::{Body, Field, Item},
};
use crate::{
    contract::{self, CORE, Role, SESSION_FACTS},
    diagnostics::{self, Errors, response},
    paths::Crates,
    syntax::{looks_secret, name_of},
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
    let endpoint = endpoint(args, errors);
    let body = item.body.as_ref()?;
    let is_filled =
        matches!(endpoint, Some(Endpoint::Login(..) | Endpoint::Logout(..) | Endpoint::Refresh(..)));
    for field in &body.fields {
        check_field(field, is_filled, errors);
    }
    Some(ResponseModel { body, endpoint: endpoint? })
}

fn endpoint(args: Args, errors: &mut Errors) -> Option<Endpoint> {
    let (entity, method) = match args {
        Args::Bare => return Some(Endpoint::Any),
        Args::Wrong => return None,
        Args::Endpoint { entity, method } => (entity, method),
    };
    match contract::method(&name_of(&method)).role {
        Role::Login => Some(Endpoint::Login(entity)),
        Role::Logout => Some(Endpoint::Logout(entity)),
        Role::Refresh => Some(Endpoint::Refresh(entity)),
        Role::Own => Some(Endpoint::Own(entity, method)),
        Role::Authenticate => {
            errors.push(response::authenticate(&method));
            None
        }
    }
}

fn check_field(field: &Field, is_filled: bool, errors: &mut Errors) {
    if let Some(cfg) = &field.cfg {
        errors.push(response::cfg_on_field(cfg));
    }
    if field.mark("keep").is_none() && !field.marks.is_broken && looks_secret(&field.name, &field.ty) {
        errors.push(response::secret(&field.name));
    }
    let Some(from) = field.mark("from") else { return };
    if !is_filled {
        errors.push(response::from_without_source(&from.key));
    } else if from.value.as_ref().is_some_and(|value| value == "session") && !field.is_fact() {
        errors.push(response::no_fact(&field.name));
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
        match self.mark("from").and_then(|mark| mark.value.as_ref()) {
            Some(source) if source == "entity" => Source::Entity,
            Some(_) => Source::Session,
            None if self.is_fact() => Source::Session,
            None => Source::Entity,
        }
    }

    /// Whether an entity's field of the same name would be passed over without a word.
    pub(super) fn may_be_ambiguous(&self) -> bool {
        self.is_fact() && self.mark("from").is_none()
    }
}
