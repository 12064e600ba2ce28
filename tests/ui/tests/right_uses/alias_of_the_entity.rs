//! Types are known by what they are, whatever they are called.
use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};
use axum::{Json, Router};
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

type Me = User;
type Outcome<T> = Result<T, LoginError>;
type Form = SignIn;
type Known = Authenticated<Me>;
type Shown = Json<Profile>;

#[auth_service]
impl Me {
    #[expose_endpoint(post, "/login", response = Hello)]
    async fn login(form: Form) -> Outcome<Me> {
        let _ = form.password;
        Ok(Me { id: 1, email: form.email })
    }

    #[expose_endpoint(get, "/me", response = Profile)]
    async fn me(user: Known) -> Shown {
        Json(Profile { email: user.email.clone() })
    }
}

type Hello = Welcome;

#[expose_response(Me::login)]
struct Welcome {
    id: u64,
}

#[expose_response(User::me)]
struct Profile {
    email: String,
}

#[test]
fn builds() {
    let _: Router = Me::auth_routes().with_state(Auth::<Me>::in_memory());
}
