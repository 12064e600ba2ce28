//! What the attribute writes.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ItemStruct, Path, parse_quote, spanned::Spanned};

use super::{
    item::{Body, Field, Item},
    validate::{Endpoint, ResponseModel, Source},
};
use crate::{
    openapi::{self, Direction},
    options::Mark,
    paths::Core,
    syntax::{method_number, name_in_option, name_of, respanned},
};

pub(super) fn expand(item: &Item, model: &ResponseModel, core: &Core) -> TokenStream {
    let name = &item.shape.name;
    let Core { core: root, private, .. } = core;
    let serialized = serialized(model.body, core);
    let described = openapi::described(&serialized, Direction::Answered, core);
    let serde = quote!(#private::serde).to_string().replace(' ', "");
    let writer = Writer { name: &item.shape.name, fields: &model.body.fields, core };
    let fits = match &model.endpoint {
        Endpoint::Any => quote! {
            #[automatically_derived]
            impl<__E, __M> #private::ModelOf<__E, __M> for #name {}
        },
        Endpoint::Login(entity) => writer.fill(entity, &quote!(Login)),
        Endpoint::Refresh(entity) => writer.fill(entity, &quote!(Refresh)),
        Endpoint::Authenticate(entity) => writer.fill(entity, &quote!(Authenticate)),
        Endpoint::Logout(entity) => {
            let values = writer.values();
            quote! {
                #[automatically_derived]
                impl #private::FillLogout<#entity> for #name {
                    fn fill(session: &#root::SessionInfo) -> Self {
                        let entity = &#private::NothingIsLoadedAtLogout;
                        let _ = (session, entity);
                        Self { #(#values,)* }
                    }
                }
            }
        }
        Endpoint::Own(entity, method) => {
            let number = method_number(&name_of(method));
            let marker = quote!(#private::endpoint::Method<#number>);
            let asked = respanned(entity, method.span());
            quote! {
                #[automatically_derived]
                impl #private::ModelOf<#entity, #marker> for #name {}
                const _: () = #private::assert_exposes::<#asked, #marker>();
            }
        }
    };
    quote! {
        #[derive(#private::serde::Serialize)]
        #[serde(crate = #serde)]
        #serialized
        #[automatically_derived]
        impl #private::Model for #name {}
        #fits
        #described
    }
}

/// The struct as serde's derive is to see it: with our marks as its own, and with times as RFC 3339.
fn serialized(body: &Body, Core { private, .. }: &Core) -> ItemStruct {
    let mut item = body.item.clone();
    let rfc3339 = quote!(#private::rfc3339).to_string().replace(' ', "");
    for (field, read) in item.fields.iter_mut().zip(&body.fields) {
        let is_time = name_in_option(&read.ty).is_some_and(|name| name == "OffsetDateTime");
        if let Some(name) = read.mark("rename").and_then(Mark::text) {
            field.attrs.push(parse_quote!(#[serde(rename = #name)]));
        }
        if read.mark("skip_if_none").is_some() {
            field.attrs.push(parse_quote!(#[serde(skip_serializing_if = "::core::option::Option::is_none")]));
        }
        if is_time && !read.has_serde_with() {
            field.attrs.push(parse_quote!(#[serde(serialize_with = #rfc3339)]));
        }
    }
    item
}

struct Writer<'a> {
    name: &'a Ident,
    fields: &'a [Field],
    core: &'a Core,
}

impl Writer<'_> {
    fn fill(&self, entity: &Path, endpoint: &TokenStream) -> TokenStream {
        let (name, Core { core, private, .. }) = (self.name, self.core);
        let (values, checks) = (self.values(), self.checks(entity));
        quote! {
            #[automatically_derived]
            impl #private::Fill<#entity, #private::endpoint::#endpoint> for #name {
                fn fill(session: &#core::SessionInfo, entity: &#entity) -> Self {
                    let _ = (session, entity);
                    Self { #(#values,)* }
                }
            }
            #checks
        }
    }

    fn values(&self) -> impl Iterator<Item = TokenStream> {
        self.fields.iter().map(|field| {
            let (name, span) = (&field.name, field.name.span());
            let private = self.core.private_at(span);
            let source = match field.source() {
                Source::Session => quote_spanned!(span=> &session.#name),
                Source::Entity => quote_spanned!(span=> &entity.#name),
            };
            let Some(function) = field.mark("with").and_then(Mark::path) else {
                return quote_spanned!(span=> #name: #private::filled(#source));
            };
            // All on the function, which is what is wrong where the types do not fit.
            let source = respanned(source, function.span());
            quote_spanned!(function.span()=> #name: #function(#source))
        })
    }

    /// What only the entity's settings tell.
    fn checks(&self, entity: &Path) -> TokenStream {
        let checks = self.fields.iter().filter_map(|field| {
            let asserted = match () {
                () if field.may_be_ambiguous() => "assert_one_source",
                () if field.may_be_skipped() => "assert_kept",
                () => return None,
            };
            let (name, span) = (name_of(&field.name), field.name.span());
            let (private, asserted) = (self.core.private_at(span), Ident::new(asserted, span));
            Some(quote_spanned!(span=> const _: () = #private::#asserted::<#entity>(#name);))
        });
        quote!(#(#checks)*)
    }
}
