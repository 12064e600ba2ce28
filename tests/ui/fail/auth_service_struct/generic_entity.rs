use auth_core::{Credentials, LoginError, Secret, auth_service};
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
pub struct User<T> {
// mended: pub struct User {
    #[auth(id)]
    id: u64,
    email: String,
    extra: Option<T>,
    // mended: extra: Option<u8>,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl<T> User<T> {
// mended: impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        check(&form.password)?;
        Ok(User {
            id: 1,
            email: form.email,
            extra: None,
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

fn main() {}
