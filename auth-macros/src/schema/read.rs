//! From the tree to services and entities: which keys there are, and what each takes.

use syn::{Path, Type};

use super::{Declared, Node, OwnService, Placed, Schema, load};
use crate::{
    contract::{SECOND_SERVICE, SERVICES, service_ids, transport_and_store},
    diagnostics::schema::{self as say, Problem},
};

/// A key, and what its value is.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// As in "takes a duration".
    pub(crate) takes: &'static str,
    pub(crate) example: &'static str,
}

const fn key(name: &'static str, takes: &'static str, example: &'static str) -> Key {
    Key { name, takes, example }
}

const TOP: &[Key] = &[
    key("services", "a mapping of ids to Rust paths", "{ auth.cookies.sqlite: my_store::CookiesSqlite }"),
    key("entities", "a mapping of names to entities", "{ User: auth.cookies.redis }"),
];

const SERVICE: Key = key("service", "the id of a service, or a list of two", "auth.cookies.redis");
const TYPE: Key = key("type", "the Rust path of the struct", "crate::model::User");
const RESPONSES: Key = key("responses", "a mapping of endpoints to Rust types", "{ login: crate::Welcome }");
const MAX_SESSIONS: Key = key("max_sessions", "a number", "100");
const FORMS: Key = key("forms", "`true` or `false`", "true");
const ENTITY: &[Key] = &[
    SERVICE,
    TYPE,
    key("name", "a name", "user"),
    key("path", "a path", "/user"),
    key("cookie", "a cookie's name", "user"),
    key("idle", "a duration", "30m"),
    key("absolute", "a duration", "24h"),
    key("assurance", "a level of NIST SP 800-63B", "aal2"),
    MAX_SESSIONS,
    key("login_page", "a path", "/login"),
    FORMS,
    RESPONSES,
];

const AN_ENTITY: Key =
    key("an entity", "the id of a service, or a mapping", "{ service: auth.cookies.redis }");
const A_SERVICE: Key = key("a service", "the Rust path of its marker", "my_store::CookiesSqlite");
const A_RESPONSE: Key = key("a response", "a Rust type", "crate::Welcome");

type Options = Vec<(&'static str, Placed<String>)>;
type Entries = Vec<(Placed<String>, Placed<Node>)>;

pub(super) fn read(schema: &mut Schema) {
    let root = match load::load(&schema.file.text) {
        Ok(root) => root,
        Err(problem) => return schema.problems.push(problem),
    };
    let Node::Map(entries) = root.value else {
        return schema.problems.push(say::no_mapping(&root));
    };
    for (key, value) in distinct(entries, &mut schema.problems) {
        match known(&key, TOP, &mut schema.problems) {
            Some("services") => services(value, schema),
            Some("entities") => entities(value, schema),
            _ => {}
        }
    }
    check_services(schema);
}

/// The entries whose key is there once; a second one is a problem.
fn distinct(entries: Entries, problems: &mut Vec<Problem>) -> Entries {
    let mut distinct = Entries::new();
    for (key, value) in entries {
        match distinct.iter().find(|(other, _)| other.value == key.value) {
            Some((first, _)) => problems.push(say::twice(&key, first.at)),
            None => distinct.push((key, value)),
        }
    }
    distinct
}

fn known(key: &Placed<String>, keys: &[Key], problems: &mut Vec<Problem>) -> Option<&'static str> {
    let name = keys.iter().find(|known| known.name == key.value).map(|known| known.name);
    if name.is_none() {
        problems.push(say::unknown_key(key, keys));
    }
    name
}

/// The entries of a mapping, which may be left empty.
fn mapping(node: Placed<Node>, key: &Key, problems: &mut Vec<Problem>) -> Entries {
    match node.value {
        Node::Map(entries) => distinct(entries, problems),
        Node::Nothing => Entries::new(),
        _ => {
            problems.push(say::wrong(&node, key));
            Entries::new()
        }
    }
}

fn text(node: &Placed<Node>, key: &Key, problems: &mut Vec<Problem>) -> Option<Placed<String>> {
    let (takes_number, takes_truth) = (key.name == MAX_SESSIONS.name, key.name == FORMS.name);
    match &node.value {
        Node::Number(number) if takes_number && number.parse::<u64>().is_ok() => {
            Some(node.at.of(number.clone()))
        }
        Node::Truth(truth) if takes_truth => Some(node.at.of(truth.to_string())),
        Node::Text(text) if !takes_number && !takes_truth => Some(node.at.of(text.clone())),
        _ => {
            problems.push(say::wrong(node, key));
            None
        }
    }
}

/// A path or a type of Rust.
fn rust<T: syn::parse::Parse>(node: &Placed<Node>, key: &Key, problems: &mut Vec<Problem>) -> Option<T> {
    let parsed = match &node.value {
        Node::Text(text) => syn::parse_str(text).ok(),
        _ => None,
    };
    if parsed.is_none() {
        problems.push(say::wrong(node, key));
    }
    parsed
}

