#[derive(::auth_core::__private::serde::Serialize)]
#[serde(crate = "::auth_core::__private::serde")]
pub struct Renewed {
    id: Uuid,
    #[serde(serialize_with = "::auth_core::__private::rfc3339")]
    expires_at: OffsetDateTime,
    #[serde(serialize_with = "::auth_core::__private::rfc3339")]
    created_at: Option<OffsetDateTime>,
    #[serde(with = "mine")]
    idle_expires_at: OffsetDateTime,
}
#[automatically_derived]
impl ::auth_core::__private::Model for Renewed {}
#[automatically_derived]
impl ::auth_core::__private::Fill<model::User, ::auth_core::__private::endpoint::Refresh>
for Renewed {
    fn fill(session: &::auth_core::SessionInfo, entity: &model::User) -> Self {
        let _ = (session, entity);
        Self {
            id: ::auth_core::__private::filled(&entity.id),
            expires_at: ::auth_core::__private::filled(&session.expires_at),
            created_at: ::auth_core::__private::filled(&entity.created_at),
            idle_expires_at: ::auth_core::__private::filled(&session.idle_expires_at),
        }
    }
}
const _: () = ::auth_core::__private::assert_kept::<model::User>("id");
const _: () = ::auth_core::__private::assert_one_source::<model::User>("expires_at");
const _: () = ::auth_core::__private::assert_kept::<model::User>("created_at");
const _: () = ::auth_core::__private::assert_one_source::<
    model::User,
>("idle_expires_at");
