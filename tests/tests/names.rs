//! Two entities of one name cannot share a store.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use auth_core::{Auth, AuthEntity, MemoryStore};
use auth_redis::RedisStore;
use auth_tests::RedisServer;

mod shop {
    use auth_core::{Credentials, LoginError, Secret, auth_service};

    #[auth_service("auth.cookies.redis")]
    pub(crate) struct User {
        #[auth(id)]
        id: u64,
    }

    #[derive(serde::Deserialize, Credentials)]
    struct SignIn {
        #[auth(identifier)]
        id: u64,
        #[auth(secret)]
        password: Secret,
    }

    #[auth_service]
    impl User {
        async fn login(form: SignIn) -> Result<Self, LoginError> {
            if form.password.expose().is_empty() {
                Err(LoginError::InvalidCredentials)
            } else {
                Ok(User { id: form.id })
            }
        }
    }
}

use auth_tests::app::User;

#[tokio::test]
#[should_panic(expected = "are both named `user` in one store")]
async fn in_memory() {
    let store = Arc::new(MemoryStore::new());
    let _users: Auth<User> = Auth::testing(Arc::clone(&store));
    let _shop: Auth<shop::User> = Auth::testing(store);
}

#[tokio::test]
#[should_panic(expected = "are both named `user` in one store")]
async fn in_redis_over_two_connections() {
    let redis = RedisServer::start().await;
    let _users: Auth<User> = Auth::new(RedisStore::connect(redis.url()).await.unwrap());
    let _shop: Auth<shop::User> = Auth::new(RedisStore::connect(redis.url()).await.unwrap());
}

#[tokio::test]
async fn in_stores_of_their_own_or_with_a_prefix_they_can() {
    let redis = RedisServer::start().await;
    let connect =
        async |prefix: &str| RedisStore::builder(redis.url()).prefix(prefix).connect().await.unwrap();
    let users: Auth<User> = Auth::new(connect("one:").await);
    let shop: Auth<shop::User> = Auth::new(connect("two:").await);
    let again: Auth<User> = Auth::new(connect("one:").await);
    let _ = (users, shop, again, Auth::<shop::User>::in_memory(), Auth::<User>::in_memory());
    assert_eq!(<shop::User as AuthEntity>::SPEC.name, <User as AuthEntity>::SPEC.name);
}
