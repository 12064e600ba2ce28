//! What the struct's attribute writes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{
    item::{Field, Item},
    policy::Policy,
    validate::{Entity, Service},
};
use crate::{
    openapi,
    paths::Core,
    syntax::{name_of, peeled, respanned},
};

pub(super) fn expand(item: &Item, entity: &Entity, core: &Core) -> TokenStream {
    let tokens = &item.tokens;
    let auth_entity = auth_entity(item, entity, core);
    let snapshot = snapshot(item, entity, core);
    let routes = auth_routes(item, entity, core);
    let openapi = openapi::of_entity(&item.shape.name, &entity.body.vis, core);
    let assertions = assertions(item, entity, core);
    quote!(#tokens #auth_entity #snapshot #routes #openapi #assertions)
}

fn auth_entity(item: &Item, entity: &Entity, Core { core, private, .. }: &Core) -> TokenStream {
    let ty = &item.shape.name;
    let Entity { service: Service { marker, .. }, name, path, cookie, .. } = entity;
    let Field { name: id, ty: id_type, .. } = entity.id;
    let fields = entity.body.fields.iter().map(|field| name_of(&field.name));
    let skipped = entity.body.fields.iter().filter(|field| field.is("skip"));
    let skipped = skipped.map(|field| name_of(&field.name));
    let stamp = stamp(entity, private);
    let pages = entity.pages.as_ref().map(|(page, forms)| quote!(.with_pages(#page, #forms)));
    let policy = match entity.policy {
        None => quote!(#core::Policy::DEFAULT),
        Some(Policy { idle, absolute, max_sessions }) => quote! {
            #private::policy(
                ::core::time::Duration::from_secs(#idle),
                ::core::time::Duration::from_secs(#absolute),
                #max_sessions,
            )
        },
    };
    quote! {
        #[automatically_derived]
        impl #core::AuthEntity for #ty {
            type Id = #id_type;
            type Service = #marker;
            const SPEC: #core::EntitySpec = #core::EntitySpec::new(
                #name,
                #path,
                #cookie,
                #policy,
                &[#(#fields),*],
                &[#(#skipped),*],
            )#pages;
            fn principal(&self) -> &Self::Id {
                &self.#id
            }
            #stamp
        }
    }
}

/// A digest of the fields that are marked `#[auth(stamp)]`.
fn stamp(entity: &Entity, private: &TokenStream) -> Option<TokenStream> {
    let stamped: Vec<_> = entity.body.fields.iter().filter(|field| field.is("stamp")).collect();
    let idents = stamped.iter().map(|field| &field.name);
    let names = stamped.iter().map(|field| name_of(&field.name));
    (!stamped.is_empty()).then(|| {
        quote! {
            fn stamp(&self) -> ::core::option::Option<#private::Stamp> {
                <#private::Stamping as ::core::default::Default>::default()
                    #(.field(#names, &self.#idents))*
                    .finish()
            }
        }
    })
}

/// The bounds on the fields stand here, and are asked for where the impl block has no `authenticate`: `__K` is free.
fn snapshot(item: &Item, entity: &Entity, core: &Core) -> TokenStream {
    if entity.body.fields.iter().any(Field::needs_a_mark) {
        return no_snapshot(item, core);
    }
    let private = &core.private;
    let ty = &item.shape.name;
    let (skipped, kept): (Vec<&Field>, Vec<&Field>) =
        entity.body.fields.iter().partition(|field| field.is("skip"));
    let bounds = distinct(&kept).map(|ty| {
        let private = core.private_at(ty.span());
        quote_spanned!(ty.span()=> #ty: #private::SnapshotField<__K>)
    });
    let idents: Vec<_> = kept.iter().map(|field| &field.name).collect();
    let names: Vec<_> = kept.iter().map(|field| name_of(&field.name)).collect();
    let skipped = skipped.iter().map(|field| &field.name);
    quote! {
        #[automatically_derived]
        impl<__K> #private::Snapshot<__K> for #ty
        where
            #(#bounds,)*
        {
            fn pack(&self, to: &mut #private::Pack) {
                #(to.field::<_, __K>(#names, &self.#idents);)*
            }
            fn unpack(from: &#private::Unpack<'_>) -> ::core::option::Option<Self> {
                ::core::option::Option::Some(Self {
                    #(#idents: from.field::<_, __K>(#names)?,)*
                    #(#skipped: ::core::default::Default::default(),)*
                })
            }
        }
    }
}

/// Of an entity that only compiles with `authenticate`: no session carries it.
fn no_snapshot(item: &Item, Core { private, .. }: &Core) -> TokenStream {
    let ty = &item.shape.name;
    quote! {
        #[automatically_derived]
        impl<__K> #private::Snapshot<__K> for #ty {
            fn pack(&self, _: &mut #private::Pack) {}
            fn unpack(_: &#private::Unpack<'_>) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
        }
    }
}

/// Each type once: rustc would report a bound as often as it is written.
fn distinct<'a>(fields: &[&'a Field]) -> impl Iterator<Item = &'a Type> {
    let mut seen = std::collections::HashSet::new();
    let types = fields.iter().map(|field| peeled(&field.ty));
    let types: Vec<_> = types.filter(|ty| seen.insert(ty.to_token_stream().to_string())).collect();
    types.into_iter()
}

fn auth_routes(item: &Item, entity: &Entity, Core { private, .. }: &Core) -> TokenStream {
    let ty = &item.shape.name;
    let vis = &entity.body.vis;
    let doc = format!(" The routes of [`{ty}`]: login, logout, refresh, session, and its own endpoints.");
    quote! {
        impl #ty {
            #[doc = #doc]
            #vis fn auth_routes<S, Via>() -> #private::Router<S>
            where
                Self: #private::AuthRoutes<S, Via>,
            {
                <Self as #private::AuthRoutes<S, Via>>::auth_routes()
            }
        }
    }
}

fn assertions(item: &Item, entity: &Entity, core: &Core) -> TokenStream {
    let private = &core.private;
    let ty = &item.shape.name;
    let contract = quote!(#private::assert_contract::<#ty>());
    let unmarked = entity.body.fields.iter().filter(|field| field.needs_a_mark());
    let reloaded = unmarked.map(|field| {
        let ty = respanned(ty, field.name.span());
        quote!(#private::assert_reloaded::<#ty>())
    });
    let stamped = entity.body.fields.iter().find(|field| field.is("stamp")).map(|field| {
        let ty = respanned(ty, field.name.span());
        quote!(const _: () = #private::assert_stamp_compared::<#ty>();)
    });
    let own = entity.service.own.as_ref().map(|marker| {
        let (ty, private) = (respanned(ty, marker.span()), core.private_at(marker.span()));
        let ids = &entity.service.ids;
        quote_spanned!(marker.span()=> const _: () = #private::assert_service_ids::<#ty>(&[#(#ids),*]);)
    });
    quote! {
        const _: () = #contract;
        #own
        #stamped
        #(const _: () = #reloaded;)*
    }
}
