//! The endpoints of an impl block: what is written for the router, told to the document.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use crate::{
    expose_endpoint::{signature::Callable, validate::Exposed},
    paths::Core,
    syntax::name_of,
};

/// The doc comments of methods, by their names.
pub(crate) type Docs = HashMap<String, String>;

/// The endpoints of an entity, as they are written.
pub(crate) struct Endpoints<'a> {
    core: &'a Core,
    docs: Docs,
    bounds: Vec<TokenStream>,
    seen: HashSet<String>,
    calls: Vec<TokenStream>,
}

impl<'a> Endpoints<'a> {
    pub(crate) fn new(docs: Docs, core: &'a Core) -> Self {
        Endpoints { core, docs, bounds: Vec::new(), seen: HashSet::new(), calls: Vec::new() }
    }

    /// Of `login`: its first argument is the form.
    pub(crate) fn login(&mut self, login: &Callable, at: &TokenStream, response: &TokenStream) {
        let (form, others) = login.arguments.split_at(login.arguments.len().min(1));
        let form = quote!(#(#form)*);
        self.described(&form);
        self.described(response);
        let (about, arguments) = (self.about("of_contract", "login"), self.asked(others, None));
        self.calls.push(quote!(.login::<#form, #response, __K>(#at, &#about, #arguments)));
    }

    /// Of `logout` and `refresh`.
    pub(crate) fn hook(
        &mut self,
        name: &str,
        (hook, exposed): &(Option<Callable>, Exposed),
        at: &TokenStream,
        response: &TokenStream,
    ) {
        self.described(response);
        let call = Ident::new(name, proc_macro2::Span::call_site());
        let about = self.about_hook(name, name, exposed);
        let arguments = self.asked(hook.as_ref().map_or(&[], |hook| &hook.arguments), None);
        self.calls.push(quote!(.#call::<#response, __K>(#at, &#about, #arguments)));
    }

    /// Of `authenticate`.
    pub(crate) fn authenticate(&mut self, exposed: &Exposed, at: &TokenStream, response: &TokenStream) {
        self.described(response);
        let about = self.about_hook("authenticate", "session", exposed);
        self.calls.push(quote!(.authenticate::<#response, __K>(#at, &#about).sessions()));
    }

    /// Of a method of the entity's own.
    pub(crate) fn own(&mut self, method: &Callable, exposed: &Exposed, at: &TokenStream) {
        let response = exposed.response.as_ref().map_or(quote!(()), ToTokens::to_token_stream);
        self.described(&response);
        let (about, arguments) = (
            self.about("method", &name_of(&method.name)),
            self.asked(&method.arguments, Some((method, exposed))),
        );
        self.calls.push(quote!(.endpoint::<#response, __K>(#at, &#about, #arguments)));
    }

    /// The impl.
    pub(crate) fn finish(self, entity: &Type) -> TokenStream {
        let (private, bounds, calls) = (&self.core.private, self.bounds, self.calls);
        quote! {
            #[automatically_derived]
            impl<__K> #private::openapi::Documented<__K> for #entity
            where
                #(#bounds,)*
            {
                fn operations(to: #private::openapi::Operations<Self>) -> #private::openapi::Operations<Self> {
                    #[allow(unused_imports)]
                    use #private::openapi::{
                        FailsNever as _, FailsSomehow as _, FailsWithProblem as _, TellsAll as _, TellsNothing as _,
                        TellsSome as _,
                    };
                    to #(#calls)*
                }
            }
        }
    }

    fn described(&mut self, ty: &TokenStream) {
        if self.seen.insert(ty.to_string()) {
            let private = self.core.private_at(ty.span());
            self.bounds.push(quote_spanned!(ty.span()=> #ty: #private::openapi::Described<__K>));
        }
    }

    fn about(&self, constructor: &str, name: &str) -> TokenStream {
        self.named(constructor, name, self.docs.get(name).map_or("", String::as_str))
    }

    /// A hook's documentation is about its endpoint only where it is exposed as one.
    fn about_hook(&self, method: &str, name: &str, exposed: &Exposed) -> TokenStream {
        let doc = self.docs.get(method).filter(|_| exposed.written.is_some());
        self.named("of_contract", name, doc.map_or("", String::as_str))
    }

    fn named(&self, constructor: &str, name: &str, doc: &str) -> TokenStream {
        let private = &self.core.private;
        let constructor = Ident::new(constructor, proc_macro2::Span::call_site());
        quote!(#private::openapi::About::#constructor(#name, #doc))
    }

    /// A closure that asks arguments, and a method's rules and output, what they say.
    fn asked(&self, arguments: &[Type], method: Option<(&Callable, &Exposed)>) -> TokenStream {
        let private = &self.core.private;
        let rules = method.map(|(method, exposed)| {
            let output = &method.output;
            let require = exposed.require.as_ref().map(|_| quote!(operation.requires::<Self>();));
            let fresh = exposed.fresh.map(|_| quote!(operation.fresh::<Self>();));
            quote!(#require #fresh (&&&#private::openapi::Asked::<#output>::NEW).fail(operation);)
        });
        if arguments.is_empty() && rules.is_none() {
            return quote!(|_| ());
        }
        quote! {
            |operation| {
                #rules
                #((&&&#private::openapi::Asked::<#arguments>::NEW).tell(operation);)*
            }
        }
    }
}