fn services(node: Placed<Node>, schema: &mut Schema) {
    for (id, node) in mapping(node, &TOP[0], &mut schema.problems) {
        if let Some(known) = SERVICES.iter().find(|service| service.id == id.value) {
            schema.problems.push(say::service_of_ours(&id, known));
        } else if transport_and_store(&id.value).is_none() {
            schema.problems.push(say::no_service_id(&id));
        }
        if let Some(marker) = rust(&node, &A_SERVICE, &mut schema.problems) {
            schema.services.push(OwnService { id, marker });
        }
    }
}

fn entities(node: Placed<Node>, schema: &mut Schema) {
    for (name, node) in mapping(node, &TOP[1], &mut schema.problems) {
        match entity(name, node) {
            Ok(entity) => schema.entities.push(entity),
            Err(problem) => schema.problems.push(problem),
        }
    }
}

fn entity(name: Placed<String>, node: Placed<Node>) -> Result<Declared, Problem> {
    let path =
        syn::parse_str::<syn::Ident>(&name.value).map(Path::from).map_err(|_| say::no_struct_name(&name))?;
    let mut entity =
        Declared { name, path, options: Vec::new(), responses: Vec::new(), problems: Vec::new() };
    match node.value {
        Node::Text(_) | Node::List(_) => services_of(node, &mut entity.options, &mut entity.problems),
        Node::Map(entries) => settings(entries, &mut entity),
        _ => entity.problems.push(say::wrong(&node, &AN_ENTITY)),
    }
    Ok(entity)
}

/// The one service of an entity, or both.
fn services_of(node: Placed<Node>, options: &mut Options, problems: &mut Vec<Problem>) {
    let at = node.at;
    let ids = match node.value {
        Node::List(ids) if (1..=2).contains(&ids.len()) => ids,
        value => vec![at.of(value)],
    };
    for (key, id) in [SERVICE.name, SECOND_SERVICE].into_iter().zip(ids) {
        match id.value {
            Node::Text(service) => options.push((key, id.at.of(service))),
            other => problems.push(say::wrong(&at.of(other), &SERVICE)),
        }
    }
}

fn settings(entries: Entries, entity: &mut Declared) {
    let problems = &mut entity.problems;
    let mut names_service = false;
    for (key, node) in distinct(entries, problems) {
        let Some(setting) =
            known(&key, ENTITY, problems).and_then(|name| ENTITY.iter().find(|key| key.name == name))
        else {
            continue;
        };
        names_service |= setting.name == SERVICE.name;
        if setting.name == TYPE.name {
            let path = rust::<Path>(&node, setting, problems);
            let named = path.filter(|path| {
                let fits = path.segments.last().is_some_and(|last| last.ident == entity.name.value);
                if !fits {
                    problems.push(say::other_type(&node, &entity.name.value));
                }
                fits
            });
            entity.path = named.unwrap_or_else(|| entity.path.clone());
        } else if setting.name == RESPONSES.name {
            for (endpoint, node) in mapping(node, &RESPONSES, problems) {
                let response = rust::<Type>(&node, &A_RESPONSE, problems);
                entity.responses.extend(response.map(|response| (endpoint, response)));
            }
        } else if setting.name == SERVICE.name {
            services_of(node, &mut entity.options, problems);
        } else if let Some(value) = text(&node, setting, problems) {
            entity.options.push((setting.name, value));
        }
    }
    if !names_service {
        problems.push(say::no_service(&entity.name, &SERVICE));
    }
}

/// Each entity's service is one that there is.
fn check_services(schema: &mut Schema) {
    let own = schema.services.iter().map(|service| service.id.value.as_str());
    let ids: Vec<&str> = service_ids().into_iter().chain(own).collect();
    for entity in &mut schema.entities {
        let is_unknown = |(key, id): &mut (&str, Placed<String>)| {
            [SERVICE.name, SECOND_SERVICE].contains(key) && !ids.contains(&id.value.as_str())
        };
        let unknown = entity.options.extract_if(.., is_unknown);
        let problems = unknown.map(|(_, id)| say::unknown_service(&id, &ids));
        entity.problems.extend(problems);
    }
}

/// Where the first entity is declared, in a file that is no YAML at all: the first line behind `entities:`.
pub(super) fn first_entity(text: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("entities:")).skip(1);
    let line = lines.find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))?;
    let name = line.trim().split_once(':')?.0.trim_matches(['"', '\'']);
    line.starts_with([' ', '\t']).then(|| name.to_owned())
}

