use auth_core::{Credentials, LoginError, Secret, auth_service};
use axum::{Router, extract::FromRef};
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

#[derive(Clone, FromRef)]
struct App {
    name: String,
    // mended: auth: auth_core::Auth<User>,
}

fn main() {
    let app = App { name: String::new() };
    // mended: let app = App { auth: auth_core::Auth::in_memory() };
    let _: Router = User::auth_routes().with_state(app);
}
