//! People who sign in with an e-mail address and a password.

use auth_core::{
    Authenticated, Credentials, LoginError, Problem, Secret, Session, auth_service, expose_response,
};
use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, SqlitePool};
use utoipa::ToSchema;

use crate::app::App;

/// Service and options are in `schema.yaml`.
#[auth_service]
#[derive(Clone, FromRow)]
pub(crate) struct User {
    #[auth(id)]
    pub(crate) id: i64,
    pub(crate) email: String,
    #[auth(stamp)] // another password ends the sessions that were opened with this one
    password_hash: String,
    pub(crate) admin: bool,
    pub(crate) disabled: bool,
}

#[derive(Deserialize, Credentials)]
pub(crate) struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    /// Whether somebody is there or not, it takes as long and says the same.
    async fn login(form: SignIn, State(app): State<App>) -> Result<Self, LoginError> {
        let user = User::with_email(&app.database, &form.email).await?;
        let hash = user.as_ref().map(|user| user.password_hash.as_str());
        let matches = app.passwords.verify(hash, &form.password).await?;
        user.filter(|user| matches.is_yes() && !user.disabled).ok_or(LoginError::InvalidCredentials)
    }

    /// On each request, so that whoever is disabled or no longer an administrator is so at once.
    async fn authenticate(
        session: Session<Self>,
        State(database): State<SqlitePool>,
    ) -> Result<Option<Self>, sqlx::Error> {
        let user = User::with_id(&database, *session.principal()).await?;
        Ok(user.filter(|user| !user.disabled))
    }

    /// Who is signed in, for scripts.
    #[expose_endpoint(get, "/me", response = Profile)]
    async fn me(user: Authenticated<Self>) -> Profile {
        Profile { email: user.email.clone() }
    }

    /// All users, for an administrator's scripts. The page of it is `pages/admin.rs`.
    #[expose_endpoint(get, "/all", response = Everybody, require = User::is_admin)]
    async fn everybody(State(database): State<SqlitePool>) -> Result<Everybody, Problem> {
        let users = User::all(&database).await.map_err(|error| {
            tracing::error!(%error, "the users cannot be listed");
            Problem::new(auth_core::ProblemType::Internal)
        })?;
        let shown = |user: User| Listed { id: user.id, email: user.email, disabled: user.disabled };
        Ok(Everybody { users: users.into_iter().map(shown).collect() })
    }

    pub(crate) fn is_admin(&self) -> bool {
        self.admin
    }
}

#[expose_response]
struct Profile {
    email: String,
}

#[expose_response]
struct Everybody {
    users: Vec<Listed>,
}

#[derive(Serialize, ToSchema)]
struct Listed {
    id: i64,
    email: String,
    disabled: bool,
}

/// The users in the database.
impl User {
    pub(crate) async fn with_id(database: &SqlitePool, id: i64) -> sqlx::Result<Option<Self>> {
        sqlx::query_as("SELECT * FROM user WHERE id = ?").bind(id).fetch_optional(database).await
    }

    async fn with_email(database: &SqlitePool, email: &str) -> sqlx::Result<Option<Self>> {
        sqlx::query_as("SELECT * FROM user WHERE email = ?").bind(email.trim()).fetch_optional(database).await
    }

    pub(crate) async fn all(database: &SqlitePool) -> sqlx::Result<Vec<Self>> {
        sqlx::query_as("SELECT * FROM user ORDER BY email").fetch_all(database).await
    }

    /// Where the address is taken, nothing changes, and nobody is told: it would say who is a customer.
    pub(crate) async fn sign_up(database: &SqlitePool, email: &str, password_hash: &str) -> sqlx::Result<()> {
        sqlx::query("INSERT INTO user (email, password_hash) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(email.trim())
            .bind(password_hash)
            .execute(database)
            .await?;
        Ok(())
    }

    /// The user as it is from then on.
    pub(crate) async fn set_password_hash(
        &self,
        database: &SqlitePool,
        password_hash: String,
    ) -> sqlx::Result<Self> {
        sqlx::query("UPDATE user SET password_hash = ? WHERE id = ?")
            .bind(&password_hash)
            .bind(self.id)
            .execute(database)
            .await?;
        Ok(User { password_hash, ..self.clone() })
    }

    pub(crate) async fn set_disabled(database: &SqlitePool, id: i64, disabled: bool) -> sqlx::Result<()> {
        sqlx::query("UPDATE user SET disabled = ? WHERE id = ?")
            .bind(disabled)
            .bind(id)
            .execute(database)
            .await?;
        Ok(())
    }
}

/// An administrator: what `require` is to an endpoint, this is to a page.
pub(crate) struct Admin(pub(crate) Authenticated<User>);

impl FromRequestParts<App> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let user = Authenticated::<User>::from_request_parts(parts, app).await?;
        if user.is_admin() { Ok(Admin(user)) } else { Err(Problem::not_allowed()) }
    }
}
