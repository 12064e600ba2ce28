//! The impl block's half: the contract's methods, the entity's own endpoints, and the router of both.

mod expand;
mod item;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    diagnostics::{Errors, block},
    fallback,
    paths::{Core, Crates},
    syntax::without_attribute,
};
use item::Item;

pub(super) fn run(attr: &TokenStream, tokens: TokenStream, crates: Crates) -> TokenStream {
    let mut errors = Errors::default();
    if !attr.is_empty() {
        errors.push(block::options(attr));
    }
    let item = match Item::parse(tokens.clone(), &mut errors) {
        Ok(item) => item,
        Err(error) => {
            let tokens = without_attribute(tokens, "expose_endpoint");
            errors.push(error);
            return quote!(#tokens #errors);
        }
    };
    match validate::validate(&item, crates, &mut errors) {
        Some(contract) if errors.is_empty() => expand::expand(&item, &contract, &Core::of(crates)),
        _ => {
            let stand_in = fallback::block(&item.generics, &item.entity, crates);
            quote!(#item #stand_in #errors)
        }
    }
}
