//! Password hashing: Argon2id, off the async threads, in a bounded pool. Needs the feature `password`.
//!
//! ```
//! use auth_core::{Secret, password::{Match, Passwords}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), auth_core::password::PasswordError> {
//! let passwords = Passwords::new();
//! let password = Secret::from("correct horse battery staple".to_owned());
//! let hash = passwords.hash(&password).await?;
//! assert_eq!(passwords.verify(Some(&hash), &password).await?, Match::Yes);
//! // Nobody of that name: it takes as long, and is a no.
//! assert_eq!(passwords.verify(None, &password).await?, Match::No);
//! # Ok(())
//! # }
//! ```
//!
//! In a handler, as at a sign-up, `?` makes an answer of what goes wrong:
//!
//! ```
//! use auth_core::{Problem, Secret, password::Passwords};
//! use axum::{Json, extract::State, http::StatusCode};
//!
//! # #[derive(serde::Deserialize)]
//! # struct SignUp { password: Secret }
//! async fn sign_up(
//!     State(passwords): State<Passwords>,
//!     Json(form): Json<SignUp>,
//! ) -> Result<StatusCode, Problem> {
//!     let hash = passwords.hash(&form.password).await?;
//!     // … the user is written to the database, with the hash …
//!     # let _ = hash;
//!     Ok(StatusCode::CREATED)
//! }
//! ```

use std::{fmt, sync::Arc, thread::available_parallelism};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use tokio::sync::Semaphore;

use crate::{
    http::problem::{Problem, ProblemType},
    secret::Secret,
};

/// The longest password, in bytes: more than the 64 characters that ASVS 5.0, 6.2.9 asks for, and no flood.
pub const LONGEST_PASSWORD: usize = 1024;

/// How many checks may wait for each that runs: about a second's worth.
const WAITING: usize = 32;

/// Checks and makes password hashes. Cheap to clone; all clones share one pool.
///
/// Argon2id with 19 MiB, 2 passes and 1 lane, the first choice of OWASP's Password Storage Cheat Sheet, on as many
/// threads at once as the machine has cores. When 32 more wait for each, it refuses with [`PasswordError::Busy`],
/// which `login` answers with 503.
#[derive(Clone)]
pub struct Passwords {
    pool: Arc<Pool>,
}

struct Pool {
    cost: Params,
    /// A hash of nothing: checked where there is no user, it takes as long as a real one.
    nobody: String,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

/// Whether a password fits a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It does not.
    No,
    /// It does.
    Yes,
    /// It does, and the hash was made with another cost or algorithm: make a new one while you have the password.
    YesButOutdated,
}

impl Match {
    /// Whether the password is right.
    #[must_use]
    pub fn is_yes(self) -> bool {
        self != Match::No
    }
}

/// Why a password was neither hashed nor checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// As many checks wait as may; try again later.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// Longer than [`LONGEST_PASSWORD`].
    #[error("a password may have {LONGEST_PASSWORD} bytes, found {0}")]
    TooLong(usize),
    /// A cost that Argon2 does not have.
    #[error("no cost of Argon2: {0}")]
    Cost(argon2::Error),
    /// Anything else.
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}

/// For a sign-up, or another password: a full pool is 503, one that is too long 422, anything else 500 and in the log.
impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Problem::new(ProblemType::Busy),
            PasswordError::TooLong(_) => Problem::new(ProblemType::Unprocessable),
            PasswordError::Cost(_) | PasswordError::Failed(_) => Problem::internal("password", &error),
        }
    }
}

