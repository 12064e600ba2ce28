//! A marker of the program's own, with an id of its own.
use auth_core::{Auth, Credentials, LoginError, Secret, auth_service};
use axum::Router;
use serde::Deserialize;

#[auth_service("auth.cookies.local", service = services::Local)]
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
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }
}

mod services {
    pub enum Local {}

    impl auth_core::Service for Local {
        const ID: &'static str = "auth.cookies.local";
        type Store = auth_core::MemoryStore;
    }
}

#[test]
fn builds() {
    let auth = Auth::<User>::new(auth_core::MemoryStore::new());
    let _: Router = User::auth_routes().with_state(auth);
}
