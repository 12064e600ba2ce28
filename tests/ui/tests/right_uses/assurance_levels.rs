//! A level sets the lifetimes that are not given, within its limits.
use auth_core::{Auth, Credentials, LoginError, Secret, auth_service};
use axum::Router;
use serde::Deserialize;

#[auth_service("auth.cookies.memory", assurance = "aal3")]
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

#[auth_service("auth.cookies.memory", assurance = "aal1", idle = "7d", absolute = "30d")]
struct Reader {
    #[auth(id)]
    id: u64,
    email: String,
}

#[auth_service]
impl Reader {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }
}

#[test]
fn builds() {
    use auth_core::AuthEntity;
    let minutes = |n: u64| std::time::Duration::from_secs(60 * n);
    assert_eq!(User::SPEC.policy.idle(), minutes(15));
    assert_eq!(User::SPEC.policy.absolute(), minutes(12 * 60));
    assert_eq!(Reader::SPEC.policy.idle(), minutes(7 * 24 * 60));
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
    let _: Router = Reader::auth_routes().with_state(Auth::<Reader>::in_memory());
}
