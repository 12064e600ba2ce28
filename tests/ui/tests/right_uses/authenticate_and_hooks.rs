//! An entity that is reloaded on each request: nothing of it is kept, so no field needs serde or a mark.

use std::io;

use auth_core::{
    Auth, Authenticated, Credentials, LoginError, Secret, Session, auth_service, expose_response,
};
use axum::{
    Router,
    extract::{FromRef, State},
};
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
struct User {
    #[auth(id)]
    id: u64,
    password_hash: Hash,
}

struct Hash;

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    number: u64,
    #[auth(secret)]
    pin: Option<Secret>,
    #[auth(plain)]
    voucher_code: Option<String>,
}

#[auth_service]
impl User {
    const NOBODY: u64 = 0;

    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.pin.is_none() && form.voucher_code.is_none() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(User { id: form.number, password_hash: Hash })
    }

    #[expose_endpoint(get, "/who", response = Who, status = 203)]
    async fn authenticate(session: Session<Self>, State(db): State<Db>) -> Result<Option<Self>, io::Error> {
        let id = *session.principal();
        Ok((id != Self::NOBODY && db.0).then_some(User { id, password_hash: Hash }))
    }

    #[expose_endpoint(post, "/sign-out", response = Bye, status = 202)]
    async fn logout(_session: Session<Self>, _db: State<Db>) -> Result<(), io::Error> {
        Ok(())
    }

    #[expose_endpoint(post, "/renew", response = Renewed)]
    async fn refresh(user: Authenticated<Self>) {
        let Hash = user.password_hash;
    }
}

#[expose_response(User::authenticate)]
struct Who {
    #[expose(rename = "user")]
    id: u64,
    session_id: uuid::Uuid,
}

#[expose_response(User::logout)]
struct Bye {
    session_id: uuid::Uuid,
    created_at: time::OffsetDateTime,
}

#[expose_response(User::refresh)]
struct Renewed {
    id: u64,
    idle_expires_at: time::OffsetDateTime,
}

#[derive(Clone)]
struct Db(bool);

#[derive(Clone, FromRef)]
struct App {
    db: Db,
    users: Auth<User>,
}

#[test]
fn builds() {
    let _: Router = User::auth_routes().with_state(App { db: Db(true), users: Auth::in_memory() });
}
