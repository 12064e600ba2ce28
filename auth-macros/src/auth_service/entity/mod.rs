//! The struct's half: `AuthEntity`, the snapshot, and `auth_routes()`.

mod args;
mod declared;
mod expand;
mod item;
mod policy;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    diagnostics::Errors,
    fallback,
    paths::{Core, Crates},
    schema::Schemas,
    syntax::NamedShape,
};
use args::Args;
use item::Item;

pub(super) fn run(
    attr: TokenStream,
    item: TokenStream,
    shape: NamedShape,
    crates: Crates,
    schemas: Schemas,
) -> TokenStream {
    let mut errors = Errors::default();
    let mut args = Args::parse(attr, &mut errors);
    let tracked = declared::complete(&mut args, &shape.name, schemas, crates, &mut errors);
    let item = Item::parse(item, shape, &mut errors);
    let checked = validate::validate(&args, &item, crates, &mut errors);
    match checked {
        Some(entity) if errors.is_empty() => {
            let expanded = expand::expand(&item, &entity, &Core::of(crates));
            quote!(#expanded #tracked)
        }
        _ => {
            let tokens = &item.tokens;
            let stand_in = fallback::entity(&item.shape, item.id_type(), args.nearest_service(), crates);
            quote!(#tokens #stand_in #errors)
        }
    }
}
