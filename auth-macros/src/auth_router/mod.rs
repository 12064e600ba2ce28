//! `auth_router!("schema.yaml")` and `auth_openapi!("schema.yaml")`: the routes of all entities that the schema declares,
//! and their document.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{LitStr, parse::ParseStream, parse::Parser};

use crate::{
    contract::CORE,
    diagnostics::{self, Errors, router, schema as say},
    paths::{Core, Crates},
    schema::{Declared, Schema, Schemas},
    syntax::respanned,
};

/// What is put together.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Routes,
    #[cfg_attr(not(any(feature = "openapi", test)), allow(dead_code, reason = "only that feature has it"))]
    Documents,
}

impl Of {
    fn macro_name(self) -> &'static str {
        match self {
            Of::Routes => "auth_router!",
            Of::Documents => "auth_openapi!",
        }
    }
}

pub(crate) fn run(of: Of, input: &TokenStream, crates: Crates, schemas: Schemas) -> TokenStream {
    let mut errors = Errors::default();
    let schema = find(of, input, crates, schemas, &mut errors);
    match schema {
        Some((schema, at)) if errors.is_empty() => expand(of, &schema, at, &Core::of(crates)),
        _ => {
            // Of a type that fits everywhere, so that nothing else is said.
            quote!({ #errors ::core::unreachable!() })
        }
    }
}

/// The schema, and where what is wrong with an entity is shown.
fn find(
    of: Of,
    input: &TokenStream,
    crates: Crates,
    schemas: Schemas,
    errors: &mut Errors,
) -> Option<(Schema, Span)> {
    if crates.path(CORE).is_none() {
        errors.push(diagnostics::no_core(TokenStream::new()));
        return None;
    }
    if !Schemas::ARE_READ {
        errors.push(say::feature_is_off(input));
        return None;
    }
    let path = |input: ParseStream| input.parse::<Option<LitStr>>();
    let asked = path.parse2(input.clone()).map_err(|_| router::no_path(of.macro_name(), input));
    let asked = errors.take(asked)?;
    let schema = errors.take(schemas.find(asked.as_ref()))?;
    let Some(schema) = schema else {
        errors.push(say::no_schema());
        return None;
    };
    schema.report(None, crates, errors);
    if schema.problems.is_empty() && schema.entities.is_empty() {
        errors.push(router::no_entities(&schema.file.name));
    }
    let at = asked.map_or_else(Span::call_site, |asked| asked.span());
    Some((schema, at))
}

fn expand(of: Of, schema: &Schema, at: Span, core: &Core) -> TokenStream {
    let private = &core.private;
    let tracked = schema.track();
    let each = schema.entities.iter().map(|entity| of_entity(of, entity, schema, at, core));
    let all = match of {
        Of::Routes => quote!(#private::Router::new() #(.merge(#each))*),
        Of::Documents => quote!(#private::openapi::all([#(#each),*])),
    };
    quote!({
        #tracked
        #all
    })
}

/// An annotated entity has a function of its own, which wins over that of a trait whose bound never holds: the bound's
/// message is what is seen otherwise.
fn of_entity(of: Of, entity: &Declared, schema: &Schema, at: Span, core: &Core) -> TokenStream {
    let private = core.private_at(at);
    let name = &entity.name.value;
    let place = format!("{}:{}", schema.file.name, entity.name.at.line);
    let (message, note) = router::not_annotated(&place, name);
    let ty = respanned(entity.path.to_token_stream(), at);
    let (function, generics, output) = match of {
        Of::Routes => ("auth_routes", Some(quote!(<__S>)), quote_spanned!(at=> #private::Router<__S>)),
        Of::Documents => ("openapi", None, quote_spanned!(at=> #private::openapi::OpenApi)),
    };
    let function = Ident::new(function, at);
    quote_spanned! {at=> {
        #[diagnostic::on_unimplemented(message = #message, label = "declared in the schema", note = #note)]
        trait __Annotated {}
        #[allow(dead_code)]
        trait __Declared {
            fn #function #generics () -> #output
            where
                Self: __Annotated + ::core::marker::Sized,
            {
                ::core::unreachable!()
            }
        }
        impl<__T> __Declared for __T {}
        <#ty>::#function()
    }}
}
