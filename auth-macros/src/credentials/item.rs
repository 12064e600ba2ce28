//! The struct that is derived for.

use proc_macro2::{Ident, TokenStream};
use syn::{Fields, ItemStruct, Type};

use crate::{
    diagnostics::{self, Errors, credentials},
    options::{KnownMark, Mark, Marks, Takes},
    syntax::{NamedShape, take_attributes},
};

const MARKS: &[KnownMark] = &[
    KnownMark { key: "identifier", takes: Takes::Nothing },
    KnownMark { key: "secret", takes: Takes::Nothing },
    KnownMark { key: "plain", takes: Takes::Nothing },
];

/// The struct, as it was found.
pub(super) struct Item {
    pub(super) shape: NamedShape,
    /// `None` where it is no struct with named fields.
    pub(super) body: Option<Body>,
}

pub(super) struct Body {
    /// The struct without our marks.
    pub(super) item: ItemStruct,
    pub(super) fields: Vec<Field>,
}

pub(super) struct Field {
    pub(super) name: Ident,
    pub(super) ty: Type,
    pub(super) marks: Marks,
}

impl Item {
    pub(super) fn parse(tokens: TokenStream, shape: NamedShape, errors: &mut Errors) -> Self {
        let body = errors.take(read(tokens, &shape)).map(|mut item| {
            let fields = item.fields.iter_mut().filter_map(|field| Field::read(field, errors)).collect();
            Body { item, fields }
        });
        Item { shape, body }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::documentation::{CREDENTIALS, assert_lists};

    #[test]
    fn each_mark_is_documented() {
        assert_lists(CREDENTIALS, "mark", MARKS.iter().map(|mark| mark.key));
    }
}
