use auth_core::{Auth, Credentials, LoginError, Secret, auth_service};
use axum::Router;
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
pub struct User {
    #[auth(id)]
    id: u64,
    email: String,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    // mistake:
    async fn login(form: SignIn) -> Result<String, LoginError> {
        Ok(form.email)
    // mended: async fn login(form: SignIn) -> Result<Self, LoginError> {
    // mended:     Ok(User { id: 1, email: form.email })
    }
}

fn main() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
