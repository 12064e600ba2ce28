//! From what is written to a [`Form`], which only exists when all of it makes sense.

use syn::ItemStruct;

use super::item::{Body, Field, Item};
use crate::{
    contract::CORE,
    diagnostics::{self, Errors, credentials},
    paths::Crates,
    syntax::{looks_secret_in_form, name_of},
};

/// Checked credentials.
pub(super) struct Form<'a> {
    pub(super) item: &'a ItemStruct,
    pub(super) identifier: &'a Field,
    pub(super) secrets: Vec<&'a Field>,
}

pub(super) fn validate<'a>(item: &'a Item, crates: Crates, errors: &mut Errors) -> Option<Form<'a>> {
    let shape = &item.shape;
    if crates.path(CORE).is_none() {
        errors.push(diagnostics::no_core(&shape.name));
    }
    if !shape.generics.params.is_empty() {
        errors.push(credentials::generic(&shape.generics, &shape.name));
    }
    let Body { item, fields } = item.body.as_ref()?;
    for field in fields {
        check_field(field, errors);
    }
    let mut marked = fields.iter().filter(|field| field.mark("identifier").is_some());
    let Some(identifier) = marked.next() else {
        if !fields.iter().any(|field| field.marks.is_broken) {
            errors.push(credentials::no_identifier(&shape.name));
        }
        return None;
    };
    for second in marked {
        errors.push(credentials::two_identifiers(&second.name, &name_of(&identifier.name)));
    }
    let secrets = fields.iter().filter(|field| field.mark("secret").is_some()).collect();
    Some(Form { item, identifier, secrets })
}

fn check_field(field: &Field, errors: &mut Errors) {
    if field.marks.is_broken {
        return;
    }
    let (identifier, secret, plain) = (field.mark("identifier"), field.mark("secret"), field.mark("plain"));
    if let (Some(_), Some(secret)) = (identifier, secret) {
        errors.push(credentials::secret_identifier(&secret.key));
    } else if let (Some(_), Some(plain)) = (identifier.or(secret), plain) {
        errors.push(credentials::needless_plain(&plain.key));
    } else if identifier.or(secret).or(plain).is_none() && looks_secret_in_form(&field.name, &field.ty) {
        errors.push(credentials::unmarked_secret(&field.name));
    }
}
