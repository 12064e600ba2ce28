#[automatically_derived]
impl<__K> ::auth_core::__private::openapi::Described<__K> for Profile
where
    Vec<
        ::auth_core::__private::openapi::Uuid,
    >: ::auth_core::__private::openapi::FieldSchema<__K>,
    ::auth_core::__private::openapi::DateTime: ::auth_core::__private::openapi::FieldSchema<
        __K,
    >,
    String: ::auth_core::__private::openapi::FieldSchema<__K>,
{
    fn described() -> ::core::option::Option<
        ::auth_core::__private::openapi::StructSchema,
    > {
        ::core::option::Option::Some(
            ::auth_core::__private::openapi::StructSchema::new("Profile", "")
                .with(
                    ::auth_core::__private::openapi::Field::of::<
                        Vec<::auth_core::__private::openapi::Uuid>,
                        __K,
                    >("ids", ""),
                )
                .with(
                    ::auth_core::__private::openapi::Field::of::<
                        ::auth_core::__private::openapi::DateTime,
                        __K,
                    >("at", "")
                        .or_null(),
                )
                .with(
                    ::auth_core::__private::openapi::Field::of::<String, __K>("nick", "")
                        .or_missing(),
                ),
        )
    }
}
