//! What makes cargo build again when the schema changes.

use proc_macro2::TokenStream;
use quote::quote;

use super::locate::{File, VARIABLE};

/// Constants that add nothing to the program: rustc notes what they name as something that the crate was made from.
///
/// A file that was not there, and then is nearer than the one that was found, goes unnoticed.
pub(super) fn track(file: &File) -> Option<TokenStream> {
    let path = file.path.to_str()?;
    Some(quote! {
        const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
        const _: ::core::option::Option<&::core::primitive::str> = ::core::option_env!(#VARIABLE);
    })
}
