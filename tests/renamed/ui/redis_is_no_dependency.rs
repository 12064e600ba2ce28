use serde::Deserialize;
use sessions::{Credentials, LoginError, Secret, auth_service};

#[auth_service("auth.cookies.redis")]
pub struct User {
    #[auth(id)]
    id: u64,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    number: u64,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let _ = form.password;
        Ok(User { id: form.number })
    }
}

fn main() {}
