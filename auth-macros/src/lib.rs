//! The macros of auth-core, which re-exports them: use that crate.
//!
//! Each of them goes through the same steps. `args.rs` and `item.rs` read what is written and note what cannot be
//! read; `validate.rs` makes of it the one value that `expand.rs` takes, or notes what is wrong; expanding cannot
//! fail. On any mistake the item is emitted all the same, with stand-ins for what it would have got, so that one
//! mistake is one error.
//!
//! The pages of the macros are in `docs/`; auth-core puts a first sentence before each, where it re-exports them. A test
//! holds their tables to what the macros read.

mod auth_router;
mod auth_service;
mod contract;
mod credentials;
mod diagnostics;
mod expose_endpoint;
mod expose_response;
mod fallback;
mod openapi;
mod options;
mod paths;
mod schema;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use paths::Crates;
use schema::Schemas;

#[doc = include_str!("../docs/auth_service.md")]
#[proc_macro_attribute]
pub fn auth_service(attr: TokenStream, item: TokenStream) -> TokenStream {
    auth_service::run(attr.into(), item.into(), Crates::OF_CARGO, Schemas::OF_CARGO).into()
}

#[doc = include_str!("../docs/expose_endpoint.md")]
#[proc_macro_attribute]
pub fn expose_endpoint(_: TokenStream, item: TokenStream) -> TokenStream {
    expose_endpoint::run(&item.into()).into()
}

#[doc = include_str!("../docs/expose_response.md")]
#[proc_macro_attribute]
pub fn expose_response(attr: TokenStream, item: TokenStream) -> TokenStream {
    expose_response::run(&attr.into(), item.into(), Crates::OF_CARGO).into()
}

#[doc = include_str!("../docs/credentials.md")]
#[proc_macro_derive(Credentials, attributes(auth))]
pub fn credentials(item: TokenStream) -> TokenStream {
    credentials::run(item.into(), Crates::OF_CARGO).into()
}

#[doc = include_str!("../docs/auth_router.md")]
#[proc_macro]
pub fn auth_router(input: TokenStream) -> TokenStream {
    auth_router::run(auth_router::Of::Routes, &input.into(), Crates::OF_CARGO, Schemas::OF_CARGO).into()
}

#[doc = include_str!("../docs/auth_openapi.md")]
#[cfg(feature = "openapi")]
#[proc_macro]
pub fn auth_openapi(input: TokenStream) -> TokenStream {
    auth_router::run(auth_router::Of::Documents, &input.into(), Crates::OF_CARGO, Schemas::OF_CARGO).into()
}
