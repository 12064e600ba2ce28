//! From the text of a schema to a tree in which each key and each scalar knows where it stands.
//!
//! `serde_yaml` tells a place only with an error. So each scalar is read by a visitor that keeps it and answers with an
//! error, whose text ends in the place; the mapping goes on behind it. That leans on `serde_yaml` 0.9, which no longer
//! changes, and holds however a schema is written: nested, in flow style, quoted, behind an anchor.

use std::{cell::Cell, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Node, Place, Placed};
use crate::diagnostics::schema::{self as say, Problem};

pub(super) fn load(text: &str) -> Result<Placed<Node>, Problem> {
    read(|seed| seed.deserialize(serde_yaml::Deserializer::from_str(text))).map_err(|error| {
        let place = error.location().map(|at| Place { line: at.line(), column: at.column() });
        say::no_yaml(place, &reason(&error))
    })
}

/// What `serde_yaml` says, without the place.
fn reason(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ").map_or(text.as_str(), |(reason, _)| reason).to_owned()
}

/// A node; what is no scalar has the place of the file's beginning, until its key gives it another.
fn read<E: de::Error>(read: impl FnOnce(Seed) -> Result<Node, E>) -> Result<Placed<Node>, E> {
    let scalar = Cell::new(None);
    match read(Seed(&scalar)) {
        Ok(node) => Ok(Place::START.of(node)),
        Err(error) => placed(&scalar, error),
    }
}

/// The scalar that was kept, or else the error.
fn placed<E: fmt::Display>(scalar: &Cell<Option<Node>>, error: E) -> Result<Placed<Node>, E> {
    match scalar.take() {
        Some(node) => Ok(place_in(&error).of(node)),
        None => Err(error),
    }
}

/// The place at the end of an error's text; `serde_yaml` leaves that of the first letter out.
fn place_in(error: &impl fmt::Display) -> Place {
    let text = error.to_string();
    let numbers = text.rsplit_once(" at line ").and_then(|(_, place)| {
        let (line, column) = place.split_once(" column ")?;
        Some(Place { line: line.parse().ok()?, column: column.parse().ok()? })
    });
    numbers.unwrap_or(Place::START)
}

/// Reads a node, and puts a scalar into the cell.
#[derive(Clone, Copy)]
struct Seed<'a>(&'a Cell<Option<Node>>);

