//! `schema.yaml`, and what attributes say beside it.

use std::{fmt, io};

use proc_macro2::{Ident, Span};
use syn::{Error, LitStr};

use super::{all, did_you_mean, error, nearest};
use crate::{
    contract::{CORE, Service},
    schema::{Node, Place, Placed, read::Key},
};

/// Something that is wrong in a schema.
#[derive(Debug)]
pub(crate) struct Problem {
    at: Option<Place>,
    message: String,
}

impl Problem {
    fn at(at: Place, message: String) -> Self {
        Problem { at: Some(at), message }
    }

    /// `schema.yaml:5:3: …`
    pub(crate) fn located(&self, file: &str) -> String {
        match self.at {
            Some(Place { line, column }) => format!("{file}:{line}:{column}: {self}"),
            None => format!("{file}: {self}"),
        }
    }

    /// On the macro that reads the schema.
    pub(crate) fn error(&self, file: &str) -> Error {
        Error::new(Span::call_site(), self.located(file))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(feature = "schema")]
pub(crate) fn no_yaml(at: Option<Place>, reason: &str) -> Problem {
    Problem { at, message: format!("this is no YAML: {reason}") }
}

pub(crate) fn no_mapping(root: &Placed<Node>) -> Problem {
    Problem::at(
        root.at,
        format!(
            "a schema is a mapping, found {}\nhelp: write `entities:`, and below it `User: auth.cookies.redis`",
            found(&root.value)
        ),
    )
}

pub(crate) fn twice(key: &Placed<String>, first: Place) -> Problem {
    Problem::at(
        key.at,
        format!("`{}` is there twice, first in line {}\nhelp: leave one of them out", key.value, first.line),
    )
}

pub(crate) fn unknown_key(key: &Placed<String>, keys: &[Key]) -> Problem {
    let names = || keys.iter().map(|key| key.name);
    let near = did_you_mean(&key.value, names());
    Problem::at(key.at, format!("unknown key `{}`{near}\nhelp: the keys are {}", key.value, all(names())))
}

pub(crate) fn wrong(node: &Placed<Node>, key: &Key) -> Problem {
    let Key { name, takes, example } = key;
    let (name, help) = if name.contains(' ') {
        ((*name).to_owned(), format!("write `{example}`"))
    } else {
        (format!("`{name}`"), format!("write `{name}: {example}`"))
    };
    Problem::at(node.at, format!("{name} takes {takes}, found {}\nhelp: {help}", found(&node.value)))
}

fn found(node: &Node) -> String {
    match node {
        Node::Nothing => "nothing".to_owned(),
        Node::Text(text) => format!("`{}`", text.trim_end()),
        Node::Number(number) => format!("the number `{number}`"),
        Node::Truth(truth) => format!("`{truth}`"),
        Node::List(_) => "a list".to_owned(),
        Node::Map(_) => "a mapping".to_owned(),
    }
}

pub(crate) fn no_struct_name(name: &Placed<String>) -> Problem {
    Problem::at(
        name.at,
        format!(
            "`{}` cannot be the name of a struct\nhelp: an entity is declared by the name of its struct: `User: auth.cookies.redis`",
            name.value
        ),
    )
}

pub(crate) fn no_service(entity: &Placed<String>, key: &Key) -> Problem {
    Problem::at(
        entity.at,
        format!("`{}` names no service\nhelp: write `{}: {}` below it", entity.value, key.name, key.example),
    )
}

pub(crate) fn other_type(node: &Placed<Node>, entity: &str) -> Problem {
    let Node::Text(path) = &node.value else {
        return Problem::at(node.at, String::new());
    };
    Problem::at(
        node.at,
        format!(
            "`{entity}` is another struct than `{path}`\nhelp: an entity is declared by the name of its struct; `type` says where it is: `type: crate::model::{entity}`"
        ),
    )
}

pub(crate) fn service_of_ours(id: &Placed<String>, service: &Service) -> Problem {
    Problem::at(
        id.at,
        format!(
            "`{}` is a service of {} already\nhelp: leave it out, or give yours an id of its own",
            id.value, service.package
        ),
    )
}

pub(crate) fn no_service_id(id: &Placed<String>) -> Problem {
    Problem::at(
        id.at,
        format!(
            "`{}` cannot be the id of a service\nhelp: it is `auth.<transport>.<store>`, such as `auth.cookies.sqlite`",
            id.value
        ),
    )
}

pub(crate) fn unknown_service(id: &Placed<String>, ids: &[&str]) -> Problem {
    let near = did_you_mean(&id.value, ids.iter().copied());
    Problem::at(
        id.at,
        format!(
            "unknown service `{}`{near}\nhelp: the services are {}, and those below `services:`",
            id.value,
            all(ids.iter().copied())
        ),
    )
}

pub(crate) fn no_file(asked: &LitStr) -> Error {
    error(
        asked,
        format!(
            "there is no file `{}`\nhelp: the path is relative to the folder of the crate's Cargo.toml",
            asked.value()
        ),
    )
}

pub(crate) fn variable(variable: &str, name: &str) -> Error {
    Error::new(
        Span::call_site(),
        format!(
            "the variable {variable} names `{name}`, and there is no such file\nhelp: correct it in `.cargo/config.toml`, or in the environment"
        ),
    )
}

pub(crate) fn unreadable(name: &str, reason: &io::Error) -> Error {
    Error::new(Span::call_site(), format!("`{name}` cannot be read: {reason}"))
}

pub(crate) fn no_schema() -> Error {
    Error::new(
        Span::call_site(),
        "there is no schema.yaml in the crate's folder, nor above it in the workspace\nhelp: write one, with `entities:` and below it `User: auth.cookies.redis`; or set the variable AUTH_SCHEMA",
    )
}

pub(crate) fn feature_is_off(at: impl quote::ToTokens) -> Error {
    let message = format!(
        "a schema is read by the feature `schema` of {CORE}, which is off\nhelp: write `features = [\"schema\"]` at {CORE} in Cargo.toml"
    );
    if at.to_token_stream().is_empty() { Error::new(Span::call_site(), message) } else { error(at, message) }
}

pub(crate) fn no_entity<'a>(name: &Ident, file: &str, declared: impl Iterator<Item = &'a str>) -> Error {
    let near = nearest(&name.to_string(), declared)
        .filter(|near| strsim::jaro_winkler(&near.to_lowercase(), &name.to_string().to_lowercase()) > 0.8)
        .map(|near| format!(", did you mean `{near}`?"))
        .unwrap_or_default();
    error(
        name,
        format!(
            "`{name}` is not in {file}{near}\nhelp: write `{name}: auth.cookies.redis` below `entities:`, or name the service here: `#[auth_service(\"auth.cookies.redis\")]`"
        ),
    )
}

/// An option that the attribute and the schema give different values.
pub(crate) fn differs(at: impl quote::ToTokens, key: &str, here: &str, place: &str, there: &str) -> Error {
    error(
        at,
        format!("`{key}` is `{here}` here, and `{there}` in {place}\nhelp: say it in one of the two places"),
    )
}

pub(crate) fn no_endpoint<'a>(
    place: &str,
    endpoint: &str,
    entity: &str,
    endpoints: impl Iterator<Item = &'a str>,
) -> Error {
    let endpoints: Vec<&str> = endpoints.collect();
    let near = did_you_mean(endpoint, endpoints.iter().copied());
    Error::new(
        Span::call_site(),
        format!(
            "{place}: `{entity}` has no endpoint `{endpoint}`{near}\nhelp: a response is given to {}",
            all(endpoints)
        ),
    )
}

/// A value of the schema that an option of the attribute would not take either.
pub(crate) fn in_schema(place: &str, wrong: &Error) -> Error {
    let message = wrong.to_string().replace(" = \"", ": \"");
    Error::new(Span::call_site(), format!("{place}: {message}"))
}
