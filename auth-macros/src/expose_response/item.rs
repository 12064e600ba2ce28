//! The struct that is annotated.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Fields, ItemStruct, Path, Token, Type, punctuated::Punctuated};

use crate::{
    diagnostics::{self, Errors, response},
    options::{KnownMark, Mark, Marks, Takes},
    syntax::{NamedShape, cfg_among, take_attributes, without_attribute},
};

const MARKS: &[KnownMark] = &[
    KnownMark { key: "from", takes: Takes::Either(&["session", "entity"]) },
    KnownMark { key: "with", takes: Takes::Function },
    KnownMark { key: "rename", takes: Takes::Text },
    KnownMark { key: "skip_if_none", takes: Takes::Nothing },
    KnownMark { key: "keep", takes: Takes::Nothing },
];

/// The struct, as it was found.
pub(super) struct Item {
    /// What is emitted in any case: the item without our marks.
    pub(super) tokens: TokenStream,
    pub(super) shape: NamedShape,
    /// A `#[derive(Serialize)]` that can be seen.
    pub(super) derives_serialize: Option<Path>,
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
    pub(super) cfg: Option<Attribute>,
    /// The words in its serde attributes.
    serde: Vec<String>,
}

impl Item {
    pub(super) fn parse(tokens: TokenStream, shape: NamedShape, errors: &mut Errors) -> Self {
        match read(tokens.clone(), &shape) {
            Ok(mut item) => {
                let fields = item.fields.iter_mut().filter_map(|field| Field::read(field, errors)).collect();
                let derives_serialize = item.attrs.iter().find_map(serialize_in);
                let tokens = item.to_token_stream();
                Item { tokens, shape, derives_serialize, body: Some(Body { item, fields }) }
            }
            Err(error) => {
                errors.push(error);
                Item {
                    tokens: without_attribute(tokens, "expose"),
                    shape,
                    derives_serialize: None,
                    body: None,
                }
            }
        }
    }
}

impl Item {
    /// What is emitted where the item gets no derive: without serde's attributes, unless another derive reads them.
    pub(super) fn without_derive(&self) -> TokenStream {
        let derives =
            self.body.iter().flat_map(|body| &body.item.attrs).filter(|attr| attr.path().is_ident("derive"));
        let words = derives.flat_map(words);
        if words.into_iter().any(|word| ["Serialize", "Deserialize"].contains(&word.as_str())) {
            self.tokens.clone()
        } else {
            without_attribute(self.tokens.clone(), "serde")
        }
    }
}

fn read(tokens: TokenStream, shape: &NamedShape) -> syn::Result<ItemStruct> {
    let NamedShape { keyword, name, .. } = shape;
    if keyword != "struct" {
        return Err(response::no_struct(keyword, name));
    }
    let item: ItemStruct =
        syn::parse2(tokens).map_err(|error| diagnostics::unreadable(&error, "#[expose_response]"))?;
    match &item.fields {
        Fields::Named(_) => Ok(item),
        Fields::Unnamed(fields) => Err(response::no_named_fields(fields, name, "tuple")),
        Fields::Unit => Err(response::no_named_fields(name, name, "unit")),
    }
}

/// `Serialize` of `#[derive(Debug, serde::Serialize)]`.
fn serialize_in(attr: &Attribute) -> Option<Path> {
    if !attr.path().is_ident("derive") {
        return None;
    }
    let derives = attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).ok()?;
    derives.into_iter().find(|path| path.segments.last().is_some_and(|last| last.ident == "Serialize"))
}

impl Field {
    fn read(field: &mut syn::Field, errors: &mut Errors) -> Option<Self> {
        let marks = Marks::parse(&take_attributes(&mut field.attrs, "expose"), MARKS, errors);
        Some(Field {
            name: field.ident.clone()?,
            ty: field.ty.clone(),
            marks,
            cfg: cfg_among(&field.attrs).cloned(),
            serde: field.attrs.iter().filter(|attr| attr.path().is_ident("serde")).flat_map(words).collect(),
        })
    }

    /// Whether a serde attribute says how the field is serialized.
    pub(super) fn has_serde_with(&self) -> bool {
        ["with", "serialize_with", "skip", "skip_serializing"].iter().any(|word| self.says_to_serde(word))
    }

    /// Whether a serde attribute has this word.
    pub(super) fn says_to_serde(&self, word: &str) -> bool {
        self.serde.iter().any(|said| said == word)
    }

    pub(super) fn mark(&self, key: &str) -> Option<&Mark> {
        self.marks.get(key)
    }
}

/// `rename` and `with` of `#[serde(rename = "a", with = "b")]`.
fn words(attr: &Attribute) -> Vec<String> {
    let tokens = attr.meta.require_list().map(|list| list.tokens.clone());
    tokens
        .unwrap_or_default()
        .into_iter()
        .filter(|token| matches!(token, TokenTree::Ident(_)))
        .map(|word| word.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::documentation::{EXPOSE_RESPONSE, assert_lists};

    #[test]
    fn each_mark_is_documented() {
        assert_lists(EXPOSE_RESPONSE, "mark", MARKS.iter().map(|mark| mark.key));
    }
}
