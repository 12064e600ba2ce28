//! `#[derive(Credentials)]`: what a client sends to sign in.

mod expand;
mod item;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    diagnostics::{self, Errors},
    fallback,
    paths::{Core, Crates},
    syntax::Shape,
};
use item::Item;

pub(crate) fn run(tokens: TokenStream, crates: Crates) -> TokenStream {
    let mut errors = Errors::default();
    let shape = match syn::parse2(tokens.clone()) {
        Ok(Shape::Named(shape)) => shape,
        // rustc derives for nothing else.
        Ok(Shape::Other(_)) => return TokenStream::new(),
        Err(error) => {
            errors.push(diagnostics::unreadable(&error, "#[derive(Credentials)]"));
            return quote!(#errors);
        }
    };
    let item = Item::parse(tokens, shape, &mut errors);
    match validate::validate(&item, crates, &mut errors) {
        Some(form) if errors.is_empty() => expand::expand(&item, &form, &Core::of(crates)),
        _ => {
            let stand_in = fallback::credentials(&item.shape, crates);
            quote!(#stand_in #errors)
        }
    }
}
