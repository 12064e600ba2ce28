//! What the schema says of the entity, put beside what the attribute says.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{LitBool, LitInt, LitStr};

use super::args::Args;
use crate::{
    contract::SECOND_SERVICE,
    diagnostics::{Errors, entity, schema as say},
    paths::Crates,
    schema::{Declared, Placed, Schema, Schemas},
    syntax::{duration, name_of},
};

/// Completes the arguments from the schema; what it returns goes into the output.
pub(super) fn complete(
    args: &mut Args,
    name: &Ident,
    schemas: Schemas,
    crates: Crates,
    errors: &mut Errors,
) -> Option<TokenStream> {
    if let Some(asked) = args.schema.as_ref().filter(|_| !Schemas::ARE_READ) {
        errors.push(say::feature_is_off(asked));
        return None;
    }
    if let Some(schema) = errors.take(schemas.find(args.schema.as_ref()))? {
        consult(args, name, &schema, crates, errors);
        return schema.track();
    }
    if args.id.is_none() {
        errors.push(if args.instead_of_id.is_empty() {
            entity::no_service()
        } else {
            entity::no_service_before(&args.instead_of_id)
        });
    }
    None
}

fn consult(args: &mut Args, name: &Ident, schema: &Schema, crates: Crates, errors: &mut Errors) {
    if !schema.problems.is_empty() {
        schema.report(Some(&name_of(name)), crates, errors);
        return;
    }
    let Some(declared) = schema.entity(&name_of(name)) else {
        if args.id.is_none() || args.schema.is_some() {
            let names = schema.entities.iter().map(|entity| entity.name.value.as_str());
            errors.push(say::no_entity(name, &schema.file.name, names));
        }
        return;
    };
    for problem in &declared.problems {
        errors.push(problem.error(&schema.file.name));
    }
    merge(args, declared, schema, errors);
}

fn merge(args: &mut Args, declared: &Declared, schema: &Schema, errors: &mut Errors) {
    services(args, declared, schema, errors);
    for (key, said) in &declared.options {
        let place = schema.place(said.at);
        let taken = match *key {
            "max_sessions" => number(&mut args.max_sessions, said, &place, errors),
            "forms" => truth(&mut args.forms, said, &place, errors),
            key => slot(args, key).is_some_and(|slot| text(slot, key, said, &place, errors)),
        };
        if taken {
            args.places.push((key, place));
        }
    }
}

/// Takes the services of the schema where the attribute names none; where it does, they are the same.
fn services(args: &mut Args, declared: &Declared, schema: &Schema, errors: &mut Errors) {
    let said = |wanted| declared.options.iter().find(|(key, _)| *key == wanted).map(|(_, said)| said);
    let (Some(first), second) = (said("service"), said(SECOND_SERVICE)) else {
        return;
    };
    let place = schema.place(first.at);
    if let Some(here) = &args.id {
        let both = |first: &str, second: Option<&str>| match second {
            None => first.to_owned(),
            Some(second) => format!("{first}, {second}"),
        };
        let written = both(&here.value(), args.second.as_ref().map(LitStr::value).as_deref());
        let declared = both(&first.value, second.map(|second| second.value.as_str()));
        if written != declared {
            errors.push(say::differs(here, "service", &written, &place, &declared));
        }
    } else {
        let literal = |said: &Placed<String>| LitStr::new(&said.value, Span::call_site());
        args.id = Some(literal(first));
        args.second = second.map(literal);
        args.places.push(("service", place));
    }
    let marker = |id: &Option<LitStr>| schema.marker(&id.as_ref()?.value()).cloned();
    args.second_marker = marker(&args.second);
    if args.marker.is_none() {
        args.marker = marker(&args.id);
    }
}

fn slot<'a>(args: &'a mut Args, key: &str) -> Option<&'a mut Option<LitStr>> {
    match key {
        "name" => Some(&mut args.name),
        "path" => Some(&mut args.path),
        "cookie" => Some(&mut args.cookie),
        "idle" => Some(&mut args.idle),
        "absolute" => Some(&mut args.absolute),
        "assurance" => Some(&mut args.assurance),
        "login_page" => Some(&mut args.login_page),
        _ => None,
    }
}

/// Takes what the schema says where the attribute says nothing; where both speak, they agree.
fn text(
    slot: &mut Option<LitStr>,
    key: &str,
    said: &Placed<String>,
    place: &str,
    errors: &mut Errors,
) -> bool {
    let Some(here) = slot else {
        *slot = Some(LitStr::new(&said.value, Span::call_site()));
        return true;
    };
    let value = here.value();
    let lasts_alike = duration(&value).is_some_and(|seconds| duration(&said.value) == Some(seconds));
    if value != said.value && !lasts_alike {
        errors.push(say::differs(here, key, &value, place, &said.value));
    }
    false
}

fn number(slot: &mut Option<LitInt>, said: &Placed<String>, place: &str, errors: &mut Errors) -> bool {
    let Some(here) = slot else {
        *slot = Some(LitInt::new(&said.value, Span::call_site()));
        return true;
    };
    if here.base10_digits() != said.value {
        errors.push(say::differs(&*here, "max_sessions", here.base10_digits(), place, &said.value));
    }
    false
}

fn truth(slot: &mut Option<LitBool>, said: &Placed<String>, place: &str, errors: &mut Errors) -> bool {
    let Some(here) = slot else {
        *slot = Some(LitBool::new(said.value == "true", Span::call_site()));
        return true;
    };
    let value = here.value.to_string();
    if value != said.value {
        errors.push(say::differs(&*here, "forms", &value, place, &said.value));
    }
    false
}
