//! One mistake in an entity is one error, though the document is asked for.

use sessions::{Credentials, LoginError, auth_service};

#[auth_service("auth.cookies.memory")]
struct User {
    #[auth(id)]
    id: u64,
    #[auth(id)]
    number: u64,
}

#[derive(serde::Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    name: u64,
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        Ok(User { id: form.name, number: form.name })
    }
}

fn main() {
    let _ = User::openapi();
}
