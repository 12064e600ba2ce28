//! `#[expose_response]`: a struct that lists what may leave.

mod args;
mod expand;
mod item;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    diagnostics::{self, Errors, response},
    fallback,
    paths::{Core, Crates},
    syntax::Shape,
};
use args::Args;
use item::Item;

pub(crate) fn run(attr: &TokenStream, tokens: TokenStream, crates: Crates) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(attr, &mut errors);
    let shape = match syn::parse2(tokens.clone()) {
        Ok(Shape::Named(shape)) => shape,
        Ok(Shape::Other(keyword)) => {
            errors.push(response::no_item(&keyword));
            return quote!(#tokens #errors);
        }
        Err(error) => {
            errors.push(diagnostics::unreadable(&error, "#[expose_response]"));
            return quote!(#tokens #errors);
        }
    };
    let item = Item::parse(tokens, shape, &mut errors);
    match validate::validate(args, &item, crates, &mut errors) {
        Some(model) if errors.is_empty() => expand::expand(&item, &model, &Core::of(crates)),
        _ => {
            let tokens = item.without_derive();
            let stand_in = fallback::response(&item.shape, item.derives_serialize.is_some(), crates);
            quote!(#tokens #stand_in #errors)
        }
    }
}
