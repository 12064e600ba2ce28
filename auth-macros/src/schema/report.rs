//! A broken schema is one error, though many attributes read it.
//!
//! No attribute knows of another. So the entity that comes first in the file is the one that reports; the others ask the
//! trait system whether it did. It implements `Reports<itself>` for the type that stands for this file: where there is
//! exactly one such implementation, `_` in `BrokenSchema<…>: Reports<_>` is inferred, and nothing is said. Where there is
//! none, because that entity is in another crate or is not annotated, each reports for itself: nothing compiles with a
//! broken schema.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Schema, read::first_entity};
use crate::{diagnostics::Errors, paths::Crates, syntax::fnv1a};

impl Schema {
    /// Notes what concerns the whole file, on behalf of the reader called `who`.
    pub(crate) fn report(&self, who: Option<&str>, crates: Crates, errors: &mut Errors) {
        let Some(problem) = self.problems.first() else { return };
        let private = crates.core_or_default();
        let file = fnv1a(&self.file.name);
        let broken = quote!(#private::__private::BrokenSchema<#file>);
        let reporter = self.reporter();
        if reporter.is_none() || reporter.as_deref() == who {
            for problem in &self.problems {
                errors.push(problem.error(&self.file.name));
            }
            errors.defer(quote! {
                const _: () = {
                    enum Reporter {}
                    impl #private::__private::Reports<Reporter> for #broken {}
                };
            });
            return;
        }
        let message = problem.located(&self.file.name);
        errors.defer(self.asks(&message, &broken, &quote!(#private::__private::Reports)));
    }

    fn asks(&self, message: &str, broken: &TokenStream, reports: &TokenStream) -> TokenStream {
        let label = format!("reads {}", self.file.name);
        quote! {
            const _: () = {
                #[diagnostic::on_unimplemented(message = #message, label = #label)]
                trait Reported<T> {}
                #[diagnostic::do_not_recommend]
                impl<F: #reports<T>, T> Reported<T> for F {}
                const fn reported<F: Reported<T>, T>() {}
                reported::<#broken, _>()
            };
        }
    }

    fn reporter(&self) -> Option<String> {
        match self.entities.first() {
            Some(entity) => Some(entity.name.value.clone()),
            None => first_entity(&self.file.text),
        }
    }
}