impl Passwords {
    /// With the default cost, on as many threads as there are cores.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Params::DEFAULT, threads())
    }

    /// With another cost: memory in KiB, passes over it, lanes.
    ///
    /// # Errors
    ///
    /// When Argon2 has no such cost.
    pub fn with_cost(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, PasswordError> {
        let cost = Params::new(memory_kib, passes, lanes, None).map_err(PasswordError::Cost)?;
        Ok(Self::with(cost, threads()))
    }

    fn with(cost: Params, threads: usize) -> Self {
        let pool = Pool {
            nobody: nobody(&cost),
            cost,
            running: Arc::new(Semaphore::new(threads)),
            admitted: Arc::new(Semaphore::new(threads * (1 + WAITING))),
        };
        Passwords { pool: Arc::new(pool) }
    }

    /// The hash to keep, as a PHC string.
    ///
    /// # Errors
    ///
    /// When the password is longer than [`LONGEST_PASSWORD`], or the pool is full.
    pub async fn hash(&self, password: &Secret) -> Result<String, PasswordError> {
        let length = password.expose().len();
        if length > LONGEST_PASSWORD {
            return Err(PasswordError::TooLong(length));
        }
        let (password, hasher) = (password.clone(), self.pool.hasher());
        self.run(move || {
            let hash: PasswordHash = hasher
                .hash_password(password.expose().as_bytes())
                .map_err(|error| PasswordError::Failed(error.to_string()))?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether a password fits the kept hash of a user; `None` where there is no such user, which is a no that takes
    /// as long as any other (ASVS 5.0, 6.3.8).
    ///
    /// So is a kept hash that is none, as of an account that may not sign in with a password; it is logged. A hash of
    /// another cost takes another time, until it is made anew.
    ///
    /// # Errors
    ///
    /// When the pool is full.
    pub async fn verify(&self, hash: Option<&str>, password: &Secret) -> Result<Match, PasswordError> {
        let length = password.expose().len();
        let known = hash.filter(|hash| length <= LONGEST_PASSWORD && is_readable(hash));
        let hash = known.unwrap_or(&self.pool.nobody).to_owned();
        let (password, pool) = (password.clone(), Arc::clone(&self.pool));
        let matched = self.run(move || pool.matches(&hash, &password)).await?;
        Ok(if known.is_some() { matched } else { Match::No })
    }

    /// Runs work on a thread of its own, when one is free. What has begun goes on when the caller is gone, and keeps
    /// its place as long.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let failed = |error: &dyn fmt::Display| PasswordError::Failed(error.to_string());
        let admitted =
            Arc::clone(&self.pool.admitted).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let running = Arc::clone(&self.pool.running).acquire_owned().await.map_err(|error| failed(&error))?;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((running, admitted));
            result
        });
        task.await.map_err(|error| failed(&error))?
    }
}

impl Pool {
    fn hasher(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.cost.clone())
    }

    fn matches(&self, hash: &str, password: &Secret) -> Result<Match, PasswordError> {
        let hash = PasswordHash::new(hash).map_err(|error| PasswordError::Failed(error.to_string()))?;
        match self.hasher().verify_password(password.expose().as_bytes(), &hash) {
            Ok(()) if self.is_outdated(&hash) => Ok(Match::YesButOutdated),
            Ok(()) => Ok(Match::Yes),
            Err(password_hash::Error::PasswordInvalid) => Ok(Match::No),
            Err(error) => Err(PasswordError::Failed(error.to_string())),
        }
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        let same_cost = Params::try_from(hash).is_ok_and(|kept| cost(&kept) == cost(&self.cost));
        let same_algorithm =
            hash.algorithm == Algorithm::Argon2id.ident() && hash.version == Some(Version::V0x13.into());
        !(same_cost && same_algorithm)
    }
}

fn is_readable(hash: &str) -> bool {
    let readable =
        PasswordHash::new(hash).is_ok_and(|hash| Algorithm::try_from(hash.algorithm.as_str()).is_ok());
    if !readable {
        tracing::error!("a kept password hash is none of Argon2's, and fits no password");
    }
    readable
}

/// A hash of this cost that no password is known to have: its output is all zeros.
fn nobody(cost: &Params) -> String {
    let (salt, output) =
        (STANDARD_NO_PAD.encode([0; 16]), STANDARD_NO_PAD.encode([0; Params::DEFAULT_OUTPUT_LEN]));
    let (memory, passes, lanes) = (cost.m_cost(), cost.t_cost(), cost.p_cost());
    format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${output}")
}

