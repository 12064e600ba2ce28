//! A program with the crates without their default features.

use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service};
use auth_redis::{ConnectError, RedisStore};
use axum::{Router, routing::get};

#[auth_service("auth.cookies.redis", "auth.bearer.redis", idle = "15m")]
struct User {
    #[auth(id)]
    id: u64,
}

#[derive(serde::Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    name: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let right = form.name == "ann" && form.password.expose() == "open sesame";
        if right { Ok(User { id: 7 }) } else { Err(LoginError::InvalidCredentials) }
    }
}

async fn program(redis: &str) -> Result<Router, ConnectError> {
    let auth = Auth::<User>::new(RedisStore::connect(redis).await?);
    let me = async |user: Authenticated<User>| user.id.to_string();
    Ok(User::auth_routes().route("/me", get(me)).with_state(auth))
}

/// Where Redis is is the first argument; without it, it is refused what TLS would be needed for.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let redis = std::env::args().nth(1).unwrap_or_else(|| "rediss://127.0.0.1".to_owned());
    match program(&redis).await {
        Ok(_) => println!("connected"),
        Err(error) => println!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn without_the_feature_there_is_no_tls() {
        let error = program("rediss://127.0.0.1:1").await.expect_err("there is no TLS");
        assert!(error.to_string().contains("tls"), "{error}");
    }
}
