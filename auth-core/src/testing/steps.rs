//! What endpoints and extractors ask of a handle, without HTTP: for histories of thousands of steps.

use uuid::Uuid;

use crate::{
    auth::{Attempt, Auth, Refreshed},
    contract::Contract,
    http::problem::Problem,
    session::{Device, Session, SessionInfo, token::Token},
    store::StoreResult,
};

/// The sessions of `E` in the hands of whoever holds their tokens, which are texts as cookies have them.
#[derive(Clone)]
pub struct Steps<E>(pub Auth<E>);

/// A login that has begun.
pub struct Begun(Attempt);

/// What a refresh is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// 401.
    Refused,
    /// 200 without a cookie: the token stays.
    Kept,
    /// 200 with a cookie.
    Replaced(String),
}

impl<E: Contract> Steps<E> {
    /// A login begins.
    ///
    /// # Errors
    ///
    /// When too many have, or the store cannot be reached.
    pub async fn begin(&self) -> Result<Begun, Problem> {
        Ok(Begun(self.0.attempt(self.0.login_begins(), "anybody", &Device::default()).await?))
    }

    /// Its credentials were right: the new session, and its token.
    ///
    /// # Errors
    ///
    /// When it was overtaken, or the store cannot be reached.
    pub async fn sign_in(
        &self,
        entity: &E,
        begun: &Begun,
        presented: Option<&str>,
    ) -> Result<(SessionInfo, String), Problem> {
        let presented = presented.and_then(parse);
        let (info, token) = self.0.sign_in(entity, &begun.0, presented, &Device::default()).await?;
        Ok((info, token.encode().to_string()))
    }

    /// They were right for a session that there is: its new token.
    ///
    /// # Errors
    ///
    /// When the token is not good, the check was overtaken, or the store cannot be reached.
    pub async fn reauthenticate(&self, entity: &E, begun: &Begun, token: &str) -> Result<String, Problem> {
        let token = parse(token).ok_or_else(Problem::not_signed_in)?;
        let (_, token) = self.0.reauthenticate(entity, &begun.0, &token, &Device::default()).await?;
        Ok(token.encode().to_string())
    }

    /// A request.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn authenticate(&self, token: &str) -> StoreResult<Option<Session<E>>> {
        match parse(token) {
            Some(token) => self.0.authenticate(&token).await,
            None => Ok(None),
        }
    }

    /// A refresh.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn refresh(&self, token: &str) -> StoreResult<Refresh> {
        let Some(token) = parse(token) else { return Ok(Refresh::Refused) };
        Ok(match self.0.refresh(&token).await? {
            None => Refresh::Refused,
            Some(Refreshed { successor: None, .. }) => Refresh::Kept,
            Some(Refreshed { successor: Some(token), .. }) => Refresh::Replaced(token.encode().to_string()),
        })
    }

    /// A logout: the session that it ended.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn sign_out(&self, token: &str) -> StoreResult<Option<Uuid>> {
        let Some(token) = parse(token) else { return Ok(None) };
        Ok(self.0.sign_out(&token).await?.map(|info| info.session_id))
    }

    /// Waits until what requests left to be done behind their backs is done.
    pub async fn settled(&self) {
        while !self.0.is_settled() {
            tokio::task::yield_now().await;
        }
    }
}

fn parse(token: &str) -> Option<Token> {
    Token::parse(token.as_bytes())
}
