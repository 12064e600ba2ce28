//! Everything is documented, and stays so.
#![deny(missing_docs, rustdoc::all, warnings)]
use auth_core::{Auth, Credentials, LoginError, Secret, auth_service, expose_response};
use axum::Router;
use serde::Deserialize;

/// A person.
///
/// `{ "id": 1 }`
#[auth_service("auth.cookies.memory")]
pub struct User {
    /// A number.
    #[auth(id)]
    pub id: u64,
    /** Where mail goes. */
    pub email: String,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
/// How they sign in.
impl User {
    #![allow(clippy::unused_async)]
    /// Asks nobody.
    #[expose_endpoint(post, "/login", response = Welcome)]
    #[doc = "Really."]
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }
}

/// What they are told.
#[expose_response(User::login)]
pub struct Welcome {
    /// A number.
    pub id: u64,
}

#[test]
fn builds() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
