//! The program has types of its own with the names of everything that is generated.
#![allow(dead_code, non_camel_case_types)]

mod names {
    pub struct Result;
    pub struct Option;
    pub struct Some;
    pub struct Ok;
    pub struct String;
    pub struct Vec;
    pub struct Box;
    pub struct Session;
    pub struct Auth;
    pub struct Router;
    pub struct State;
    pub struct Default;
    pub struct Cow;
    pub struct S;
    pub struct K;
    pub struct Via;
    pub trait Clone {}
    pub trait Send {}
    pub trait Sync {}
    pub trait Serialize {}
    mod core {}
    mod std {}
    mod serde {}
    mod auth_core {}

    #[::auth_core::auth_service("auth.cookies.memory")]
    pub(crate) struct User {
        #[auth(id)]
        id: u64,
        pub email: ::std::string::String,
        #[auth(skip)]
        note: ::std::string::String,
        since: ::time::OffsetDateTime,
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
        async fn login(form: SignIn) -> ::core::result::Result<Self, ::auth_core::LoginError> {
            let _ = form.password;
            let note = ::std::string::String::new();
            ::core::result::Result::Ok(User {
                id: 1,
                email: form.email,
                note,
                since: ::time::OffsetDateTime::UNIX_EPOCH,
            })
        }

        #[expose_endpoint(get, "/me", require = entity)]
        pub(super) async fn me(a0: ::auth_core::Authenticated<Self>, last: ::auth_core::Session<Self>) {
            let _ = (a0, last);
        }
    }

    fn entity(user: &User) -> bool {
        user.note.is_empty()
    }

    #[::auth_core::expose_response(User::login)]
    struct Welcome {
        id: u64,
        since: ::time::OffsetDateTime,
    }
}

#[test]
fn builds() {
    let _: axum::Router = names::User::auth_routes().with_state(auth_core::Auth::<names::User>::in_memory());
}
