#[derive(Clone)]
pub struct User {
    pub id: Uuid,
    pub email: String,
    role: Role,
}
#[automatically_derived]
impl ::auth_core::AuthEntity for User {
    type Id = Uuid;
    type Service = ::auth_redis::CookiesRedis;
    const SPEC: ::auth_core::EntitySpec = ::auth_core::EntitySpec::new(
        "user",
        "/user",
        "user",
        ::auth_core::Policy::DEFAULT,
        &["id", "email", "role"],
        &[],
    );
    fn principal(&self) -> &Self::Id {
        &self.id
    }
}
#[automatically_derived]
impl<__K> ::auth_core::__private::Snapshot<__K> for User
where
    Uuid: ::auth_core::__private::SnapshotField<__K>,
    String: ::auth_core::__private::SnapshotField<__K>,
    Role: ::auth_core::__private::SnapshotField<__K>,
{
    fn pack(&self, to: &mut ::auth_core::__private::Pack) {
        to.field::<_, __K>("id", &self.id);
        to.field::<_, __K>("email", &self.email);
        to.field::<_, __K>("role", &self.role);
    }
    fn unpack(
        from: &::auth_core::__private::Unpack<'_>,
    ) -> ::core::option::Option<Self> {
        ::core::option::Option::Some(Self {
            id: from.field::<_, __K>("id")?,
            email: from.field::<_, __K>("email")?,
            role: from.field::<_, __K>("role")?,
        })
    }
}
impl User {
    /// The routes of [`User`]: login, logout, refresh, session, and its own endpoints.
    pub fn auth_routes<S, Via>() -> ::auth_core::__private::Router<S>
    where
        Self: ::auth_core::__private::AuthRoutes<S, Via>,
    {
        <Self as ::auth_core::__private::AuthRoutes<S, Via>>::auth_routes()
    }
}
const _: () = ::auth_core::__private::assert_contract::<User>();
impl User {
    #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
    async fn login(form: SignIn, State(db): State<Db>) -> Result<Self, LoginError> {
        check(form, db)
    }
}
#[automatically_derived]
impl ::auth_core::__private::Contract for User {
    const CARRIAGE: ::auth_core::__private::Carriage<Self> = ::auth_core::__private::snapshot::<
        User,
    >();
}
#[automatically_derived]
impl<
    __S: ::core::marker::Send + ::core::marker::Sync,
> ::auth_core::__private::Restore<__S> for User {}
#[automatically_derived]
impl<__S> ::auth_core::__private::AuthRoutes<__S, ()> for User
where
    __S: ::auth_core::ProvidesAuth<User> + ::auth_core::__private::AppState,
    Self: ::auth_core::__private::Restore<__S>,
    __S: ::auth_core::__private::Supplies<State<Db>>,
{
    fn auth_routes() -> ::auth_core::__private::Router<__S> {
        ::auth_core::__private::Routes::<Self, __S>::new()
            .login::<
                SignIn,
                (State<Db>,),
                Result<Self, LoginError>,
                ::auth_core::LoginResponse,
                _,
                _,
            >(
                ::auth_core::__private::EndpointSpec::post("/login", 200u16),
                |form, (a0,)| Self::login(form, a0),
            )
            .logout::<
                (),
                (),
                ::auth_core::LogoutResponse,
                _,
                _,
            >(
                ::auth_core::__private::EndpointSpec::post("/logout", 200u16),
                |()| ::core::future::ready(()),
            )
            .refresh::<
                (),
                (),
                ::auth_core::RefreshResponse,
                _,
                _,
            >(
                ::auth_core::__private::EndpointSpec::post("/refresh", 200u16),
                |()| ::core::future::ready(()),
            )
            .authenticate::<
                ::auth_core::SessionInfo,
            >(::auth_core::__private::EndpointSpec::get("/session", 200u16))
            .sessions()
            .finish()
    }
}
