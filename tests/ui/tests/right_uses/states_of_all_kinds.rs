//! The state is the handle itself, a struct, an `Arc`, comes late, or is generic; extractors ask for trait objects.
#![allow(dead_code)]

use std::sync::Arc;

use auth_core::{
    Auth, Authenticated, Credentials, LoginError, Secret, Session, auth_service,
    contract::{AuthRoutes, Restore},
};
use axum::{
    Router,
    extract::{FromRef, State},
    routing::get,
};
use serde::Deserialize;

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

trait Repo: Send + Sync {
    fn number(&self) -> u64;
}

#[auth_service("auth.cookies.memory")]
struct User {
    #[auth(id)]
    id: u64,
}

#[auth_service]
impl User {
    async fn login(form: SignIn, State(repo): State<Arc<dyn Repo>>) -> Result<Self, LoginError> {
        let _ = (form.email, form.password);
        Ok(User { id: repo.number() })
    }

    async fn authenticate(
        session: Session<Self>,
        State(repo): State<Arc<dyn Repo>>,
    ) -> Result<Option<Self>, LoginProblem> {
        Ok((*session.principal() == repo.number()).then_some(User { id: 1 }))
    }

    #[expose_endpoint(get, "/me")]
    async fn me(_user: Authenticated<Self>, State(_repo): State<Arc<dyn Repo>>) {}
}

type LoginProblem = std::io::Error;

#[auth_service("auth.cookies.memory")]
struct Account {
    #[auth(id)]
    id: String,
}

#[auth_service]
impl Account {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let _ = form.password;
        Ok(Account { id: form.email })
    }
}

#[derive(Clone, FromRef)]
struct App {
    repo: Arc<dyn Repo>,
    users: Auth<User>,
    accounts: Auth<Account>,
}

async fn both(
    user: Authenticated<User>,
    account: Option<Authenticated<Account>>,
    State(_): State<App>,
) -> String {
    format!("{} {}", user.id, account.is_some())
}

fn whole(state: App) -> Router {
    Router::new()
        .merge(User::auth_routes())
        .nest("/api/v1", Account::auth_routes())
        .route("/both", get(both))
        .with_state(state)
}

fn state_is_the_handle(accounts: Auth<Account>) -> Router {
    Account::auth_routes().with_state(accounts)
}

fn state_in_an_arc(state: Arc<App>) -> Router {
    Account::auth_routes().with_state(state)
}

fn state_of_its_own(accounts: Auth<Account>) -> Router<App> {
    Router::new().nest("/bank", Account::auth_routes().with_state(accounts))
}

fn state_later(state: App) -> Router {
    let routes = User::auth_routes();
    routes.route("/both", get(both)).with_state(state)
}

fn generic<S: Clone + Send + Sync + 'static, Via>() -> Router<S>
where
    User: AuthRoutes<S, Via> + Restore<S>,
    Account: AuthRoutes<S>,
{
    Router::new().merge(User::auth_routes()).merge(Account::auth_routes())
}

#[test]
fn builds() {}
