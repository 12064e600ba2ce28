//! `auth_router!("schema.yaml")`: the routes of all entities that the schema declares.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{LitStr, parse::ParseStream, parse::Parser};

use crate::{
    contract::CORE,
    diagnostics::{self, Errors, router, schema as say},
    paths::{Core, Crates},
    schema::{Declared, Schema, Schemas},
    syntax::respanned,
};

pub(crate) fn run(input: &TokenStream, crates: Crates, schemas: Schemas) -> TokenStream {
    let mut errors = Errors::default();
    let schema = find(input, crates, schemas, &mut errors);
    match schema {
        Some((schema, at)) if errors.is_empty() => expand(&schema, at, &Core::of(crates)),
        _ => {
            // Of a type that fits everywhere, so that nothing else is said.
            quote!({ #errors ::core::unreachable!() })
        }
    }
}

/// The schema, and where what is wrong with an entity is shown.
fn find(
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
    let asked = path.parse2(input.clone()).map_err(|_| router::no_path(input));
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

fn expand(schema: &Schema, at: Span, core: &Core) -> TokenStream {
    let private = &core.private;
    let tracked = schema.track();
    let routes = schema.entities.iter().map(|entity| routes(entity, schema, at, core));
    quote!({
        #tracked
        #private::Router::new() #(.merge(#routes))*
    })
}

/// An annotated entity has `auth_routes` of its own, which wins over that of a trait whose bound never holds: the bound's
/// message is what is seen otherwise.
fn routes(entity: &Declared, schema: &Schema, at: Span, core: &Core) -> TokenStream {
    let private = core.private_at(at);
    let name = &entity.name.value;
    let place = format!("{}:{}", schema.file.name, entity.name.at.line);
    let (message, note) = router::not_annotated(&place, name);
    let ty = respanned(entity.path.to_token_stream(), at);
    quote_spanned! {at=> {
        #[diagnostic::on_unimplemented(message = #message, label = "declared in the schema", note = #note)]
        trait __Annotated {}
        #[allow(dead_code)]
        trait __Declared {
            fn auth_routes<__S>() -> #private::Router<__S>
            where
                Self: __Annotated + ::core::marker::Sized,
            {
                ::core::unreachable!()
            }
        }
        impl<__T> __Declared for __T {}
        <#ty>::auth_routes()
    }}
}
