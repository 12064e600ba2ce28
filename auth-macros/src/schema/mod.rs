//! `schema.yaml`: the entities of a program, with their services and options, in one place.

#[cfg(feature = "schema")]
mod load;
mod locate;
pub(crate) mod read;
mod report;
mod track;

use proc_macro2::TokenStream;
use syn::{LitStr, Path, Type};

pub(crate) use self::locate::File;
use crate::diagnostics::schema::Problem;

/// Where macros find a schema: a function, so that tests need no files.
#[derive(Clone, Copy)]
pub(crate) struct Schemas {
    pub(crate) find: fn(Option<&LitStr>) -> syn::Result<Option<File>>,
}

impl Schemas {
    /// On the disk, where cargo builds.
    pub(crate) const OF_CARGO: Schemas = Schemas { find: locate::locate };

    /// Whether the feature `schema` is on.
    pub(crate) const ARE_READ: bool = cfg!(feature = "schema");

    /// The schema that an attribute asks for, or that is there.
    pub(crate) fn find(self, asked: Option<&LitStr>) -> syn::Result<Option<Schema>> {
        if !Self::ARE_READ {
            return Ok(None);
        }
        Ok((self.find)(asked)?.map(Schema::read))
    }
}

/// A schema as it was found: each part that could be read, and what is wrong with the others.
pub(crate) struct Schema {
    pub(crate) file: File,
    services: Vec<OwnService>,
    pub(crate) entities: Vec<Declared>,
    /// What concerns the whole file.
    pub(crate) problems: Vec<Problem>,
}

/// A service of the user's own.
struct OwnService {
    id: Placed<String>,
    marker: Path,
}

/// An entity as the schema declares it.
pub(crate) struct Declared {
    pub(crate) name: Placed<String>,
    /// Where `auth_router!` finds the struct.
    pub(crate) path: Path,
    /// All that stand for an option of the attribute: `("idle", "30m")`.
    pub(crate) options: Vec<(&'static str, Placed<String>)>,
    /// Response models by endpoint.
    pub(crate) responses: Vec<(Placed<String>, Type)>,
    /// What concerns only this entity.
    pub(crate) problems: Vec<Problem>,
}

impl Schema {
    fn read(file: File) -> Self {
        let mut schema = Schema { file, services: Vec::new(), entities: Vec::new(), problems: Vec::new() };
        read::read(&mut schema);
        schema
    }

    pub(crate) fn entity(&self, name: &str) -> Option<&Declared> {
        self.entities.iter().find(|entity| entity.name.value == name)
    }

    /// The marker of a service of the user's own.
    pub(crate) fn marker(&self, id: &str) -> Option<&Path> {
        self.services.iter().find(|service| service.id.value == id).map(|service| &service.marker)
    }

    /// What makes cargo build again when the file changes.
    pub(crate) fn track(&self) -> Option<TokenStream> {
        track::track(&self.file)
    }

    /// `schema.yaml:5:3`
    pub(crate) fn place(&self, at: Place) -> String {
        format!("{}:{}:{}", self.file.name, at.line, at.column)
    }
}

/// A line and a column, both from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    const START: Place = Place { line: 1, column: 1 };

    fn of<T>(self, value: T) -> Placed<T> {
        Placed { value, at: self }
    }
}

/// Something that stands in a schema.
#[derive(Debug)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) at: Place,
}

/// A part of a schema.
#[derive(Debug)]
#[cfg_attr(not(feature = "schema"), allow(dead_code, reason = "nothing reads one"))]
pub(crate) enum Node {
    Nothing,
    Text(String),
    Number(String),
    Truth(bool),
    List(Vec<Placed<Node>>),
    /// In order, and with keys that are there twice.
    Map(Vec<(Placed<String>, Placed<Node>)>),
}

#[cfg(not(feature = "schema"))]
mod load {
    //! Without the feature, no schema is found that could be read.

    use super::{Node, Place, Placed, Problem};

    #[allow(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(super) fn load(_: &str) -> Result<Placed<Node>, Problem> {
        Ok(Place::START.of(Node::Map(Vec::new())))
    }
}
