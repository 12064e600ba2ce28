#[derive(::auth_core::__private::serde::Serialize)]
#[serde(crate = "::auth_core::__private::serde")]
struct Bye {
    session_id: Uuid,
}
#[automatically_derived]
impl ::auth_core::__private::Model for Bye {}
#[automatically_derived]
impl ::auth_core::__private::FillLogout<User> for Bye {
    fn fill(session: &::auth_core::SessionInfo) -> Self {
        let entity = &::auth_core::__private::NothingIsLoadedAtLogout;
        let _ = (session, entity);
        Self {
            session_id: ::auth_core::__private::filled(&session.session_id),
        }
    }
}
