//! Service, options and responses come from the schema.
use std::time::Duration;

use auth_core::{
    Auth, AuthEntity, Authenticated, Credentials, LoginError, Secret, auth_service, expose_response,
};
use axum::Router;
use serde::Deserialize;

#[auth_service]
struct Customer {
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
impl Customer {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }

    #[expose_endpoint(get, "/me")]
    async fn me(user: Authenticated<Self>) -> Profile {
        Profile { email: user.email.clone() }
    }
}

#[expose_response(Customer::login)]
struct Welcome {
    id: u64,
}

#[expose_response(Customer::authenticate)]
struct Shown {
    email: String,
    session_id: uuid::Uuid,
}

#[expose_response]
struct Profile {
    email: String,
}

#[test]
fn builds() {
    let spec = Customer::SPEC;
    assert_eq!((spec.name, spec.path, spec.cookie), ("customer", "/customers", "cid"));
    assert_eq!(spec.policy.idle(), Duration::from_secs(15 * 60));
    assert_eq!(spec.policy.limit().sessions.get(), 3);
    let _: Router = Customer::auth_routes().with_state(Auth::<Customer>::in_memory());
}
