use auth_core::{Auth, Credentials, LoginError, auth_router, auth_service};
use axum::Router;
use serde::Deserialize;

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    number: u64,
}

#[auth_service(schema = "three_entities_and_a_router.yaml")]
pub struct User {
    #[auth(id)]
    id: u64,
}

#[auth_service(schema = "three_entities_and_a_router.yaml")]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        Ok(User { id: form.number })
    }
}

#[auth_service(schema = "three_entities_and_a_router.yaml")]
pub struct Guest {
    #[auth(id)]
    id: u64,
}

#[auth_service(schema = "three_entities_and_a_router.yaml")]
impl Guest {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        Ok(Guest { id: form.number })
    }
}

#[auth_service(schema = "three_entities_and_a_router.yaml")]
pub struct Partner {
    #[auth(id)]
    id: u64,
}

#[auth_service(schema = "three_entities_and_a_router.yaml")]
impl Partner {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        Ok(Partner { id: form.number })
    }
}

#[derive(Clone, axum::extract::FromRef)]
struct App {
    users: Auth<User>,
    guests: Auth<Guest>,
    partners: Auth<Partner>,
}

fn main() {
    let _: Router<App> = auth_router!("three_entities_and_a_router.yaml");
}
