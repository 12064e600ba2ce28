use auth_core::{Auth, Credentials, LoginError, auth_service};
use axum::Router;
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
pub struct User {
    #[auth(id)]
    id: u64,
    email: String,
}

#[derive(Deserialize, Credentials)]
struct SignIn(#[auth(identifier)] String);
// mended: struct SignIn {
// mended:     #[auth(identifier)]
// mended:     email: String,
// mended: }

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        Ok(User { id: 1, email: form.0 })
        // mended: Ok(User { id: 1, email: form.email })
    }
}

fn main() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
