use auth_core::{Auth, Credentials, LoginError, Secret, auth_service};
use axum::Router;
use serde::Deserialize;

#[auth_service(idle = "15m")]
// mended: #[auth_service("auth.cookies.memory", idle = "15m")]
pub struct Stranger {
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
impl Stranger {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        check(&form.password)?;
        Ok(Stranger {
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
    let _: Router = Stranger::auth_routes().with_state(Auth::<Stranger>::in_memory());
}
