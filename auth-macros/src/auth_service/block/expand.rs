//! What the impl block's attribute writes.
//!
//! The user's types are named once, in a turbofish: as associated types, private ones would be an error. There is no
//! async fn with extractors in it: `State<Arc<dyn Repo>>` is "not general enough" there.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{item::Item, validate::Contract};
use crate::{
    contract::{self, AUTHENTICATE, LOGIN, LOGOUT, REFRESH},
    expose_endpoint::{signature::Callable, validate::Exposed},
    openapi::{Docs, Endpoints},
    paths::Core,
    syntax::{method_number, name_of},
};

pub(super) fn expand(item: &Item, contract: &Contract, core: &Core) -> TokenStream {
    let entity = &item.entity;
    let writer = Writer { entity, core };
    let carriage = match &contract.authenticate.0 {
        None => writer.by_snapshot(),
        Some(authenticate) => writer.by_reload(authenticate),
    };
    let exposes = contract.own.iter().map(|(method, _)| writer.exposes(method));
    let routes = writer.routes(contract);
    let documented = core.documented(|| writer.documented(contract, item.docs()));
    quote!(#item #carriage #(#exposes)* #routes #documented)
}

struct Writer<'a> {
    entity: &'a Type,
    core: &'a Core,
}

impl Writer<'_> {
    fn by_snapshot(&self) -> TokenStream {
        let (entity, Core { private, .. }) = (self.entity, self.core);
        quote! {
            #[automatically_derived]
            impl #private::Contract for #entity {
                const CARRIAGE: #private::Carriage<Self> = #private::snapshot::<#entity>();
            }
            #[automatically_derived]
            impl<__S: ::core::marker::Send + ::core::marker::Sync> #private::Restore<__S> for #entity {}
        }
    }

    fn by_reload(&self, authenticate: &Callable) -> TokenStream {
        let (entity, Core { core, private, .. }) = (self.entity, self.core);
        let Callable { name, arguments, output, .. } = authenticate;
        let bounds = distinct(arguments.iter().map(|ty| self.supplies(ty)));
        let variables = variables(arguments);
        let call = quote_spanned! {name.span()=>
            |(#(#variables,)*)| async move {
                #private::authenticated::<Self, #output>(Self::#name(#(#variables),*).await)
            }
        };
        let reload = quote_spanned! {name.span()=>
            #private::reload::<Self, __S, (#(#arguments,)*), _, _>(parts, state, #call)
        };
        quote! {
            #[automatically_derived]
            impl #private::Contract for #entity {
                const CARRIAGE: #private::Carriage<Self> = #private::reloaded();
            }
            #[automatically_derived]
            impl #private::Reloaded for #entity {}
            #[automatically_derived]
            impl<__S> #private::Restore<__S> for #entity
            where
                __S: #core::ProvidesAuth<#entity> + #private::AppState #(+ #bounds)*,
            {
                fn restore<'a>(
                    _: &#core::Session<Self>,
                    parts: &'a mut #private::Parts,
                    state: &'a __S,
                ) -> #private::Restored<'a, Self> {
                    #reload
                }
            }
        }
    }

    fn exposes(&self, method: &Callable) -> TokenStream {
        let (entity, private) = (self.entity, &self.core.private);
        let marker = self.marker(method);
        quote! {
            #[automatically_derived]
            impl #private::Exposes<#marker> for #entity {}
        }
    }

    fn marker(&self, method: &Callable) -> TokenStream {
        let private = &self.core.private;
        let number = method_number(&name_of(&method.name));
        quote!(#private::endpoint::Method<#number>)
    }

    fn routes(&self, contract: &Contract) -> TokenStream {
        let (entity, Core { core, private, .. }) = (self.entity, self.core);
        let Contract { login: (login, login_at), authenticate: (_, shown_at), logout, refresh, own } =
            contract;
        let vias = vias(own);
        let bounds = self.bounds(contract);
        let rules = own
            .iter()
            .filter(|(_, exposed)| exposed.has_rule())
            .map(|(method, exposed)| self.rule(method, exposed));
        let login = self.login(login, login_at);
        let logout = self.hook("logout", &LOGOUT, logout);
        let refresh = self.hook("refresh", &REFRESH, refresh);
        let (shown, shown_at) = (self.response(&AUTHENTICATE, shown_at), self.at(shown_at));
        let own = own.iter().map(|(method, exposed)| self.endpoint(method, exposed));
        quote! {
            #[automatically_derived]
            impl<__S, #(#vias),*> #private::AuthRoutes<__S, (#(#vias,)*)> for #entity
            where
                #(#vias: 'static,)*
                __S: #core::ProvidesAuth<#entity> + #private::AppState,
                Self: #private::Restore<__S>,
                __S: #(#bounds)+*,
            {
                fn auth_routes() -> #private::Router<__S> {
                    #(#rules)*
                    #private::Routes::<Self, __S>::new()
                        #login
                        #logout
                        #refresh
                        .authenticate::<#shown>(#shown_at)
                        .sessions()
                        #(#own)*
                        .finish()
                }
            }
        }
    }

    /// What the router's state must supply: each extractor once, on the argument that asks for it.
    fn bounds(&self, contract: &Contract) -> Vec<TokenStream> {
        let Contract { login: (login, _), logout: (logout, _), refresh: (refresh, _), own, .. } = contract;
        let hooks = logout.iter().chain(refresh).flat_map(|hook| &hook.arguments);
        let of_contract = login.arguments.iter().skip(1).chain(hooks);
        let of_own = own.iter().flat_map(|(method, _)| split_last(method).0);
        let supplied = of_contract.chain(of_own).map(|ty| self.supplies(ty));
        let last = own.iter().filter_map(|(method, _)| {
            let (ty, via) = (split_last(method).1?, via(method));
            let private = self.core.private_at(ty.span());
            Some(quote_spanned!(ty.span()=> #private::SuppliesLast<#ty, #via>))
        });
        distinct(supplied.chain(last))
    }

    fn supplies(&self, ty: &Type) -> TokenStream {
        let private = self.core.private_at(ty.span());
        quote_spanned!(ty.span()=> #private::Supplies<#ty>)
    }

    fn login(&self, login: &Callable, exposed: &Exposed) -> TokenStream {
        let Callable { name, arguments, output, .. } = login;
        let (credentials, others) = arguments.split_at(arguments.len().min(1));
        let variables = variables(others);
        let response = self.response(&LOGIN, exposed);
        let at = self.at(exposed);
        quote_spanned! {name.span()=>
            .login::<#(#credentials)*, (#(#others,)*), #output, #response, _, _>(
                #at,
                |form, (#(#variables,)*)| Self::#name(form, #(#variables),*),
            )
        }
    }

    fn hook(
        &self,
        call: &str,
        method: &contract::Method,
        (hook, exposed): &(Option<Callable>, Exposed),
    ) -> TokenStream {
        let at_method = hook.as_ref().map_or(Span::call_site(), |hook| hook.name.span());
        let call = Ident::new(call, at_method);
        let response = self.response(method, exposed);
        let at = self.at(exposed);
        let Some(Callable { name, arguments, output, .. }) = hook else {
            return quote!(.#call::<(), (), #response, _, _>(#at, |()| ::core::future::ready(())));
        };
        let variables = variables(arguments);
        quote_spanned! {name.span()=>
            .#call::<(#(#arguments,)*), #output, #response, _, _>(
                #at,
                |(#(#variables,)*)| Self::#name(#(#variables),*),
            )
        }
    }

    fn endpoint(&self, method: &Callable, exposed: &Exposed) -> TokenStream {
        let private = &self.core.private;
        let Callable { name, is_async, output, .. } = method;
        let (arguments, last) = split_last(method);
        let variables = variables(arguments);
        let (last, body, pattern, via) = match last {
            None => (quote!(()), None, quote!(()), quote!(_)),
            Some(ty) => {
                (ty.to_token_stream(), Some(quote!(last)), quote!(last), via(method).into_token_stream())
            }
        };
        let (guard, unused) = if exposed.has_rule() {
            let rule = rule_name(method);
            (Some(quote!(#private::Guard<Self, #rule>,)), Some(quote!(_,)))
        } else {
            (None, None)
        };
        let call = quote_spanned!(name.span()=> Self::#name(#(#variables,)* #body));
        let call = if *is_async { call } else { quote!(::core::future::ready(#call)) };
        let response = exposed.response.as_ref().map_or(quote!(()), ToTokens::to_token_stream);
        let (marker, at) = (self.marker(method), self.at(exposed));
        quote_spanned! {name.span()=>
            .endpoint::<#marker, (#guard #(#arguments,)*), #last, #output, #response, _, _, #via, _>(
                #at,
                |(#unused #(#variables,)*), #pattern| #call,
            )
        }
    }

    /// The same endpoints, for the document.
    fn documented(&self, contract: &Contract, docs: Docs) -> TokenStream {
        let mut endpoints = Endpoints::new(docs, self.core);
        let Contract { login: (login, login_at), authenticate: (_, shown_at), logout, refresh, own } =
            contract;
        endpoints.login(login, &self.at(login_at), &self.response(&LOGIN, login_at));
        for (method, hook) in [(&LOGOUT, logout), (&REFRESH, refresh)] {
            endpoints.hook(method.name, hook, &self.at(&hook.1), &self.response(method, &hook.1));
        }
        endpoints.authenticate(shown_at, &self.at(shown_at), &self.response(&AUTHENTICATE, shown_at));
        for (method, exposed) in own {
            endpoints.own(method, exposed, &self.at(exposed));
        }
        endpoints.finish(self.entity)
    }

    fn at(&self, Exposed { verb, path, status, .. }: &Exposed) -> TokenStream {
        let private = &self.core.private;
        let verb = Ident::new(&verb.to_lowercase(), Span::call_site());
        quote!(#private::EndpointSpec::#verb(#path, #status))
    }

    fn response(&self, method: &contract::Method, exposed: &Exposed) -> TokenStream {
        let core = &self.core.core;
        match (&exposed.response, &method.endpoint) {
            (Some(response), _) => response.to_token_stream(),
            (None, Some(endpoint)) => {
                let default = Ident::new(endpoint.response, Span::call_site());
                quote!(#core::#default)
            }
            (None, None) => quote!(()),
        }
    }

    fn rule(&self, method: &Callable, exposed: &Exposed) -> TokenStream {
        let (entity, private) = (self.entity, &self.core.private);
        let rule = rule_name(method);
        // Not in the way of a predicate of the same name.
        let someone = Ident::new("someone", Span::mixed_site());
        let fresh = match exposed.fresh {
            None => quote!(::core::option::Option::None),
            Some(seconds) => {
                quote!(::core::option::Option::Some(::core::time::Duration::from_secs(#seconds)))
            }
        };
        let allows = match &exposed.require {
            None => quote!({ let _ = #someone; true }),
            Some(predicate) => quote_spanned!(predicate.span()=> {
                let predicate: fn(&#entity) -> bool = #predicate;
                predicate(#someone)
            }),
        };
        quote! {
            enum #rule {}
            impl #private::Rule<#entity> for #rule {
                const FRESH: ::core::option::Option<::core::time::Duration> = #fresh;
                fn allows(#someone: &#entity) -> bool #allows
            }
        }
    }
}

/// axum's own rule: the last argument may take the body. Whether it does, types say.
fn split_last(method: &Callable) -> (&[Type], Option<&Type>) {
    match method.arguments.split_last() {
        Some((last, others)) => (others, Some(last)),
        None => (&[], None),
    }
}

/// axum's marker of whether a last argument takes the body, as a parameter that is inferred.
fn vias(own: &[(Callable, Exposed)]) -> Vec<Ident> {
    own.iter().filter(|(method, _)| !method.arguments.is_empty()).map(|(method, _)| via(method)).collect()
}

fn via(method: &Callable) -> Ident {
    format_ident!("__Via_{}", name_of(&method.name))
}

fn rule_name(method: &Callable) -> Ident {
    format_ident!("__RuleOf_{}", name_of(&method.name))
}

fn variables(arguments: &[Type]) -> Vec<Ident> {
    (0..arguments.len()).map(|i| format_ident!("a{i}")).collect()
}

/// rustc would report a bound as often as it is written.
fn distinct(bounds: impl Iterator<Item = TokenStream>) -> Vec<TokenStream> {
    let mut seen = HashSet::new();
    bounds.filter(|bound| seen.insert(bound.to_string())).collect()
}
