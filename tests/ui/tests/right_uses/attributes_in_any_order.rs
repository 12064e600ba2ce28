#![allow(dead_code)]
use auth_core::{Auth, Credentials, LoginError, Secret, auth_service, expose_response};
use axum::Router;
use serde::Deserialize;

#[derive(Clone)]
#[allow(clippy::module_name_repetitions)]
#[auth_service("auth.cookies.memory")]
#[derive(Debug)]
#[must_use]
pub struct User {
    #[allow(unused)]
    #[auth(id)]
    id: u64,
    #[auth(keep)]
    #[doc(hidden)]
    email: String,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[allow(clippy::unused_async)]
#[auth_service]
#[allow(unused)]
impl User {
    #[must_use = "or nobody signs in"]
    #[expose_endpoint(post, "/login", response = Welcome)]
    #[doc(hidden)]
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }
}

#[derive(Debug)]
#[expose_response(User::login)]
#[derive(Clone)]
#[serde(rename_all = "camelCase")]
struct Welcome {
    #[serde(rename = "identity")]
    id: u64,
    #[expose(keep)]
    #[allow(unused)]
    email: String,
}

#[test]
fn builds() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
