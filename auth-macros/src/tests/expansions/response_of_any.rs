#[derive(::auth_core::__private::serde::Serialize)]
#[serde(crate = "::auth_core::__private::serde")]
struct Profile {
    id: Uuid,
}
#[automatically_derived]
impl ::auth_core::__private::Model for Profile {}
#[automatically_derived]
impl<__E, __M> ::auth_core::__private::ModelOf<__E, __M> for Profile {}
