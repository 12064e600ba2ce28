use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};
use axum::{Router, extract::Path};
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

    #[expose_endpoint(post, "/users/{name}", response = Profile)]
    async fn you(user: Authenticated<Self>, _name: Path<String>) -> Profile {
        Profile {
            email: user.email.clone(),
        }
    }

    #[expose_endpoint(get, "/users/{id}", response = Profile)]
    // mended: #[expose_endpoint(get, "/users/{name}", response = Profile)]
    async fn me(user: Authenticated<Self>, _id: Path<u64>) -> Profile {
        Profile {
            email: user.email.clone(),
        }
    }
}

#[expose_response]
struct Profile {
    email: String,
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
