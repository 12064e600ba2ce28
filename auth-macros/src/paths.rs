//! Under which names the user's program knows our crates.

use proc_macro_crate::{Error, FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::{contract::CORE, syntax::respanned};

/// The crates that macro output names.
#[derive(Clone, Copy)]
pub(crate) struct Crates {
    find: fn(&str) -> Option<String>,
    /// Whether auth-core has the feature `openapi`.
    documented: bool,
}

impl Crates {
    /// As the `Cargo.toml` of the crate that is being compiled has them.
    pub(crate) const OF_CARGO: Crates = Crates { find: from_manifest, documented: cfg!(feature = "openapi") };

    /// The absolute path of a package's crate; `None` where it is no dependency.
    pub(crate) fn path(self, package: &str) -> Option<TokenStream> {
        let name = Ident::new(&(self.find)(package)?, Span::call_site());
        Some(quote!(::#name))
    }

    /// The path of auth-core, be it there or not.
    pub(crate) fn core_or_default(self) -> TokenStream {
        self.path(CORE).unwrap_or_else(|| quote!(::auth_core))
    }
}

fn from_manifest(package: &str) -> Option<String> {
    match crate_name(package) {
        Ok(FoundCrate::Name(name)) => Some(name),
        Err(Error::CrateNotFound { .. }) => None,
        // In the crate itself, which names itself so; or without a manifest, as with another build tool.
        Ok(FoundCrate::Itself) | Err(_) => Some(package.replace('-', "_")),
    }
}

/// Where macro output finds what it names.
#[allow(clippy::struct_field_names, reason = "`core` is the name of what is named")]
pub(crate) struct Core {
    /// `::auth_core`
    pub(crate) core: TokenStream,
    /// `::auth_core::__private`
    pub(crate) private: TokenStream,
    has_document: bool,
}

impl Core {
    /// `::auth_core::__private` on a token of the user's, for an error to stand there.
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        respanned(self.private.clone(), span)
    }

    /// Items for the OpenAPI document; nothing where there is none.
    pub(crate) fn documented(&self, items: impl FnOnce() -> TokenStream) -> Option<TokenStream> {
        let private = &self.private;
        self.has_document.then(items).map(|items| quote!(#private::when_documented! { #items }))
    }
}

impl Core {
    pub(crate) fn of(crates: Crates) -> Self {
        let core = crates.core_or_default();
        Core { private: quote!(#core::__private), core, has_document: crates.documented }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    impl Crates {
        /// Both are there, under their own names.
        pub(crate) const BOTH: Crates =
            Crates { find: |package| Some(package.replace('-', "_")), documented: false };
        /// The same, with the feature `openapi`.
        pub(crate) const DOCUMENTED: Crates = Crates { documented: true, ..Self::BOTH };
        pub(crate) const WITHOUT_REDIS: Crates = Crates {
            find: |package| (package != "auth-redis").then(|| package.replace('-', "_")),
            ..Self::BOTH
        };
        pub(crate) const NONE: Crates = Crates { find: |_| None, ..Self::BOTH };
        pub(crate) const RENAMED: Crates =
            Crates { find: |package| Some(package.replace("auth-", "my_")), ..Self::BOTH };
    }

    #[test]
    fn the_manifest_of_this_crate_has_syn_and_no_auth_redis() {
        assert_eq!(from_manifest("syn"), Some("syn".to_owned()));
        assert_eq!(from_manifest("auth-redis"), None);
    }
}
