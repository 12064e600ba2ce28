use auth_core::{Auth, Credentials, LoginError, Secret, auth_service};
use axum::Router;
use serde::Deserialize;

#[cfg_attr(all(), auth_service("auth.cookies.memory"))]
#[cfg_attr(any(), derive(Nothing))]
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

#[cfg_attr(all(), auth_service)]
impl User {
    #[cfg_attr(all(), inline)]
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }

    #[cfg(any())]
    fn helper() -> Nothing {}
}

#[cfg(any())]
#[auth_service("no.such.service")]
struct Other;

#[test]
fn builds() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
