#[automatically_derived]
impl ::auth_core::Credentials for SignIn {
    fn identifier(&self) -> ::std::borrow::Cow<'_, ::core::primitive::str> {
        ::auth_core::__private::IdentifierField::as_text(&self.email)
    }
}
const _: () = ::auth_core::__private::assert_secret::<Secret>();
