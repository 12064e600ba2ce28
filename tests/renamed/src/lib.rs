//! A program that knows auth-core as `sessions`: what the macros write must do so too.
#![allow(clippy::unused_async, reason = "there is nothing to wait for")]

use serde::Deserialize;
use sessions::{Authenticated, Credentials, LoginError, Secret, Session, auth_service, expose_response};
use time::OffsetDateTime;

/// Who signs in.
#[auth_service("auth.cookies.memory", idle = "15m")]
pub struct User {
    #[auth(id)]
    id: u64,
    email: String,
}

/// How they do.
#[derive(Deserialize, Credentials)]
pub struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    #[expose_endpoint(post, "/login", response = Welcome)]
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(User { id: 1, email: form.email })
    }

    async fn authenticate(session: Session<Self>) -> Result<Option<Self>, std::io::Error> {
        Ok(Some(User { id: *session.principal(), email: String::new() }))
    }

    #[expose_endpoint(get, "/me", response = Profile, fresh = "5m")]
    fn me(user: Authenticated<Self>) -> Profile {
        Profile { email: user.email.clone() }
    }
}

/// What they are answered.
#[expose_response(User::login)]
pub struct Welcome {
    email: String,
    expires_at: OffsetDateTime,
}

/// What they see of themselves.
#[expose_response]
pub struct Profile {
    email: String,
}

#[cfg(test)]
mod tests {
    use sessions::{Auth, AuthEntity};

    use super::*;

    #[test]
    fn the_macros_find_the_crate_under_its_name() {
        let _ = User::auth_routes().with_state::<()>(Auth::<User>::in_memory());
        assert_eq!(User::SPEC.path, "/user");
        // Described without utoipa among the dependencies.
        assert!(User::openapi().paths.get_path_item("/user/me").is_some());
    }
}
