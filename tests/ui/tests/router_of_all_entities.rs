//! `auth_router!`, and a service of the program's own.
#![deny(warnings)]

use auth_core::{
    Auth, AuthEntity, Credentials, LoginError, MemoryStore, Secret, Service, auth_router, auth_service,
};
use axum::{Router, extract::FromRef};
use serde::Deserialize;

pub enum CookiesLocal {}

impl Service for CookiesLocal {
    const ID: &'static str = "auth.cookies.local";
    type Store = MemoryStore;
}

#[auth_service]
struct Person {
    #[auth(id)]
    id: u64,
    email: String,
}

#[auth_service]
struct Customer {
    #[auth(id)]
    id: u64,
    email: String,
}

mod guests {
    use super::*;

    #[auth_service]
    pub struct Guest {
        #[auth(id)]
        id: u64,
        pub email: String,
    }

    #[auth_service]
    impl Guest {
        async fn login(form: SignIn) -> Result<Self, LoginError> {
            if form.password.expose().is_empty() {
                return Err(LoginError::InvalidCredentials);
            }
            Ok(Self { id: 1, email: form.email })
        }
    }
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl Person {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }
}

#[auth_service]
impl Customer {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }

    #[expose_endpoint(get, "/me")]
    async fn me(user: auth_core::Authenticated<Self>) -> Profile {
        Profile { email: user.email.clone() }
    }
}

#[auth_core::expose_response(Customer::authenticate)]
struct Shown {
    session_id: uuid::Uuid,
}

#[auth_core::expose_response(Customer::login)]
struct Welcome {
    id: u64,
}

#[auth_core::expose_response]
struct Profile {
    email: String,
}

#[derive(Clone, FromRef)]
struct App {
    people: Auth<Person>,
    customers: Auth<Customer>,
    guests: Auth<guests::Guest>,
}

#[test]
fn builds() {
    let app = App {
        people: Auth::in_memory(),
        customers: Auth::in_memory(),
        guests: Auth::new(MemoryStore::new()),
    };
    let _: Router = Router::new().merge(auth_router!("schema.yaml")).with_state(app.clone());
    let _: Router = auth_router!().with_state(app);
    assert_eq!(<guests::Guest as AuthEntity>::SPEC.path, "/guest");
    let _ = |person: Person, guest: guests::Guest| (person.email, guest.email);
}