fn threads() -> usize {
    available_parallelism().map_or(1, Into::into)
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("cost", &self.pool.cost).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::from(text.to_owned())
    }

    fn cheap() -> Passwords {
        Passwords::with_cost(64, 1, 1).unwrap()
    }

    #[tokio::test]
    async fn a_handler_answers_with_what_went_wrong() {
        let long = cheap().hash(&secret(&"a".repeat(LONGEST_PASSWORD + 1))).await.unwrap_err();
        assert_eq!(Problem::from(long).kind(), ProblemType::Unprocessable);
        assert_eq!(Problem::from(PasswordError::Busy).kind(), ProblemType::Busy);
        let failed = PasswordError::Failed("no thread".to_owned());
        assert_eq!(Problem::from(failed).kind(), ProblemType::Internal);
    }

    #[tokio::test]
    async fn a_password_fits_its_hash_only_and_is_taken_verbatim() {
        let passwords = cheap();
        let hash = passwords.hash(&secret(" Pässword ")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert_eq!(passwords.verify(Some(&hash), &secret(" Pässword ")).await.unwrap(), Match::Yes);
        for other in ["Pässword", " Pässword", " pässword ", " Pa\u{308}ssword ", ""] {
            assert_eq!(passwords.verify(Some(&hash), &secret(other)).await.unwrap(), Match::No, "{other}");
        }
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let passwords = cheap();
        for any in ["", "a", "\0"] {
            assert_eq!(passwords.verify(None, &secret(any)).await.unwrap(), Match::No);
        }
    }

    #[test]
    fn nobodys_hash_costs_what_a_real_one_does() {
        let passwords = Passwords::new();
        let nobody = PasswordHash::new(&passwords.pool.nobody).unwrap();
        assert!(!passwords.pool.is_outdated(&nobody));
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_or_algorithm_is_outdated() {
        let old = cheap().hash(&secret("x")).await.unwrap();
        let passwords = Passwords::with_cost(128, 1, 1).unwrap();
        assert_eq!(passwords.verify(Some(&old), &secret("x")).await.unwrap(), Match::YesButOutdated);
        let argon2i = Argon2::new(Algorithm::Argon2i, Version::V0x13, Params::new(128, 1, 1, None).unwrap());
        let hash: PasswordHash = argon2i.hash_password(b"x").unwrap();
        assert_eq!(
            passwords.verify(Some(&hash.to_string()), &secret("x")).await.unwrap(),
            Match::YesButOutdated
        );
    }

    #[tokio::test]
    async fn what_is_no_hash_fits_nothing_and_what_is_too_long_neither() {
        let passwords = cheap();
        for hash in
            ["plaintext", "", "!", "*", "$2b$12$GhvMmNVjRW29ulnudl.LbuAnUtN/LRfe1JsBm1Xu6LE3059z5Tr8m"]
        {
            let password = secret(hash);
            assert_eq!(passwords.verify(Some(hash), &password).await.unwrap(), Match::No, "{hash}");
        }
        let longest = secret(&"x".repeat(LONGEST_PASSWORD));
        let hash = passwords.hash(&longest).await.unwrap();
        assert!(passwords.verify(Some(&hash), &longest).await.unwrap().is_yes());
        let longer = secret(&"x".repeat(LONGEST_PASSWORD + 1));
        assert!(matches!(passwords.hash(&longer).await, Err(PasswordError::TooLong(_))));
        assert_eq!(passwords.verify(Some(&hash), &longer).await.unwrap(), Match::No);
    }

    #[tokio::test]
    async fn a_full_pool_refuses_and_has_room_again_afterwards() {
        let passwords = Passwords::with(Params::new(64, 1, 1, None).unwrap(), 1);
        let (release, gate) = std::sync::mpsc::channel::<()>();
        let blocked = tokio::spawn({
            let passwords = passwords.clone();
            async move {
                passwords.run(move || gate.recv().map_err(|e| PasswordError::Failed(e.to_string()))).await
            }
        });
        while passwords.pool.running.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let waiting: Vec<_> = (0..WAITING)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.verify(None, &secret("x")).await })
            })
            .collect();
        while passwords.pool.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(passwords.verify(None, &secret("x")).await, Err(PasswordError::Busy)));
        release.send(()).unwrap();
        blocked.await.unwrap().unwrap();
        for check in waiting {
            assert_eq!(check.await.unwrap().unwrap(), Match::No);
        }
        assert_eq!(passwords.verify(None, &secret("x")).await.unwrap(), Match::No);
    }
}
