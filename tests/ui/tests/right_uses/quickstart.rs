//! The product in one page.

use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};
use axum::{
    Json, Router,
    extract::{FromRef, State},
    routing::get,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// A person who signs in.
#[auth_service("auth.cookies.redis")]
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    #[auth(id)]
    pub id: Uuid,
    pub email: String,
    pub role: Role,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Role {
    Member,
    Admin,
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
    /// Checks an e-mail address and a password.
    #[expose_endpoint(post, "/login", response = Welcome)]
    async fn login(form: SignIn, State(db): State<Db>) -> Result<Self, LoginError> {
        let id: u128 = db.0.parse()?;
        if form.password.expose() != "open sesame" {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(User { id: Uuid::from_u128(id), email: form.email, role: Role::Member })
    }

    /// The signed-in user's own profile.
    #[expose_endpoint(get, "/me", response = Profile)]
    async fn me(user: Authenticated<Self>) -> Profile {
        Profile { email: user.email.clone() }
    }

    /// Changes the e-mail address.
    #[expose_endpoint(patch, "/email", response = Profile, require = User::is_admin, fresh = "5m")]
    async fn rename(
        _user: Authenticated<Self>,
        Json(body): Json<Rename>,
    ) -> Result<Json<Profile>, auth_core::Problem> {
        Ok(Json(Profile { email: body.email }))
    }

    fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

#[derive(Deserialize)]
struct Rename {
    email: String,
}

#[expose_response(User::login)]
pub struct Welcome {
    id: Uuid,
    email: String,
    expires_at: OffsetDateTime,
}

#[expose_response]
struct Profile {
    email: String,
}

#[derive(Clone)]
struct Db(String);

#[derive(Clone, FromRef)]
struct AppState {
    db: Db,
    auth: Auth<User>,
}

async fn orders(user: Authenticated<User>) -> String {
    user.email.clone()
}

#[test]
fn builds() {
    let state = AppState { db: Db("7".to_owned()), auth: Auth::in_memory() };
    let _: Router = Router::new().merge(User::auth_routes()).route("/orders", get(orders)).with_state(state);
}
