//! Raw identifiers, and names that look like what is generated.
use auth_core::{Auth, Credentials, LoginError, Secret, auth_service};
use axum::Router;
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
pub struct r#Match {
    #[auth(id)]
    r#type: u64,
    r#fn: String,
    entity: u8,
    session: u8,
    to: u8,
    from: u8,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl r#Match {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let _ = form.password;
        Ok(Self { r#type: 1, r#fn: form.email, entity: 0, session: 0, to: 0, from: 0 })
    }

    #[expose_endpoint(post, "/move")]
    async fn r#move() {}
}

#[auth_core::expose_response(r#Match::login)]
#[allow(dead_code)]
struct Welcome {
    r#type: u64,
    r#fn: String,
    entity: u8,
    session: u8,
}

#[test]
fn builds() {
    let _: Router = r#Match::auth_routes().with_state(Auth::<r#Match>::in_memory());
}
