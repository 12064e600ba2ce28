use auth_core::{Credentials, LoginError, auth_router, auth_service};
use axum::Router;
use serde::Deserialize;

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    number: u64,
}

#[auth_service(schema = "router_of_a_struct_that_is_not_there.yaml")]
pub struct User {
    #[auth(id)]
    id: u64,
}

#[auth_service(schema = "router_of_a_struct_that_is_not_there.yaml")]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        Ok(User { id: form.number })
    }
}

fn main() {
    let _: Router<auth_core::Auth<User>> = auth_router!("router_of_a_struct_that_is_not_there.yaml");
}
