use auth_core::{Auth, Credentials, LoginError, Secret, auth_service, expose_response};
use axum::Router;
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
pub struct User {
    #[auth(id)]
    id: u64,
    #[auth(keep)]
    access_token: String,
    // mended: own_token: String,
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
    #[expose_endpoint(post, "/login", response = Welcome)]
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        check(&form.password)?;
        Ok(User {
            id: 1,
            access_token: form.email,
            // mended: own_token: form.email,
        })
    }
}

#[expose_response(User::login)]
struct Welcome {
    id: u64,
    #[expose(keep)]
    access_token: String,
    // mended: own_token: String,
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
