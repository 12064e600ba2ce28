//! What the derive writes.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{item::Item, validate::Form};
use crate::{
    openapi::{self, Direction},
    paths::Core,
    syntax::respanned,
};

pub(super) fn expand(item: &Item, form: &Form, core: &Core) -> TokenStream {
    let Core { core: root, private, .. } = core;
    let ty = &item.shape.name;
    // All on the type, which is what is wrong where this does not compile.
    let span = form.identifier.ty.span();
    let (field, at_type) = (respanned(&form.identifier.name, span), core.private_at(span));
    let as_text = quote_spanned!(span=> #at_type::IdentifierField::as_text(&self.#field));
    let described = openapi::described(form.item, Direction::Sent, core);
    let secrets = form.secrets.iter().map(|secret| &secret.ty);
    quote! {
        #[automatically_derived]
        impl #root::Credentials for #ty {
            fn identifier(&self) -> ::std::borrow::Cow<'_, ::core::primitive::str> {
                #as_text
            }
        }
        #(const _: () = #private::assert_secret::<#secrets>();)*
        #described
    }
}
