//! `#[expose_endpoint(…)]`: a marker on methods, which `#[auth_service]` on the impl block reads and removes.

pub(crate) mod args;
pub(crate) mod parameters;
pub(crate) mod signature;
pub(crate) mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::endpoint;

/// Met alone, where nothing reads it.
pub(crate) fn run(item: &TokenStream) -> TokenStream {
    let error = endpoint::alone().into_compile_error();
    quote!(#error #item)
}
