//! A program that knows the crates by other names: the macros have to find out.

use redis_sessions::RedisStore;
use serde::Deserialize;
use sessions::{
    Auth, Authenticated, Credentials, LoginError, Secret, auth_router, auth_service, expose_response,
};

#[auth_service("auth.cookies.redis", schema = "schema.yaml")]
pub struct User {
    #[auth(id)]
    pub id: u64,
    pub email: String,
}

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
        if form.password.expose() == "open sesame" {
            Ok(User { id: 7, email: form.email })
        } else {
            Err(LoginError::InvalidCredentials)
        }
    }

    #[expose_endpoint(get, "/me", response = Profile)]
    async fn me(user: Authenticated<Self>) -> Profile {
        Profile { email: user.email.clone() }
    }
}

#[expose_response(User::login)]
pub struct Welcome {
    email: String,
}

#[expose_response]
pub struct Profile {
    email: String,
}

/// The program, with sessions in Redis.
///
/// # Errors
///
/// Where there is no Redis.
pub async fn program(redis: &str) -> Result<axum::Router, redis_sessions::ConnectError> {
    let auth = Auth::<User>::new(RedisStore::connect(redis).await?);
    Ok(auth_router!("schema.yaml").with_state(auth))
}

#[cfg(test)]
mod tests {
    use sessions::testing::TestClient;

    use super::*;

    #[tokio::test]
    async fn somebody_signs_in_and_is_known() {
        let mut client = TestClient::new(auth_router!("schema.yaml").with_state(Auth::<User>::in_memory()));
        assert_eq!(client.get("/people/me").await.status, 401);
        let form = serde_json::json!({ "email": "ann@example.com", "password": "open sesame" });
        let answer = client.post_json("/people/login", &form).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, r#"{"email":"ann@example.com"}"#));
        assert_eq!(client.get("/people/me").await.text(), r#"{"email":"ann@example.com"}"#);
    }

    #[test]
    fn it_describes_itself() {
        assert!(User::openapi().paths.paths.contains_key("/people/me"));
    }
}