impl Seed<'_> {
    fn keep<E: de::Error>(self, scalar: Node) -> Result<Node, E> {
        self.0.set(Some(scalar));
        Err(E::custom("kept"))
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a mapping or a plain value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        self.keep(Node::Truth(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        self.keep(Node::Number(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        self.keep(Node::Number(value.to_string()))
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Node, E> {
        self.keep(Node::Number(value.to_string()))
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Node, E> {
        self.keep(Node::Number(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        self.keep(Node::Number(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        self.keep(Node::Text(value.to_owned()))
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        self.keep(Node::Nothing)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        self.keep(Node::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        loop {
            let scalar = Cell::new(None);
            items.push(match list.next_element_seed(Seed(&scalar)) {
                Ok(None) => return Ok(Node::List(items)),
                Ok(Some(node)) => Place::START.of(node),
                Err(error) => placed(&scalar, error)?,
            });
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = next_key(&mut map)? {
            let mut value = read(|seed| map.next_value_seed(seed))?;
            if matches!(value.value, Node::Map(_) | Node::List(_) | Node::Nothing) {
                value.at = key.at;
            }
            entries.push((key, value));
        }
        Ok(Node::Map(entries))
    }
}

fn next_key<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Placed<String>>, A::Error> {
    let scalar = Cell::new(None);
    match map.next_key_seed(Seed(&scalar)) {
        Ok(None) => Ok(None),
        Ok(Some(_)) => Err(de::Error::custom("a key is a plain text")),
        Err(error) => match scalar.take() {
            Some(node) => Ok(Some(place_in(&error).of(node.into_key()))),
            None => Err(error),
        },
    }
}

impl Node {
    fn into_key(self) -> String {
        match self {
            Node::Text(text) | Node::Number(text) => text,
            Node::Truth(truth) => truth.to_string(),
            Node::Nothing | Node::List(_) | Node::Map(_) => "null".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `key@line:column`, for each key and value, in the order in which they stand.
    fn places(text: &str) -> String {
        fn walk(node: &Placed<Node>, found: &mut Vec<String>) {
            let Place { line, column } = node.at;
            match &node.value {
                Node::Map(entries) => {
                    for (key, value) in entries {
                        found.push(format!("{}@{}:{}", key.value, key.at.line, key.at.column));
                        walk(value, found);
                    }
                }
                Node::List(items) => {
                    found.push(format!("[@{line}:{column}"));
                    for item in items {
                        walk(item, found);
                    }
                    found.push("]".to_owned());
                }
                Node::Text(text) => found.push(format!("'{text}'@{line}:{column}")),
                Node::Number(number) => found.push(format!("{number}@{line}:{column}")),
                Node::Truth(truth) => found.push(format!("{truth}@{line}:{column}")),
                Node::Nothing => found.push(format!("~@{line}:{column}")),
            }
        }
        let mut found = Vec::new();
        match load(text) {
            Ok(root) => walk(&root, &mut found),
            Err(problem) => found.push(problem.to_string()),
        }
        found.join(" ")
    }

    #[test]
    fn keys_and_values_know_where_they_stand() {
        for (text, expected) in [
            ("a: b", "a@1:1 'b'@1:4"),
            ("\n  a:\n    b: 5\n    c: yes\n", "a@2:3 b@3:5 5@3:8 c@4:5 'yes'@4:8"),
            ("{a: {b: c, d: true}}", "a@1:2 b@1:6 'c'@1:9 d@1:12 true@1:15"),
            ("\"a\": 'b'\n? c\n: d", "a@1:1 'b'@1:6 c@2:3 'd'@3:3"),
            ("a: &x {b: 1}\nc: *x\nd: e", "a@1:1 b@1:8 1@1:11 c@2:1 b@1:8 1@1:11 d@3:1 'e'@3:4"),
            (
                "a: [b, \"c\"]\nd:\n- e\n- [f]",
                "a@1:1 [@1:1 'b'@1:5 'c'@1:8 ] d@2:1 [@2:1 'e'@3:3 [@1:1 'f'@4:4 ] ]",
            ),
            ("a: &x b\nc: *x", "a@1:1 'b'@1:4 c@2:1 'b'@1:4"),
            (
                "a:\nb: [1, {c: d}]\ne: |\n  text\n",
                "a@1:1 ~@1:1 b@2:1 [@2:1 1@2:5 c@2:9 'd'@2:12 ] e@3:1 'text\n'@3:4",
            ),
            ("# ü\nä: ö # x\nü: 1", "ä@2:1 'ö'@2:4 ü@3:1 1@3:4"),
            ("a: 1\na: 2", "a@1:1 1@1:4 a@2:1 2@2:4"),
            ("1: 1.5\ntrue: -3\n~: x", "1@1:1 1.5@1:4 true@2:1 -3@2:7 null@3:1 'x'@3:4"),
            ("---\na: b\n", "a@2:1 'b'@2:4"),
        ] {
            assert_eq!(places(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_yaml_says_where() {
        for (text, place) in [
            ("a: b\n\tc: d", "2:"),
            ("a: [1", "2:"),
            ("a: \"b", "1:"),
            ("a: b\nc", "3:"),
            ("[a]: b", "1:1"),
            ("a: *x", "1:4"),
            ("a: !x b", "1:4"),
            ("a: b\n---\nc: d", ""),
        ] {
            let problem = load(text).err().map(|problem| problem.located("s.yaml")).unwrap_or_default();
            let expected = if place.is_empty() { "s.yaml: ".to_owned() } else { format!("s.yaml:{place}") };
            assert!(problem.starts_with(&expected), "{problem} of {text}");
        }
    }
}
