//! `#[auth_service]`: on a struct and on its impl block.

mod block;
mod entity;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    diagnostics::{self, Errors},
    paths::Crates,
    schema::Schemas,
    syntax::Shape,
};

pub(crate) fn run(attr: TokenStream, item: TokenStream, crates: Crates, schemas: Schemas) -> TokenStream {
    let mut errors = Errors::default();
    match syn::parse2(item.clone()) {
        Ok(Shape::Named(shape)) => return entity::run(attr, item, shape, crates, schemas),
        Ok(Shape::Other(keyword)) if keyword == "impl" => return block::run(&attr, item, crates, schemas),
        Ok(Shape::Other(keyword)) => errors.push(diagnostics::entity::no_item(&keyword)),
        Err(error) => errors.push(diagnostics::unreadable(&error, "#[auth_service]")),
    }
    quote!(#item #errors)
}
