//! The parameters of a path, against the arguments that take them, as far as tokens tell.

use syn::{GenericArgument, PathArguments, Type};

use super::{signature::Callable, validate::Exposed};
use crate::{
    diagnostics::{Errors, endpoint},
    syntax::{name_in_option, named_type, peeled},
};

/// What takes no parameter of a path: axum's extractors and ours, by name. Any other type may.
const OTHERS: &[&str] = &[
    "Authenticated",
    "Bytes",
    "ConnectInfo",
    "Extension",
    "Form",
    "HeaderMap",
    "Host",
    "Json",
    "Method",
    "Multipart",
    "Query",
    "RawForm",
    "RawQuery",
    "Session",
    "State",
    "String",
    "Version",
    "WebSocketUpgrade",
];

/// What is one value in any case.
const SINGLE: &[&str] = &[
    "Uuid", "String", "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
    "i128", "isize",
];

pub(crate) fn check(exposed: &Exposed, method: &Callable, errors: &mut Errors) {
    let Some(path) = &exposed.written else { return };
    let names: Vec<&str> = exposed.path.split('/').filter_map(parameter).collect();
    let mut is_taken = names.is_empty();
    for ty in &method.arguments {
        match taken(ty) {
            Taken::Nothing => continue,
            Taken::All(_) if names.is_empty() => errors.push(endpoint::no_parameters(ty, path)),
            Taken::All(Some(count)) if count != names.len() => {
                errors.push(endpoint::other_count(ty, path, &names));
            }
            Taken::All(_) | Taken::Perhaps => {}
        }
        is_taken = true;
    }
    if !is_taken {
        errors.push(endpoint::parameter_not_taken(path, &names, &method.name));
    }
}

/// `id` of `{id}` and of `{*id}`.
fn parameter(segment: &str) -> Option<&str> {
    let inner = segment.strip_prefix('{')?.strip_suffix('}')?;
    Some(inner.strip_prefix('*').unwrap_or(inner))
}

/// What an argument takes of a path's parameters.
enum Taken {
    Nothing,
    /// A type of the user's: nobody knows.
    Perhaps,
    /// A `Path<…>` takes all of them; this many, where that can be seen.
    All(Option<usize>),
}

fn taken(ty: &Type) -> Taken {
    let last = match peeled(ty) {
        Type::Path(path) => path.path.segments.last().filter(|last| last.ident == "Path"),
        _ => None,
    };
    let Some(last) = last else {
        let is_other = name_in_option(ty).is_some_and(|name| OTHERS.iter().any(|other| name == other));
        return if is_other { Taken::Nothing } else { Taken::Perhaps };
    };
    Taken::All(match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) => count(inner),
            _ => None,
        },
        _ => None,
    })
}

/// How many parameters a type holds, where that can be seen.
fn count(ty: &Type) -> Option<usize> {
    match peeled(ty) {
        Type::Tuple(tuple) => Some(tuple.elems.len()),
        ty => {
            let (name, of) = named_type(ty)?;
            (of.is_none() && SINGLE.iter().any(|single| name == single)).then_some(1)
        }
    }
}
