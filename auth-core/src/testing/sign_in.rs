//! Sessions without credentials.

use axum::http::HeaderValue;

use crate::{
    auth::Auth,
    contract::Contract,
    entity::AuthEntity,
    http::problem::Problem,
    session::{Device, token::Token},
};

impl<E: AuthEntity> Auth<E> {
    /// Opens a session for `entity` without any credentials, and gives the value of a `Cookie` header that presents it: for
    /// tests. Needs the feature `testing`. `login` is not called, and nothing is counted.
    ///
    /// ```
    /// use auth_core::{Auth, Problem, contract::Contract};
    /// use axum::http::{Request, header::COOKIE};
    ///
    /// async fn request<User: Contract>(auth: &Auth<User>, ann: &User) -> Result<Request<String>, Problem> {
    ///     let cookie = auth.sign_in_as(ann).await?;
    ///     Ok(Request::get("/orders").header(COOKIE, cookie).body(String::new()).unwrap())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As a login: when the store cannot be reached, or the entity has as many sessions as it may.
    pub async fn sign_in_as(&self, entity: &E) -> Result<HeaderValue, Problem>
    where
        E: Contract,
    {
        let pair = format!("{}={}", self.cookie().name(), *self.token_for(entity).await?.encode());
        let mut value = HeaderValue::try_from(pair).map_err(|error| Problem::internal("cookie", &error))?;
        value.set_sensitive(true);
        Ok(value)
    }

    pub(super) async fn token_for(&self, entity: &E) -> Result<Token, Problem>
    where
        E: Contract,
    {
        let (_, token) = self.sign_in(entity, &self.uncounted(), None, &Device::default()).await?;
        Ok(token)
    }
}
