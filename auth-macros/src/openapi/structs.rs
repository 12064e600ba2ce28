//! The schema of a struct that is sent or answered.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{GenericArgument, ItemStruct, PathArguments, Type, parse_quote_spanned, spanned::Spanned};

use super::{
    doc,
    serde::{FieldSays, StructSays},
};
use crate::{
    paths::Core,
    syntax::{name_of, named_type, peeled},
};

/// Which way a struct goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To the server: it derives `Deserialize`.
    Sent,
    /// To the client: `Serialize`.
    Answered,
}

impl Direction {
    /// What serde's attributes call it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Direction::Sent => "deserialize",
            Direction::Answered => "serialize",
        }
    }
}

/// The impl that describes a struct with named fields and no generics.
pub(crate) fn described(item: &ItemStruct, direction: Direction, core: &Core) -> Option<TokenStream> {
    core.documented(|| {
        let private = &core.private;
        let (ty, name, text) = (&item.ident, name_of(&item.ident), doc(&item.attrs));
        let says = StructSays::read(&item.attrs, direction);
        let fields: Vec<Described> =
            item.fields.iter().filter_map(|field| Described::of(field, &says, direction, core)).collect();
        let mut seen = HashSet::new();
        let bounds = fields.iter().filter_map(|field| field.bound.as_ref());
        let bounds: Vec<_> = bounds.filter(|bound| seen.insert(bound.to_string())).collect();
        let calls = fields.iter().map(|field| &field.call);
        // The library refuses what a form does not know.
        let closed = (direction == Direction::Sent).then(|| quote!(.closed()));
        quote! {
            #[automatically_derived]
            impl<__K> #private::openapi::Described<__K> for #ty
            where
                #(#bounds,)*
            {
                fn described() -> ::core::option::Option<#private::openapi::StructSchema> {
                    ::core::option::Option::Some(
                        #private::openapi::StructSchema::new(#name, #text) #(#calls)* #closed,
                    )
                }
            }
        }
    })
}

/// A field that is in the schema.
struct Described {
    bound: Option<TokenStream>,
    call: TokenStream,
}

impl Described {
    fn of(field: &syn::Field, all: &StructSays, direction: Direction, core: &Core) -> Option<Self> {
        let says = FieldSays::read(&field.attrs, direction);
        let ident = field.ident.as_ref().filter(|_| !says.is_skipped)?;
        let name = says.name.clone().unwrap_or_else(|| all.renamed(&name_of(ident)));
        let text = doc(&field.attrs);
        let span = field.ty.span();
        let private = core.private_at(span);
        let inner = in_option(&field.ty);
        let ty = match &says.with {
            None => Some(written(inner.unwrap_or(&field.ty), core)),
            Some(with) if with.contains("rfc3339") => {
                Some(parse_quote_spanned!(span=> #private::openapi::DateTime))
            }
            Some(_) => None,
        };
        let bound = ty.as_ref().map(|ty| quote_spanned!(span=> #ty: #private::openapi::FieldSchema<__K>));
        if says.is_flattened {
            return Some(Described { bound, call: quote_spanned!(span=> .flattened::<#ty, __K>()) });
        }
        let described = ty.as_ref().map_or_else(
            || quote_spanned!(span=> #private::openapi::Field::anything(#name, #text)),
            |ty| quote_spanned!(span=> #private::openapi::Field::of::<#ty, __K>(#name, #text)),
        );
        let is_optional = inner.is_some() && says.with.is_none();
        let (may_be_null, may_be_missing) = match direction {
            Direction::Sent => (inner.is_some(), says.may_be_missing || all.may_be_missing || is_optional),
            Direction::Answered => (inner.is_some() && !says.may_be_missing, says.may_be_missing),
        };
        let or_null = (may_be_null && ty.is_some()).then(|| quote!(.or_null()));
        let or_missing = may_be_missing.then(|| quote!(.or_missing()));
        Some(Described { bound, call: quote_spanned!(span=> .with(#described #or_null #or_missing)) })
    }
}

fn in_option(ty: &Type) -> Option<&Type> {
    named_type(ty).and_then(|(name, of)| of.filter(|_| name == "Option"))
}

/// A type with a stand-in of ours for each `Uuid` in it, which has no schema of its own.
fn written(ty: &Type, core: &Core) -> Type {
    let mut ty = peeled(ty).clone();
    match &mut ty {
        Type::Path(path) => {
            let Some(last) = path.path.segments.last_mut() else { return ty };
            match &mut last.arguments {
                PathArguments::None if last.ident == "Uuid" => {
                    let private = core.private_at(last.ident.span());
                    return parse_quote_spanned!(last.ident.span()=> #private::openapi::Uuid);
                }
                PathArguments::AngleBracketed(arguments) => {
                    for argument in &mut arguments.args {
                        if let GenericArgument::Type(inner) = argument {
                            *inner = written(inner, core);
                        }
                    }
                }
                _ => {}
            }
        }
        Type::Array(array) => *array.elem = written(&array.elem, core),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|inner| *inner = written(inner, core)),
        _ => {}
    }
    ty
}
