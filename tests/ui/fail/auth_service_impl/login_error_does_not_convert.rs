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

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, NoSuchUser> {
        Ok(User {
            id: 1,
            email: form.email,
        })
    }
}

struct NoSuchUser;
// mended: struct NoSuchUser;
// mended:
// mended: impl auth_core::IntoLoginError for NoSuchUser {
// mended:     fn into_login_error(self) -> auth_core::LoginError {
// mended:         auth_core::LoginError::InvalidCredentials
// mended:     }
// mended: }

fn main() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
