#[derive(::auth_core::__private::serde::Serialize)]
#[serde(crate = "::auth_core::__private::serde")]
struct Profile {
    id: Uuid,
}
#[automatically_derived]
impl ::auth_core::__private::Model for Profile {}
#[automatically_derived]
impl ::auth_core::__private::ModelOf<
    User,
    ::auth_core::__private::endpoint::Method<624134510078873767u64>,
> for Profile {}
const _: () = ::auth_core::__private::assert_exposes::<
    User,
    ::auth_core::__private::endpoint::Method<624134510078873767u64>,
>();
