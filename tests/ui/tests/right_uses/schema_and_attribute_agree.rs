//! An option that is said in both places, with one value; and an entity that the schema does not know.
use auth_core::{AuthEntity, Credentials, LoginError, Secret, auth_service};
use serde::Deserialize;

#[auth_service("auth.cookies.memory", idle = "900s", schema = "schema.yaml")]
struct Customer {
    #[auth(id)]
    id: u64,
    email: String,
}

#[auth_service("auth.cookies.memory")]
struct Stranger {
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

#[auth_service(schema = "schema.yaml")]
impl Customer {
    #[expose_endpoint(post, "/login", response = Welcome)]
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }

    #[expose_endpoint(get, "/me", response = Profile)]
    async fn me() -> Profile {
        Profile {}
    }
}

#[auth_service]
impl Stranger {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }
}

#[auth_core::expose_response]
struct Profile {}

#[auth_core::expose_response(Customer::authenticate)]
struct Shown {
    session_id: uuid::Uuid,
}

#[auth_core::expose_response(Customer::login)]
struct Welcome {
    id: u64,
}

#[test]
fn builds() {
    assert_eq!(Customer::SPEC.path, "/customers");
    assert_eq!(Stranger::SPEC.path, "/stranger");
}
