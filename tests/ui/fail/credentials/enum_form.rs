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
enum SignIn {
    Password {
        #[auth(identifier)]
        email: String,
    },
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let SignIn::Password { email } = form;
        Ok(User { id: 1, email })
    }
}

fn main() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
