//! A store before another one, written down in the operations in which it differs.

/// Within `impl SessionStore for …`: hands these operations on to the store in a field.
///
/// ```
/// # use auth_core::{MemoryStore, SessionStore, session::Record, session::Tag, store::StoreResult};
/// struct Forgetful {
///     store: MemoryStore,
/// }
///
/// impl SessionStore for Forgetful {
///     async fn end(&self, _: Tag, _: uuid::Uuid) -> StoreResult<Option<Record>> {
///         Ok(None)
///     }
///
///     auth_tests::pass_on!(store: place login_begins now create read rotate touch renew list update count refund
///         end_all server_key);
/// }
/// ```
#[macro_export]
macro_rules! pass_on {
    ($store:ident: $($operation:ident)+) => { $($crate::pass_on! { @$operation $store })+ };
    (@place $store:ident) => {
        fn place(&self) -> Option<String> {
            ::auth_core::SessionStore::place(&self.$store)
        }
    };
    (@login_begins $store:ident) => {
        fn login_begins(&self) -> ::auth_core::store::Began {
            ::auth_core::SessionStore::login_begins(&self.$store)
        }
    };
    (@now $store:ident) => {
        fn now(&self, at: ::auth_core::session::Tag) -> ::auth_core::store::Timestamp {
            ::auth_core::SessionStore::now(&self.$store, at)
        }
    };
    (@watch $store:ident) => {
        fn watch(&self, at: ::auth_core::session::Tag) -> Option<::auth_core::store::Watch> {
            ::auth_core::SessionStore::watch(&self.$store, at)
        }
    };
    (@recall $store:ident) => {
        fn recall(&self, at: ::auth_core::session::Tag, id: ::uuid::Uuid) -> Option<::auth_core::store::Recalled> {
            ::auth_core::SessionStore::recall(&self.$store, at, id)
        }
    };
    (@create $store:ident) => {
        $crate::pass_on! { @async $store create(new: ::auth_core::store::NewSession) -> ::auth_core::store::Created }
    };
    (@read $store:ident) => {
        $crate::pass_on! { @async $store read(id: ::uuid::Uuid) -> Option<::auth_core::store::Found> }
    };
    (@rotate $store:ident) => {
        $crate::pass_on! {
            @async $store rotate(id: ::uuid::Uuid, step: ::auth_core::store::Rotate) -> ::auth_core::store::Rotated
        }
    };
    (@touch $store:ident) => {
        $crate::pass_on! { @async $store touch(id: ::uuid::Uuid, step: ::auth_core::store::Touch) -> bool }
    };
    (@renew $store:ident) => {
        $crate::pass_on! {
            @async $store renew(id: ::uuid::Uuid, step: ::auth_core::store::Renew) -> ::auth_core::store::Renewed
        }
    };
    (@list $store:ident) => {
        $crate::pass_on! { @async $store list() -> Vec<(::uuid::Uuid, ::auth_core::session::Record)> }
    };
    (@update $store:ident) => {
        $crate::pass_on! { @async $store update(only: Option<::uuid::Uuid>, payload: Vec<u8>) -> usize }
    };
    (@end $store:ident) => {
        $crate::pass_on! { @async $store end(id: ::uuid::Uuid) -> Option<::auth_core::session::Record> }
    };
    (@end_all $store:ident) => {
        $crate::pass_on! { @async $store end_all(keep: Option<::uuid::Uuid>) -> Vec<::uuid::Uuid> }
    };
    (@count $store:ident) => {
        async fn count(
            &self,
            counts: Vec<::auth_core::throttle::Count>,
        ) -> ::auth_core::store::StoreResult<Option<::auth_core::throttle::Refused>> {
            ::auth_core::SessionStore::count(&self.$store, counts).await
        }
    };
    (@refund $store:ident) => {
        async fn refund(
            &self,
            counts: Vec<::auth_core::throttle::Count>,
        ) -> ::auth_core::store::StoreResult<()> {
            ::auth_core::SessionStore::refund(&self.$store, counts).await
        }
    };
    (@server_key $store:ident) => {
        async fn server_key(
            &self,
            proposed: ::auth_core::ServerKey,
        ) -> ::auth_core::store::StoreResult<::auth_core::ServerKey> {
            ::auth_core::SessionStore::server_key(&self.$store, proposed).await
        }
    };
    (@async $store:ident $operation:ident($($name:ident: $type:ty),*) -> $answer:ty) => {
        async fn $operation(
            &self,
            at: ::auth_core::session::Tag,
            $($name: $type),*
        ) -> ::auth_core::store::StoreResult<$answer> {
            ::auth_core::SessionStore::$operation(&self.$store, at, $($name),*).await
        }
    };
}
