//! `rename`, `with`, `skip_if_none`, and serde's own attributes beside them.
use auth_core::{Auth, Credentials, LoginError, Secret, auth_service, expose_response};
use axum::Router;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[auth_service("auth.cookies.memory")]
pub struct User {
    #[auth(id)]
    id: u64,
    email: String,
    nick: Option<String>,
    #[auth(skip)]
    note: String,
    role: Role,
}

#[derive(Clone, Serialize, Deserialize)]
pub enum Role {
    Member,
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
    #[expose_endpoint(post, "/login", response = Welcome)]
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let _ = form.password;
        Ok(User { id: 1, email: form.email, nick: None, note: String::new(), role: Role::Member })
    }
}

#[expose_response(User::login)]
#[serde(rename_all = "camelCase")]
struct Welcome {
    #[expose(rename = "userId")]
    id: u64,
    #[expose(with = initials)]
    email: String,
    #[expose(skip_if_none)]
    nick: Option<String>,
    #[expose(keep, rename = "remark")]
    note: String,
    #[serde(skip)]
    #[allow(dead_code)]
    role: Role,
    #[expose(with = unix)]
    expires_at: i64,
    #[expose(from = session, rename = "since")]
    created_at: OffsetDateTime,
}

fn initials(email: &str) -> String {
    email.chars().take(1).collect()
}

fn unix(time: &OffsetDateTime) -> i64 {
    time.unix_timestamp()
}

#[test]
fn builds() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
