//! Stand-ins for what an item with a mistake would have got, so that one mistake is one error.
//!
//! Nothing here ever runs: where a stand-in is written, an error is too.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Generics, Type};

use crate::{
    contract::{CORE, Service},
    paths::{Core, Crates},
    syntax::{NamedShape, peeled},
};

/// For the struct's half; with the type and the service that were probably meant.
pub(crate) fn entity(
    shape: &NamedShape,
    id: Option<&Type>,
    service: Option<&Service>,
    crates: Crates,
) -> Option<TokenStream> {
    crates.path(CORE)?;
    let Core { core, private, .. } = Core::of(crates);
    let service = service.and_then(|service| {
        let (package, marker) = (crates.path(service.package)?, quote::format_ident!("{}", service.marker));
        Some(quote!(#package::#marker))
    });
    let service = service.unwrap_or_else(|| quote!(#core::CookiesMemory));
    let id = id.map_or_else(|| quote!(::core::primitive::u64), ToTokens::to_token_stream);
    let name = &shape.name;
    let (params, arguments, bounds) = shape.generics.split_for_impl();
    let bounds = with_bound(bounds, &quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static));
    let k = if shape.generics.params.is_empty() { Some(quote!(__K)) } else { None };
    let snapshot = k.map(|k| {
        quote! {
            impl<#k> #private::Snapshot<#k> for #name {
                fn pack(&self, _: &mut #private::Pack) {}
                fn unpack(_: &#private::Unpack<'_>) -> ::core::option::Option<Self> {
                    ::core::unreachable!()
                }
            }
        }
    });
    let openapi = Core::of(crates).documented(|| {
        quote! {
            impl #params #name #arguments {
                #[allow(dead_code)]
                pub fn openapi() -> #private::openapi::OpenApi {
                    ::core::unreachable!()
                }
            }
        }
    });
    Some(quote! {
        #openapi
        impl #params #core::AuthEntity for #name #arguments #bounds {
            type Id = #id;
            type Service = #service;
            const SPEC: #core::EntitySpec = #core::EntitySpec::new("", "", "", #core::Policy::DEFAULT, &[], &[]);
            fn principal(&self) -> &Self::Id {
                ::core::unreachable!()
            }
        }
        #snapshot
        impl #params #name #arguments {
            #[allow(dead_code)]
            pub fn auth_routes<__S>() -> #private::Router<__S> {
                ::core::unreachable!()
            }
        }
    })
}

fn with_bound(bounds: Option<&syn::WhereClause>, bound: &TokenStream) -> TokenStream {
    match bounds {
        Some(bounds) if bounds.predicates.trailing_punct() || bounds.predicates.is_empty() => {
            quote!(#bounds #bound)
        }
        Some(bounds) => quote!(#bounds, #bound),
        None => quote!(where #bound),
    }
}

/// For the impl block's half.
pub(crate) fn block(generics: &Generics, entity: &Type, crates: Crates) -> Option<TokenStream> {
    crates.path(CORE)?;
    let Type::Path(path) = peeled(entity) else {
        return None;
    };
    let Core { core, private, .. } = Core::of(crates);
    if path.path.segments.last().is_some_and(|last| !last.arguments.is_none()) {
        let (params, _, bounds) = generics.split_for_impl();
        let bounds = with_bound(bounds, &quote!(Self: #core::AuthEntity));
        return Some(quote! {
            impl #params #private::Contract for #entity #bounds {
                const CARRIAGE: #private::Carriage<Self> = #private::reloaded();
            }
        });
    }
    let documented = Core::of(crates).documented(|| {
        quote! {
            impl<__K> #private::openapi::Documented<__K> for #entity {
                fn operations(_: #private::openapi::Operations<Self>) -> #private::openapi::Operations<Self> {
                    ::core::unreachable!()
                }
            }
        }
    });
    Some(quote! {
        #documented
        impl #private::Contract for #entity {
            const CARRIAGE: #private::Carriage<Self> = #private::reloaded();
        }
        impl #private::Reloaded for #entity {}
        impl<__S: ::core::marker::Send + ::core::marker::Sync> #private::Restore<__S> for #entity {}
        impl<__M> #private::Exposes<__M> for #entity {}
        impl<__S> #private::AuthRoutes<__S> for #entity {
            fn auth_routes() -> #private::Router<__S> {
                ::core::unreachable!()
            }
        }
    })
}

/// For a response model: it fits wherever one is asked for.
pub(crate) fn response(shape: &NamedShape, has_serialize: bool, crates: Crates) -> Option<TokenStream> {
    crates.path(CORE)?;
    let Core { core, private, .. } = Core::of(crates);
    let NamedShape { name, generics, .. } = shape;
    let own = generics.params.iter();
    let params = quote!(#(#own,)*);
    let (_, arguments, bounds) = generics.split_for_impl();
    let target = quote!(#name #arguments);
    let bounds =
        with_bound(bounds, &quote!(Self: #private::serde::Serialize + ::core::marker::Send + 'static));
    let serialize = (!has_serialize).then(|| {
        quote! {
            impl<#params> #private::serde::Serialize for #target {
                fn serialize<__S: #private::serde::Serializer>(
                    &self,
                    _: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    ::core::unreachable!()
                }
            }
        }
    });
    let described = described(&params, &target, &Core::of(crates));
    Some(quote! {
        #serialize
        #described
        impl<#params> #private::Model for #target #bounds {}
        impl<#params __E, __M> #private::ModelOf<__E, __M> for #target #bounds {}
        impl<#params __E, __M> #private::Fill<__E, __M> for #target #bounds {
            fn fill(_: &#core::SessionInfo, _: &__E) -> Self {
                ::core::unreachable!()
            }
        }
        impl<#params __E> #private::FillLogout<__E> for #target #bounds {
            fn fill(_: &#core::SessionInfo) -> Self {
                ::core::unreachable!()
            }
        }
    })
}

/// For a form of credentials.
pub(crate) fn credentials(shape: &NamedShape, crates: Crates) -> Option<TokenStream> {
    let core = crates.path(CORE)?;
    let NamedShape { name, generics, .. } = shape;
    let (params, arguments, bounds) = generics.split_for_impl();
    let own = generics.params.iter();
    let described = described(&quote!(#(#own,)*), &quote!(#name #arguments), &Core::of(crates));
    let deserialize = quote!(#core::__private::serde::de::DeserializeOwned + ::core::marker::Send + 'static);
    let bounds = with_bound(bounds, &quote!(Self: #deserialize));
    Some(quote! {
        #described
        impl #params #core::Credentials for #name #arguments #bounds {
            fn identifier(&self) -> ::std::borrow::Cow<'_, ::core::primitive::str> {
                ::core::unreachable!()
            }
        }
    })
}

/// A form or a model in the OpenAPI document.
fn described(params: &TokenStream, target: &TokenStream, core: &Core) -> Option<TokenStream> {
    let private = &core.private;
    core.documented(|| {
        quote! {
            impl<#params __K> #private::openapi::Described<__K> for #target {
                fn described() -> ::core::option::Option<#private::openapi::StructSchema> {
                    ::core::unreachable!()
                }
            }
        }
    })
}
