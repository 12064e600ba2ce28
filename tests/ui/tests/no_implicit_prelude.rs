//! Nothing is in scope but what the program names.
#![no_implicit_prelude]

#[::auth_core::auth_service("auth.cookies.memory", idle = "15m", max_sessions = 5)]
pub struct User {
    #[auth(id)]
    id: u64,
    email: ::std::string::String,
    #[auth(skip)]
    note: ::std::string::String,
}

#[derive(::serde::Deserialize, ::auth_core::Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: ::std::string::String,
    #[auth(secret)]
    password: ::auth_core::Secret,
}

#[::auth_core::auth_service]
impl User {
    #[expose_endpoint(post, "/login", response = Welcome)]
    async fn login(form: SignIn) -> ::std::result::Result<Self, ::auth_core::LoginError> {
        let _ = form.password;
        let note = ::std::string::String::new();
        ::std::result::Result::Ok(User { id: 1, email: form.email, note })
    }

    async fn authenticate(
        session: ::auth_core::Session<Self>,
    ) -> ::std::result::Result<::std::option::Option<Self>, ::std::io::Error> {
        let _ = session;
        ::std::result::Result::Ok(::std::option::Option::None)
    }

    #[expose_endpoint(get, "/me", response = Profile, require = anyone, fresh = "5m")]
    fn me(user: ::auth_core::Authenticated<Self>) -> Profile {
        let _ = user;
        Profile { nick: ::std::option::Option::None }
    }
}

fn anyone(user: &User) -> bool {
    let _ = (&user.email, &user.note);
    true
}

#[::auth_core::expose_response(User::login)]
struct Welcome {
    id: u64,
    expires_at: ::time::OffsetDateTime,
}

#[::auth_core::expose_response]
struct Profile {
    #[expose(skip_if_none)]
    nick: ::std::option::Option<u8>,
}

#[::core::prelude::v1::test]
fn builds() {
    let _: ::axum::Router = User::auth_routes().with_state(::auth_core::Auth::<User>::in_memory());
}
