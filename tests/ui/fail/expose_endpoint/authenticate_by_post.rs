use auth_core::{Auth, Credentials, LoginError, Secret, Session, auth_service};
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
        check(&form.password)?;
        Ok(User {
            id: 1,
            email: form.email,
        })
    }

    #[expose_endpoint(post, "/whoami")]
    // mended: #[expose_endpoint(get, "/whoami")]
    async fn authenticate(session: Session<Self>) -> Result<Option<Self>, std::io::Error> {
        Ok(Some(User {
            id: *session.principal(),
            email: String::new(),
        }))
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
