//! The struct that is annotated.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Fields, ItemStruct, Type, Visibility};

use crate::{
    diagnostics::{self, Errors, entity},
    options::{KnownMark, Mark, Marks, Takes},
    syntax::{NamedShape, cfg_among, take_attributes, without_attribute},
};

const MARKS: &[KnownMark] = &[
    KnownMark { key: "id", takes: Takes::Nothing },
    KnownMark { key: "skip", takes: Takes::Nothing },
    KnownMark { key: "keep", takes: Takes::Nothing },
    KnownMark { key: "stamp", takes: Takes::Nothing },
];

/// The struct, as it was found.
pub(super) struct Item {
    /// What is emitted in any case: the item without our marks.
    pub(super) tokens: TokenStream,
    pub(super) shape: NamedShape,
    /// `None` where it is no struct with named fields.
    pub(super) body: Option<Body>,
}

pub(super) struct Body {
    pub(super) vis: Visibility,
    pub(super) fields: Vec<Field>,
}

pub(super) struct Field {
    pub(super) name: Ident,
    pub(super) ty: Type,
    pub(super) marks: Marks,
    pub(super) cfg: Option<Attribute>,
}

impl Item {
    pub(super) fn parse(tokens: TokenStream, shape: NamedShape, errors: &mut Errors) -> Self {
        match read(tokens.clone(), &shape) {
            Ok(mut item) => {
                let fields = item.fields.iter_mut().filter_map(|field| Field::read(field, errors)).collect();
                let body = Body { vis: item.vis.clone(), fields };
                Item { tokens: item.into_token_stream(), shape, body: Some(body) }
            }
            Err(error) => {
                errors.push(error);
                Item { tokens: without_attribute(tokens, "auth"), shape, body: None }
            }
        }
    }

    /// The type of the id, or of the field that it might be.
    pub(super) fn id_type(&self) -> Option<&Type> {
        let fields = &self.body.as_ref()?.fields;
        let id = fields
            .iter()
            .find(|field| field.is("id"))
            .or_else(|| fields.iter().find(|field| field.name == "id"));
        id.map(|field| &field.ty)
    }
}

fn read(tokens: TokenStream, shape: &NamedShape) -> syn::Result<ItemStruct> {
    let NamedShape { keyword, name, .. } = shape;
    if keyword != "struct" {
        return Err(entity::no_struct(keyword, name));
    }
    let item: ItemStruct =
        syn::parse2(tokens).map_err(|error| diagnostics::unreadable(&error, "#[auth_service]"))?;
    match &item.fields {
        Fields::Named(_) => Ok(item),
        Fields::Unnamed(fields) => Err(entity::no_named_fields(fields, name, "tuple")),
        Fields::Unit => Err(entity::no_named_fields(name, name, "unit")),
    }
}

impl Field {
    fn read(field: &mut syn::Field, errors: &mut Errors) -> Option<Self> {
        let marks = Marks::parse(&take_attributes(&mut field.attrs, "auth"), MARKS, errors);
        Some(Field {
            name: field.ident.clone()?,
            ty: field.ty.clone(),
            marks,
            cfg: cfg_among(&field.attrs).cloned(),
        })
    }

    pub(super) fn is(&self, mark: &str) -> bool {
        self.mark(mark).is_some()
    }

    pub(super) fn mark(&self, key: &str) -> Option<&Mark> {
        self.marks.get(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::documentation::{AUTH_SERVICE, assert_lists};

    #[test]
    fn each_mark_is_documented() {
        assert_lists(AUTH_SERVICE, "mark", MARKS.iter().map(|mark| mark.key));
    }
}
