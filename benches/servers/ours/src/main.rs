//! This library. Words on the command line change its settings.

use std::time::Duration;

use auth_core::{
    Auth, Authenticated, Credentials, LoginError, Secret, auth_service,
    throttle::{Rate, Throttle},
};
use auth_redis::{NearCache, RedisStore};
use axum::{Json, Router, routing::get};
use contest::Profile;

#[auth_service("auth.cookies.redis")]
struct User {
    #[auth(id)]
    id: u64,
    email: String,
}

#[derive(serde::Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let profile = contest::check(&form.email, form.password.expose());
        let Profile { id, email } = profile.ok_or(LoginError::InvalidCredentials)?;
        Ok(User { id, email })
    }
}

async fn me(user: Authenticated<User>) -> Json<Profile> {
    Json(Profile { id: user.id, email: user.email.clone() })
}

/// Counts as always, but lets everything through: all logins come from one address.
fn wide_throttle() -> Throttle {
    let wide = Rate { burst: 1_000_000, every: Duration::from_micros(1) };
    Throttle { network: wide, identifier: wide, both: wide }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> contest::Outcome {
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    let builder = RedisStore::builder(contest::redis_url());
    let builder = if asked("near-cache") { builder.near_cache(NearCache::default()) } else { builder };
    let throttle = (!asked("uncounted")).then(wide_throttle);
    let auth = Auth::<User>::new(builder.connect().await?).with_throttle(throttle);
    contest::serve(Router::new().merge(User::auth_routes()).route("/me", get(me)).with_state(auth)).await
}
