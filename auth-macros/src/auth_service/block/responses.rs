//! The response models that the schema gives the entity's endpoints.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{LitStr, Token, Type, parse::ParseStream, parse::Parser};

use super::item::Item;
use crate::{
    contract::{METHODS, Role, method},
    diagnostics::{Errors, block, schema as say},
    schema::{Declared, Schema, Schemas},
    syntax::{name_of, peeled},
};

/// What the schema says of the entity.
pub(super) enum Declaration {
    /// Nothing that concerns the block.
    Silent,
    /// Responses, put where the block says none; with what makes cargo build again when they change.
    Spoken(Option<TokenStream>),
    /// Something that cannot be read, of which the struct's attribute speaks.
    Broken,
}

/// `schema = "…"`, the one option of the block.
pub(super) fn asked(attr: &TokenStream, errors: &mut Errors) -> Option<LitStr> {
    let option = |input: ParseStream| {
        let key: syn::Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        let path = input.parse::<LitStr>()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(path).and_then(|path| if key == "schema" { Ok(path) } else { Err(input.error("")) })
    };
    let asked = option.parse2(attr.clone()).ok();
    if asked.is_none() && !attr.is_empty() {
        errors.push(block::options(attr));
    }
    asked
}

pub(super) fn apply(
    item: &mut Item,
    asked: Option<&LitStr>,
    schemas: Schemas,
    errors: &mut Errors,
) -> Declaration {
    let Some(name) = entity_name(&item.entity) else {
        return Declaration::Silent;
    };
    // What is wrong with the file, the struct's attribute says.
    let Ok(schema) = schemas.find(asked) else {
        return Declaration::Broken;
    };
    let Some(schema) = schema else { return Declaration::Silent };
    if !schema.problems.is_empty() {
        return Declaration::Broken;
    }
    let Some(declared) = schema.entity(&name) else {
        return Declaration::Silent;
    };
    if !declared.problems.is_empty() {
        return Declaration::Broken;
    }
    if declared.responses.is_empty() {
        return Declaration::Silent;
    }
    put(item, declared, &schema, errors);
    Declaration::Spoken(schema.track())
}

fn put(item: &mut Item, declared: &Declared, schema: &Schema, errors: &mut Errors) {
    for (endpoint, response) in &declared.responses {
        let place = schema.place(endpoint.at);
        let name = endpoint.value.as_str();
        let exposed = item
            .methods_mut()
            .find(|candidate| name_of(&candidate.signature.ident) == name)
            .and_then(|candidate| candidate.exposed.as_mut());
        let is_of_contract = method(name).role != Role::Own;
        match exposed {
            Some(args) => match &args.response {
                Some(here) if shown(here) != shown(response) => {
                    errors.push(say::differs(here, "response", &shown(here), &place, &shown(response)));
                }
                _ => args.response = Some(response.clone()),
            },
            None if is_of_contract => item.responses.push((endpoint.value.clone(), response.clone())),
            None => errors.push(unknown(&place, name, declared, item)),
        }
    }
}

fn unknown(place: &str, endpoint: &str, declared: &Declared, item: &Item) -> syn::Error {
    let own = item
        .methods()
        .filter(|method| method.exposed.is_some())
        .map(|method| name_of(&method.signature.ident));
    let mut endpoints: Vec<_> = METHODS.iter().map(|method| method.name.to_owned()).collect();
    endpoints.extend(own.filter(|name| method(name).role == Role::Own));
    say::no_endpoint(place, endpoint, &declared.name.value, endpoints.iter().map(String::as_str))
}

fn shown(ty: &Type) -> String {
    crate::diagnostics::shown(ty.to_token_stream())
}

/// The name of the struct; an alias is not looked through.
fn entity_name(ty: &Type) -> Option<String> {
    let Type::Path(path) = peeled(ty) else { return None };
    let last = path.path.segments.last()?;
    last.arguments.is_none().then(|| name_of(&last.ident))
}
