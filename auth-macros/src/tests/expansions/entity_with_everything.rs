pub(crate) struct User {
    id: u64,
    password_hash: String,
    token: u8,
    r#type: String,
}
#[automatically_derived]
impl ::auth_core::AuthEntity for User {
    type Id = u64;
    type Service = ::auth_core::CookiesMemory;
    const SPEC: ::auth_core::EntitySpec = ::auth_core::EntitySpec::new(
        "member",
        "/v1/member",
        "sid",
        ::auth_core::__private::policy(
            ::core::time::Duration::from_secs(900u64),
            ::core::time::Duration::from_secs(43200u64),
            5u16,
        ),
        &["id", "password_hash", "token", "type"],
        &["password_hash"],
    );
    fn principal(&self) -> &Self::Id {
        &self.id
    }
}
#[automatically_derived]
impl<__K> ::auth_core::__private::Snapshot<__K> for User
where
    u64: ::auth_core::__private::SnapshotField<__K>,
    u8: ::auth_core::__private::SnapshotField<__K>,
    String: ::auth_core::__private::SnapshotField<__K>,
{
    fn pack(&self, to: &mut ::auth_core::__private::Pack) {
        to.field::<_, __K>("id", &self.id);
        to.field::<_, __K>("token", &self.token);
        to.field::<_, __K>("type", &self.r#type);
    }
    fn unpack(
        from: &::auth_core::__private::Unpack<'_>,
    ) -> ::core::option::Option<Self> {
        ::core::option::Option::Some(Self {
            id: from.field::<_, __K>("id")?,
            token: from.field::<_, __K>("token")?,
            r#type: from.field::<_, __K>("type")?,
            password_hash: ::core::default::Default::default(),
        })
    }
}
impl User {
    /// The routes of [`User`]: login, logout, refresh, session, and its own endpoints.
    pub(crate) fn auth_routes<S, Via>() -> ::auth_core::__private::Router<S>
    where
        Self: ::auth_core::__private::AuthRoutes<S, Via>,
    {
        <Self as ::auth_core::__private::AuthRoutes<S, Via>>::auth_routes()
    }
}
const _: () = ::auth_core::__private::assert_contract::<User>();
impl User {
    #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        check(form)
    }
    #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
    async fn authenticate(
        session: Session<Self>,
        db: State<Db>,
    ) -> Result<Option<Self>, Error> {
        db.load(session)
    }
    #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
    async fn logout(session: Session<Self>) {}
    #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
    async fn refresh(user: Authenticated<Self>, db: State<Db>) -> Result<(), Error> {
        Ok(())
    }
    #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
    async fn me(user: Authenticated<Self>) -> Profile {
        user.profile()
    }
    #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
    async fn rename(
        user: Authenticated<Self>,
        db: State<Db>,
        body: Json<Rename>,
    ) -> Result<Json<Profile>, StatusCode> {
        todo
    }
    #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
    fn clear() {}
    fn helper(&self) {}
}
impl ::auth_core::__private::Contract for User {
    const CARRIAGE: ::auth_core::__private::Carriage<Self> = ::auth_core::__private::reloaded();
}
impl ::auth_core::__private::Reloaded for User {}
impl<
    __S: ::core::marker::Send + ::core::marker::Sync,
> ::auth_core::__private::Restore<__S> for User {}
impl<__M> ::auth_core::__private::Exposes<__M> for User {}
impl<__S> ::auth_core::__private::AuthRoutes<__S> for User {
    fn auth_routes() -> ::auth_core::__private::Router<__S> {
        ::core::unreachable!()
    }
}
::core::compile_error! {
    "no argument of `rename` takes the parameter `{id}`\nhelp: add an argument like `Path(id): Path<Uuid>`, or take the parameter out of the path"
}
