#[automatically_derived]
impl<__K> ::auth_core::__private::openapi::Documented<__K> for User
where
    SignIn: ::auth_core::__private::openapi::Described<__K>,
    ::auth_core::LoginResponse: ::auth_core::__private::openapi::Described<__K>,
    ::auth_core::LogoutResponse: ::auth_core::__private::openapi::Described<__K>,
    ::auth_core::RefreshResponse: ::auth_core::__private::openapi::Described<__K>,
    ::auth_core::SessionInfo: ::auth_core::__private::openapi::Described<__K>,
    Profile: ::auth_core::__private::openapi::Described<__K>,
    (): ::auth_core::__private::openapi::Described<__K>,
{
    fn operations(
        to: ::auth_core::__private::openapi::Operations<Self>,
    ) -> ::auth_core::__private::openapi::Operations<Self> {
        #[allow(unused_imports)]
        use ::auth_core::__private::openapi::{
            FailsNever as _, FailsSomehow as _, FailsWithProblem as _, TellsAll as _,
            TellsNothing as _, TellsSome as _,
        };
        to.login::<
                SignIn,
                ::auth_core::LoginResponse,
                __K,
            >(
                ::auth_core::__private::EndpointSpec::post("/login", 200u16),
                &::auth_core::__private::openapi::About::of_contract(
                    "login",
                    " Signs in.\n\n By e-mail.",
                ),
                |operation| {
                    (&&&::auth_core::__private::openapi::Asked::<State<Db>>::NEW)
                        .tell(operation);
                },
            )
            .logout::<
                ::auth_core::LogoutResponse,
                __K,
            >(
                ::auth_core::__private::EndpointSpec::post("/logout", 200u16),
                &::auth_core::__private::openapi::About::of_contract("logout", ""),
                |operation| {
                    (&&&::auth_core::__private::openapi::Asked::<Session<Self>>::NEW)
                        .tell(operation);
                },
            )
            .refresh::<
                ::auth_core::RefreshResponse,
                __K,
            >(
                ::auth_core::__private::EndpointSpec::post("/refresh", 200u16),
                &::auth_core::__private::openapi::About::of_contract("refresh", ""),
                |_| (),
            )
            .authenticate::<
                ::auth_core::SessionInfo,
                __K,
            >(
                ::auth_core::__private::EndpointSpec::get("/session", 200u16),
                &::auth_core::__private::openapi::About::of_contract("session", ""),
            )
            .sessions()
            .endpoint::<
                Profile,
                __K,
            >(
                ::auth_core::__private::EndpointSpec::patch("/{id}", 200u16),
                &::auth_core::__private::openapi::About::method("rename", " Renames."),
                |operation| {
                    operation.requires::<Self>();
                    operation.fresh::<Self>();
                    (&&&::auth_core::__private::openapi::Asked::<
                        Result<Json<Profile>, Problem>,
                    >::NEW)
                        .fail(operation);
                    (&&&::auth_core::__private::openapi::Asked::<Path<Uuid>>::NEW)
                        .tell(operation);
                    (&&&::auth_core::__private::openapi::Asked::<Json<Rename>>::NEW)
                        .tell(operation);
                },
            )
            .endpoint::<
                (),
                __K,
            >(
                ::auth_core::__private::EndpointSpec::delete("/cache", 200u16),
                &::auth_core::__private::openapi::About::method("clear", ""),
                |operation| {
                    (&&&::auth_core::__private::openapi::Asked::<()>::NEW)
                        .fail(operation);
                },
            )
    }
}
