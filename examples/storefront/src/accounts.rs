//! Suppliers, whose programs ask what was ordered of them.

use auth_core::{
    Authenticated, Credentials, LoginError, Problem, Secret, Session, auth_service, expose_response,
};
use axum::extract::State;
use serde::Deserialize;
use sqlx::{FromRow, SqlitePool};

use crate::{
    app::App,
    shop::{self, Sold},
};

/// Service and options are in `schema.yaml`.
#[auth_service]
#[derive(FromRow)]
pub(crate) struct Account {
    #[auth(id)]
    id: i64,
    #[auth(stamp)]
    secret_hash: String,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    name: String,
    #[auth(secret)]
    secret: Secret,
}

#[auth_service]
impl Account {
    async fn login(form: SignIn, State(app): State<App>) -> Result<Self, LoginError> {
        let account: Option<Account> = sqlx::query_as("SELECT id, secret_hash FROM account WHERE name = ?")
            .bind(&form.name)
            .fetch_optional(&app.database)
            .await?;
        let hash = account.as_ref().map(|account| account.secret_hash.as_str());
        let matches = app.passwords.verify(hash, &form.secret).await?;
        account.filter(|_| matches.is_yes()).ok_or(LoginError::InvalidCredentials)
    }

    async fn authenticate(
        session: Session<Self>,
        State(database): State<SqlitePool>,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT id, secret_hash FROM account WHERE id = ?")
            .bind(session.principal())
            .fetch_optional(&database)
            .await
    }

    /// How often each of the account's products was ordered.
    #[expose_endpoint(get, "/sold", response = Sales)]
    async fn sold(
        account: Authenticated<Self>,
        State(database): State<SqlitePool>,
    ) -> Result<Sales, Problem> {
        let products = shop::sold_by(&database, account.id).await.map_err(|error| {
            tracing::error!(%error, "the sales of an account cannot be counted");
            Problem::new(auth_core::ProblemType::Internal)
        })?;
        Ok(Sales { products })
    }
}

#[expose_response]
struct Sales {
    products: Vec<Sold>,
}
