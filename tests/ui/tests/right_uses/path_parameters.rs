//! Parameters, and the arguments that take them.
use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service};
use axum::{
    Router,
    extract::{Path, RawPathParams, Request},
};
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
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

    #[expose_endpoint(delete, "/orders/{id}")]
    async fn one(_user: Authenticated<Self>, _id: Path<u64>) {}

    #[expose_endpoint(delete, "/orders/{id}/items/{item}")]
    async fn two(Path((_id, _item)): Path<(u64, u64)>, _user: Authenticated<Self>) {}

    #[expose_endpoint(delete, "/shops/{shop}/{customer}")]
    async fn named(axum::extract::Path(_): Path<Shop>) {}

    #[expose_endpoint(delete, "/files/{*rest}")]
    async fn rest(_rest: Path<String>) {}

    #[expose_endpoint(delete, "/raw/{a}/{b}")]
    async fn raw(_raw: RawPathParams) {}

    #[expose_endpoint(delete, "/all/{a}")]
    async fn all(_request: Request) {}

    #[expose_endpoint(delete, "/optional/{a}")]
    async fn optional(_id: Option<Path<u64>>, _user: Option<Authenticated<Self>>) {}
}

#[derive(Deserialize)]
struct Shop {
    #[allow(dead_code)]
    shop: String,
    #[allow(dead_code)]
    customer: String,
}

#[test]
fn builds() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
