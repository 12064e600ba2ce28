use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};
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
    async fn me(user: Authenticated<Self>) -> Result<Profile, NotFound> {
        Ok(Profile {
            email: user.email.clone(),
        })
    }
}

struct NotFound;
// mended: struct NotFound;
// mended: impl axum::response::IntoResponse for NotFound {
// mended:     fn into_response(self) -> axum::response::Response {
// mended:         axum::http::StatusCode::NOT_FOUND.into_response()
// mended:     }
// mended: }

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
