#[automatically_derived]
impl<__K> ::auth_core::__private::openapi::Described<__K> for SignIn
where
    String: ::auth_core::__private::openapi::FieldSchema<__K>,
    Secret: ::auth_core::__private::openapi::FieldSchema<__K>,
    u32: ::auth_core::__private::openapi::FieldSchema<__K>,
    bool: ::auth_core::__private::openapi::FieldSchema<__K>,
    More: ::auth_core::__private::openapi::FieldSchema<__K>,
{
    fn described() -> ::core::option::Option<
        ::auth_core::__private::openapi::StructSchema,
    > {
        ::core::option::Option::Some(
            ::auth_core::__private::openapi::StructSchema::new("SignIn", " A form.")
                .with(
                    ::auth_core::__private::openapi::Field::of::<
                        String,
                        __K,
                    >("eMail", " Where to."),
                )
                .with(
                    ::auth_core::__private::openapi::Field::of::<
                        Secret,
                        __K,
                    >("password", ""),
                )
                .with(
                    ::auth_core::__private::openapi::Field::of::<u32, __K>("year", "")
                        .or_null()
                        .or_missing(),
                )
                .with(
                    ::auth_core::__private::openapi::Field::of::<
                        bool,
                        __K,
                    >("remember", "")
                        .or_missing(),
                )
                .with(::auth_core::__private::openapi::Field::anything("on", ""))
                .flattened::<More, __K>()
                .closed(),
        )
    }
}
