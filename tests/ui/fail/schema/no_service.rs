use auth_core::{Auth, Credentials, LoginError, Secret, auth_service};
use axum::Router;
use serde::Deserialize;

#[auth_service(schema = "no_service.yaml")]
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

#[auth_service(schema = "no_service.yaml")]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        check(&form.password)?;
        Ok(User {
            id: 1,
            email: form.email,
        })
    }
}

fn check(password: &Secret) -> Result<(), LoginError> {
    if password.expose() == "open sesame" {
        Ok(())
    } else {
        Err(LoginError::InvalidCredentials)
    }
}

fn main() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
