use std::time::Duration;

use auth_core::{AuthEntity, Credentials, LoginError, Secret, auth_service};
use serde::Deserialize;

#[auth_service(
    "auth.cookies.redis",
    name = "member",
    path = "/api/v1/member",
    cookie = "sid",
    idle = "15m",
    absolute = "12h",
    max_sessions = 5
)]
struct User {
    #[auth(id)]
    id: u64,
    #[auth(skip)]
    #[allow(dead_code)]
    password_hash: String,
    #[auth(keep)]
    token_budget: u32,
    has_password: bool,
    r#type: Option<String>,
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
        let _ = (form.email, form.password);
        let password_hash = String::new();
        Ok(User {
            id: 1,
            has_password: !password_hash.is_empty(),
            password_hash,
            token_budget: 3,
            r#type: None,
        })
    }
}

#[test]
fn builds() {
    let spec = User::SPEC;
    assert_eq!((spec.name, spec.path, spec.cookie), ("member", "/api/v1/member", "sid"));
    assert_eq!(spec.policy.idle(), Duration::from_secs(15 * 60));
    assert_eq!(spec.policy.absolute(), Duration::from_secs(12 * 3600));
    assert_eq!(spec.policy.limit().sessions.get(), 5);
    assert_eq!(spec.fields, ["id", "password_hash", "token_budget", "has_password", "type"]);
    let _ = User::auth_routes::<auth_core::Auth<User>, _>;
}
