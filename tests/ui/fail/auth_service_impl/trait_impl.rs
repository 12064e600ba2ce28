use auth_core::{Auth, Credentials, Secret, auth_service};
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

trait Login {}

#[auth_service]
impl Login for User {}
// mended: impl User {
// mended:     async fn login(form: SignIn) -> Result<Self, auth_core::LoginError> {
// mended:         Ok(User { id: 1, email: form.email })
// mended:     }
// mended: }

fn main() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
