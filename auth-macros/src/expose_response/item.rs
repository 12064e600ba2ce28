//! The struct that is annotated.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Fields, ItemStruct, Path, Token, Type, punctuated::Punctuated};

use crate::{
    diagnostics::{self, Errors, response},
    options::{KnownMark, Mark, Marks},
    syntax::{NamedShape, cfg_among, take_attributes, without_attribute},
};

const MARKS: &[KnownMark] =
    &[KnownMark { key: "from", values: &["session", "entity"] }, KnownMark { key: "keep", values: &[] }];

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
    /// Whether a serde attribute says how it is serialized.
    pub(super) has_serde_with: bool,
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
            has_serde_with: field.attrs.iter().any(says_with),
        })
    }

    pub(super) fn mark(&self, key: &str) -> Option<&Mark> {
        self.marks.get(key)
    }
}

/// `#[serde(with = …)]`, `serialize_with`, or `skip`.
fn says_with(attr: &Attribute) -> bool {
    const WORDS: [&str; 4] = ["with", "serialize_with", "skip", "skip_serializing"];
    let Ok(list) = attr.meta.require_list() else {
        return false;
    };
    let is_word = |token: proc_macro2::TokenTree| WORDS.contains(&token.to_string().as_str());
    attr.path().is_ident("serde") && list.tokens.clone().into_iter().any(is_word)
}
