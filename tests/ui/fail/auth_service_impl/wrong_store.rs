use auth_core::{Auth, Credentials, LoginError, Secret, auth_service};
use serde::Deserialize;

#[auth_service("auth.cookies.redis")]
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
        check(&form.password)?;
        Ok(User {
            id: 1,
            email: form.email,
        })
    }
}

fn check(password: &Secret) -> Result<(), LoginError> {
    if password.expose() == "open sesame" {
        Ok(())
    } else {
        Err(LoginError::InvalidCredentials)
    }
}

fn main() {
    let _ = Auth::<User>::new(auth_core::MemoryStore::new());
    // mended: let _ = Auth::<User>::in_memory(); // or `Auth::new` with a RedisStore
}
