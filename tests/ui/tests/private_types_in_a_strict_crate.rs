//! No warning comes from what is generated, and types of the program may stay private.
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use auth_core::{
    Auth, Authenticated, Credentials, IntoLoginError, LoginError, Secret, auth_service, expose_response,
};
use axum::{Json, Router, extract::State};
use serde::{Deserialize, Serialize};

/// A person who signs in.
#[auth_service("auth.cookies.memory")]
#[derive(Debug)]
pub struct User {
    #[auth(id)]
    id: u64,
    role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Role {
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

enum SignInError {
    Unknown,
}

impl IntoLoginError for SignInError {
    fn into_login_error(self) -> LoginError {
        match self {
            SignInError::Unknown => LoginError::InvalidCredentials,
        }
    }
}

#[auth_service]
impl User {
    #[expose_endpoint(post, "/login", response = Welcome)]
    async fn login(form: SignIn, State(db): State<Db>) -> Result<Self, SignInError> {
        let role = if form.email == db.admin { Role::Admin } else { Role::Member };
        if form.password.expose().is_empty() { Err(SignInError::Unknown) } else { Ok(User { id: 1, role }) }
    }

    #[expose_endpoint(post, "/role", response = Promoted, require = is_admin)]
    async fn promote(_user: Authenticated<Self>, Json(role): Json<Role>) -> Promoted {
        Promoted { role }
    }
}

fn is_admin(user: &User) -> bool {
    user.role == Role::Admin
}

#[expose_response(User::login)]
struct Welcome {
    id: u64,
    role: Role,
}

#[expose_response(User::promote)]
struct Promoted {
    role: Role,
}

#[derive(Clone)]
struct Db {
    admin: String,
}

#[derive(Clone, axum::extract::FromRef)]
struct App {
    db: Db,
    auth: Auth<User>,
}

#[test]
fn builds() {
    let app = App { db: Db { admin: String::new() }, auth: Auth::in_memory() };
    let _: Router = User::auth_routes().with_state(app);
}
