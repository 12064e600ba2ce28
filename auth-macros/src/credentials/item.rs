//! The struct that is derived for.

use proc_macro2::{Ident, TokenStream};
use syn::{Fields, ItemStruct, Type};

use crate::{
    diagnostics::{self, Errors, credentials},
    options::{KnownMark, Mark, Marks},
    syntax::{NamedShape, take_attributes},
};

const MARKS: &[KnownMark] = &[
    KnownMark { key: "identifier", values: &[] },
    KnownMark { key: "secret", values: &[] },
    KnownMark { key: "plain", values: &[] },
];

/// The struct, as it was found.
pub(super) struct Item {
    pub(super) shape: NamedShape,
    /// `None` where it is no struct with named fields.
    pub(super) fields: Option<Vec<Field>>,
}

pub(super) struct Field {
    pub(super) name: Ident,
    pub(super) ty: Type,
    pub(super) marks: Marks,
}

impl Item {
    pub(super) fn parse(tokens: TokenStream, shape: NamedShape, errors: &mut Errors) -> Self {
        let read = errors.take(read(tokens, &shape));
        let fields = read
            .map(|mut item| item.fields.iter_mut().filter_map(|field| Field::read(field, errors)).collect());
        Item { shape, fields }
    }
}

fn read(tokens: TokenStream, shape: &NamedShape) -> syn::Result<ItemStruct> {
    let NamedShape { keyword, name, .. } = shape;
    if keyword != "struct" {
        return Err(credentials::no_struct(name, &keyword.to_string()));
    }
    let item: ItemStruct =
        syn::parse2(tokens).map_err(|error| diagnostics::unreadable(&error, "#[derive(Credentials)]"))?;
    match &item.fields {
        Fields::Named(_) => Ok(item),
        Fields::Unnamed(_) => Err(credentials::no_struct(name, "tuple struct")),
        Fields::Unit => Err(credentials::no_struct(name, "unit struct")),
    }
}

impl Field {
    fn read(field: &mut syn::Field, errors: &mut Errors) -> Option<Self> {
        let marks = Marks::parse(&take_attributes(&mut field.attrs, "auth"), MARKS, errors);
        Some(Field { name: field.ident.clone()?, ty: field.ty.clone(), marks })
    }

    pub(super) fn mark(&self, key: &str) -> Option<&Mark> {
        self.marks.get(key)
    }
}
