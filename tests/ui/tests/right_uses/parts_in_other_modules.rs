//! Struct, impl block and response models each in a module of its own; an alias; visibilities.
#![allow(dead_code)]

mod model {
    #[auth_core::auth_service("auth.cookies.memory")]
    pub(crate) struct User {
        #[auth(id)]
        pub(super) id: u64,
        pub(super) email: String,
    }
}

mod service {
    use auth_core::{Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};

    use super::model::User as Person;

    #[derive(serde::Deserialize, Credentials)]
    struct SignIn {
        #[auth(identifier)]
        email: String,
        #[auth(secret)]
        password: Secret,
    }

    #[auth_service]
    impl Person {
        async fn login(form: SignIn) -> Result<Self, LoginError> {
            let _ = form.password;
            Ok(Person { id: 1, email: form.email })
        }

        #[expose_endpoint(get, "/me", response = Mine)]
        async fn me(user: Authenticated<Person>) -> Mine {
            Mine { id: user.id }
        }
    }

    #[expose_response(Person::me)]
    struct Mine {
        id: u64,
    }
}

mod responses {
    #[auth_core::expose_response(super::model::User::login)]
    pub struct Welcome {
        email: String,
        session_id: uuid::Uuid,
    }
}

#[test]
fn builds() {
    let _: axum::Router = model::User::auth_routes().with_state(auth_core::Auth::<model::User>::in_memory());
}
