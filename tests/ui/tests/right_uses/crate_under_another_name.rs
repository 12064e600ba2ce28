//! The program calls the crate something else in its own scope.
use auth_core as sessions;
use sessions::{LoginError, auth_service as entity, expose_response as response};

#[entity("auth.cookies.memory")]
struct User {
    #[auth(id)]
    id: u64,
    email: String,
}

#[derive(serde::Deserialize, sessions::Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
}

#[entity]
impl User {
    #[sessions::expose_endpoint(post, "/login", response = Welcome)]
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        Ok(User { id: 1, email: form.email })
    }
}

#[response(User::login)]
struct Welcome {
    id: u64,
}

#[test]
fn builds() {
    let _: axum::Router = User::auth_routes().with_state(sessions::Auth::<User>::in_memory());
}