#[cfg(all(test, feature = "schema"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::PathBuf;

    use super::super::{File, Place};
    use super::*;
    use crate::tests::documentation::{AUTH_SERVICE, assert_lists};

    impl Declared {
        fn option(&self, key: &str) -> Option<&Placed<String>> {
            self.options.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
        }
    }

    fn schema(text: &str) -> Schema {
        Schema::read(File { name: "s.yaml".to_owned(), path: PathBuf::new(), text: text.to_owned() })
    }

    fn problems(text: &str) -> Vec<String> {
        let schema = schema(text);
        let of_entities = schema.entities.iter().flat_map(|entity| &entity.problems);
        let all = schema.problems.iter().chain(of_entities);
        all.map(|problem| problem.located("s.yaml").lines().next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn the_whole_form() {
        let text = "
services:
  auth.cookies.sqlite: my_store::CookiesSqlite
entities:
  Account: auth.cookies.redis
  User:
    service: auth.cookies.sqlite
    type: crate::model::User
    name: member
    path: /v1/member
    cookie: sid
    idle: 15m
    absolute: \"12h\"
    assurance: aal2
    max_sessions: 5
    responses: { login: crate::Welcome, me: \"Profile\" }
";
        assert_eq!(problems(text), [""; 0]);
        let schema = schema(text);
        let user = schema.entity("User").unwrap();
        let option = |key| user.option(key).map(|value| (value.value.as_str(), value.at.line));
        assert_eq!(option("service"), Some(("auth.cookies.sqlite", 7)));
        assert_eq!(option("absolute"), Some(("12h", 13)));
        assert_eq!(option("max_sessions"), Some(("5", 15)));
        assert_eq!(user.responses.len(), 2);
        assert_eq!(user.name.at, Place { line: 6, column: 3 });
        assert!(schema.marker("auth.cookies.sqlite").is_some());
        assert_eq!(schema.entities.len(), 2);
    }

    #[test]
    fn each_mistake_is_one_problem_with_its_place() {
        for (text, expected) in [
            ("", "s.yaml:1:1: a schema is a mapping, found nothing"),
            ("- a", "s.yaml:1:1: a schema is a mapping, found a list"),
            (
                "entites:\n  A: auth.cookies.redis",
                "s.yaml:1:1: unknown key `entites`, did you mean `entities`?",
            ),
            ("entities: [A]", "s.yaml:1:1: `entities` takes a mapping of names to entities, found a list"),
            (
                "entities:\n  A: auth.cookies.redis\n  A: auth.cookies.memory",
                "s.yaml:3:3: `A` is there twice, first in line 2",
            ),
            (
                "entities:\n  A: auth.cookies.radis",
                "s.yaml:2:6: unknown service `auth.cookies.radis`, did you mean `auth.cookies.redis`?",
            ),
            (
                "entities:\n  A: 5",
                "s.yaml:2:6: an entity takes the id of a service, or a mapping, found the number `5`",
            ),
            (
                "entities:\n  A:\n",
                "s.yaml:2:3: an entity takes the id of a service, or a mapping, found nothing",
            ),
            ("entities:\n  a-b: auth.cookies.redis", "s.yaml:2:3: `a-b` cannot be the name of a struct"),
            (
                "entities: {A: {service: auth.cookies.redis, idel: 5m}}",
                "s.yaml:1:45: unknown key `idel`, did you mean `idle`?",
            ),
            ("entities:\n  A:\n    idle: 5m", "s.yaml:2:3: `A` names no service"),
            (
                "entities:\n  A:\n    service: auth.cookies.redis\n    idle: 5",
                "s.yaml:4:11: `idle` takes a duration, found the number `5`",
            ),
            (
                "entities:\n  A:\n    service: auth.cookies.redis\n    max_sessions: many",
                "s.yaml:4:19: `max_sessions` takes a number, found `many`",
            ),
            (
                "entities:\n  A:\n    service: auth.cookies.redis\n    responses: Welcome",
                "s.yaml:4:16: `responses` takes a mapping of endpoints to Rust types, found `Welcome`",
            ),
            (
                "entities:\n  A:\n    service: auth.cookies.redis\n    responses:\n      login: Wel come",
                "s.yaml:5:14: a response takes a Rust type, found `Wel come`",
            ),
            (
                "entities:\n  A:\n    service: auth.cookies.redis\n    type: crate::B",
                "s.yaml:4:11: `A` is another struct than `crate::B`",
            ),
            (
                "services:\n  auth.cookies.redis: a::B",
                "s.yaml:2:3: `auth.cookies.redis` is a service of auth-redis already",
            ),
            ("services:\n  sqlite: a::B", "s.yaml:2:3: `sqlite` cannot be the id of a service"),
            (
                "services:\n  auth.cookies.sqlite: 5",
                "s.yaml:2:24: a service takes the Rust path of its marker, found the number `5`",
            ),
        ] {
            assert_eq!(problems(text), [expected], "{text}");
        }
    }

    #[test]
    fn each_key_is_documented() {
        assert_lists(AUTH_SERVICE, "key", TOP.iter().map(|key| key.name));
        assert_lists(AUTH_SERVICE, "key of an entity", ENTITY.iter().map(|key| key.name));
    }

    #[test]
    fn the_first_entity_of_a_broken_file() {
        for (text, expected) in [
            ("entities:\n  # who\n\n  \"User\": [\n", Some("User")),
            ("services:\n  a: b\nentities:\n\tUser: x", Some("User")),
            ("entities:\nUser: x", None),
            ("entities: {User: x", None),
            ("", None),
        ] {
            assert_eq!(first_entity(text).as_deref(), expected, "{text}");
        }
    }
}
