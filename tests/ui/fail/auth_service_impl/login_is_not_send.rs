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
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let counter = std::rc::Rc::new(1);
        // mended: let counter = std::sync::Arc::new(1);
        wait().await;
        Ok(User {
            id: *counter,
            email: form.email,
        })
    }
}

async fn wait() {}

fn main() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
