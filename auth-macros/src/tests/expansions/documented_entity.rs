impl User {
    /// The endpoints of [`User`] as an OpenAPI document, to be merged into the program's own.
    #[allow(dead_code)]
    #[must_use]
    pub fn openapi<K>() -> ::auth_core::__private::openapi::OpenApi
    where
        Self: ::auth_core::__private::openapi::Documented<K>,
        (): ::auth_core::__private::openapi::Inferred<K>,
    {
        ::auth_core::__private::openapi::document::<Self, K>()
    }
}
