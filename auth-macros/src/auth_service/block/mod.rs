//! The impl block's half: the contract's methods, the entity's own endpoints, and the router of both.

mod expand;
mod item;
mod responses;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    diagnostics::Errors,
    fallback,
    paths::{Core, Crates},
    schema::Schemas,
    syntax::without_attribute,
};
use item::Item;
use responses::Declaration;

pub(super) fn run(attr: &TokenStream, tokens: TokenStream, crates: Crates, schemas: Schemas) -> TokenStream {
    let mut errors = Errors::default();
    let asked = responses::asked(attr, &mut errors);
    let mut item = match Item::parse(tokens.clone(), &mut errors) {
        Ok(item) => item,
        Err(error) => {
            let tokens = without_attribute(tokens, "expose_endpoint");
            errors.push(error);
            return quote!(#tokens #errors);
        }
    };
    let tracked = match responses::apply(&mut item, asked.as_ref(), schemas, &mut errors) {
        Declaration::Silent => None,
        Declaration::Spoken(tracked) => tracked,
        Declaration::Broken => {
            let stand_in = fallback::block(&item.generics, &item.entity, crates);
            return quote!(#item #stand_in #errors);
        }
    };
    match validate::validate(&item, crates, &mut errors) {
        Some(contract) if errors.is_empty() => {
            let expanded = expand::expand(&item, &contract, &Core::of(crates));
            quote!(#expanded #tracked)
        }
        _ => {
            let stand_in = fallback::block(&item.generics, &item.entity, crates);
            quote!(#item #stand_in #errors)
        }
    }
}
