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
    #[must_use]
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
#[automatically_derived]
impl ::auth_core::__private::Contract for User {
    const CARRIAGE: ::auth_core::__private::Carriage<Self> = ::auth_core::__private::reloaded();
}
#[automatically_derived]
impl ::auth_core::__private::Reloaded for User {}
#[automatically_derived]
impl<__S> ::auth_core::__private::Restore<__S> for User
where
    __S: ::auth_core::ProvidesAuth<User> + ::auth_core::__private::AppState
        + ::auth_core::__private::Supplies<Session<Self>>
        + ::auth_core::__private::Supplies<State<Db>>,
{
    fn restore<'a>(
        _: &::auth_core::Session<Self>,
        parts: &'a mut ::auth_core::__private::Parts,
        state: &'a __S,
    ) -> ::auth_core::__private::Restored<'a, Self> {
        ::auth_core::__private::reload::<
            Self,
            __S,
            (Session<Self>, State<Db>),
            _,
            _,
        >(
            parts,
            state,
            |(a0, a1)| async move {
                ::auth_core::__private::authenticated::<
                    Self,
                    Result<Option<Self>, Error>,
                >(Self::authenticate(a0, a1).await)
            },
        )
    }
}
#[automatically_derived]
impl ::auth_core::__private::Exposes<
    ::auth_core::__private::endpoint::Method<624134510078873767u64>,
> for User {}
#[automatically_derived]
impl ::auth_core::__private::Exposes<
    ::auth_core::__private::endpoint::Method<2258343417258958163u64>,
> for User {}
#[automatically_derived]
impl ::auth_core::__private::Exposes<
    ::auth_core::__private::endpoint::Method<17668176133136912546u64>,
> for User {}
#[automatically_derived]
impl<
    __S,
    __Via_me,
    __Via_rename,
> ::auth_core::__private::AuthRoutes<__S, (__Via_me, __Via_rename)> for User
where
    __Via_me: 'static,
    __Via_rename: 'static,
    __S: ::auth_core::ProvidesAuth<User> + ::auth_core::__private::AppState,
    Self: ::auth_core::__private::Restore<__S>,
    __S: ::auth_core::__private::Supplies<Session<Self>>
        + ::auth_core::__private::Supplies<Authenticated<Self>>
        + ::auth_core::__private::Supplies<State<Db>>
        + ::auth_core::__private::SuppliesLast<Authenticated<Self>, __Via_me>
        + ::auth_core::__private::SuppliesLast<Json<Rename>, __Via_rename>,
{
    fn auth_routes() -> ::auth_core::__private::Router<__S> {
        enum __RuleOf_rename {}
        impl ::auth_core::__private::Rule<User> for __RuleOf_rename {
            const FRESH: ::core::option::Option<::core::time::Duration> = ::core::option::Option::Some(
                ::core::time::Duration::from_secs(300u64),
            );
            fn allows(someone: &User) -> bool {
                let predicate: fn(&User) -> bool = is_admin;
                predicate(someone)
            }
        }
        ::auth_core::__private::Routes::<Self, __S>::new()
            .login::<
                SignIn,
                (),
                Result<Self, LoginError>,
                Welcome,
                _,
                _,
            >(
                ::auth_core::__private::EndpointSpec::new(
                    ::auth_core::__private::MethodFilter::POST,
                    "/sign-in",
                    200u16,
                ),
                |form, ()| Self::login(form),
            )
            .logout::<
                (Session<Self>,),
                (),
                ::auth_core::LogoutResponse,
                _,
                _,
            >(
                ::auth_core::__private::EndpointSpec::new(
                    ::auth_core::__private::MethodFilter::POST,
                    "/logout",
                    200u16,
                ),
                |(a0,)| Self::logout(a0),
            )
            .refresh::<
                (Authenticated<Self>, State<Db>),
                Result<(), Error>,
                ::auth_core::RefreshResponse,
                _,
                _,
            >(
                ::auth_core::__private::EndpointSpec::new(
                    ::auth_core::__private::MethodFilter::POST,
                    "/refresh",
                    201u16,
                ),
                |(a0, a1)| Self::refresh(a0, a1),
            )
            .session()
            .endpoint::<
                ::auth_core::__private::endpoint::Method<624134510078873767u64>,
                (),
                Authenticated<Self>,
                Profile,
                Profile,
                _,
                _,
                __Via_me,
            >(
                ::auth_core::__private::EndpointSpec::new(
                    ::auth_core::__private::MethodFilter::GET,
                    "/me",
                    200u16,
                ),
                |(), last| Self::me(last),
            )
            .endpoint::<
                ::auth_core::__private::endpoint::Method<2258343417258958163u64>,
                (
                    ::auth_core::__private::Guard<Self, __RuleOf_rename>,
                    Authenticated<Self>,
                    State<Db>,
                ),
                Json<Rename>,
                Result<Json<Profile>, StatusCode>,
                Profile,
                _,
                _,
                __Via_rename,
            >(
                ::auth_core::__private::EndpointSpec::new(
                    ::auth_core::__private::MethodFilter::PATCH,
                    "/{id}/email",
                    200u16,
                ),
                |(_, a0, a1), last| Self::rename(a0, a1, last),
            )
            .endpoint::<
                ::auth_core::__private::endpoint::Method<17668176133136912546u64>,
                (),
                (),
                (),
                (),
                _,
                _,
                _,
            >(
                ::auth_core::__private::EndpointSpec::new(
                    ::auth_core::__private::MethodFilter::DELETE,
                    "/cache",
                    200u16,
                ),
                |(), ()| ::core::future::ready(Self::clear()),
            )
            .finish()
    }
}
