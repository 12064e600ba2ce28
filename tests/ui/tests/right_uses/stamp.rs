//! A stamped field, with `authenticate`; it needs no other mark.
use auth_core::{Auth, AuthEntity, Credentials, LoginError, Secret, Session, auth_service};
use axum::Router;
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
pub struct User {
    #[auth(id)]
    id: u64,
    #[auth(stamp)]
    password_hash: String,
    #[auth(stamp)]
    disabled: bool,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    id: u64,
    #[auth(secret)]
    password: Secret,
}

fn user(id: u64, password_hash: &str) -> User {
    User { id, password_hash: password_hash.to_owned(), disabled: false }
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        Ok(user(form.id, form.password.expose()))
    }

    async fn authenticate(session: Session<Self>) -> Result<Option<Self>, std::io::Error> {
        Ok(Some(user(*session.principal(), "a hash")))
    }
}

#[test]
fn builds() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
    assert!(user(1, "a").stamp().is_some());
    assert_eq!(user(1, "a").stamp(), user(2, "a").stamp());
    assert_ne!(user(1, "a").stamp(), user(1, "b").stamp());
}
