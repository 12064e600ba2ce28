use auth_core::{
    Auth, Authenticated, Credentials, LoginError, Secret, Session, auth_service, expose_response,
};
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

    #[expose_endpoint(get, "/me", response = Profile)]
    async fn me(
        user: Authenticated<Self>,
        _0: Session<Self>,
        _1: Session<Self>,
        _2: Session<Self>,
        _3: Session<Self>,
        _4: Session<Self>,
        _5: Session<Self>,
        _6: Session<Self>,
        _7: Session<Self>,
        _8: Session<Self>,
        _9: Session<Self>,
        _10: Session<Self>,
        _11: Session<Self>,
        _12: Session<Self>,
        // mended:
    ) -> Profile {
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
