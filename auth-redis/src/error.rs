//! What goes wrong, in words that hold no secret.

use auth_core::store::StoreError;
use fred::error::{Error, ErrorKind};

/// Why no [`RedisStore`](crate::RedisStore) could be connected. No message holds the password.
///
/// ```
/// use auth_redis::{ConnectError, RedisStore};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let error = RedisStore::connect("redis:/127.0.0.1").await.unwrap_err();
/// assert!(matches!(error, ConnectError::Address(_)));
/// assert_eq!(
///     error.to_string(),
///     "found a Redis address with no scheme, expected redis://[[user]:password@]host[:port][/database]"
/// );
/// # });
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is not one.
    #[error("found a Redis address with {0}")]
    Address(String),
    /// TLS cannot be set up on this side.
    #[error("TLS to Redis cannot be set up: {0}")]
    Tls(String),
    /// Nobody answers there, or nobody who can be trusted.
    #[error("the Redis server at {server} cannot be reached: {reason}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What the attempt ended with.
        reason: String,
    },
    /// The server answers, and says no: wrong password, missing permissions, still loading.
    #[error("the Redis server at {server} refuses: {reason}")]
    Refused {
        /// Host and port.
        server: String,
        /// The server's words.
        reason: String,
    },
    /// The server is older than Redis 7.0.
    #[error(
        "the Redis server at {server} is version {version}, and 7.0 is the first that has script flags; upgrade it"
    )]
    TooOld {
        /// Host and port.
        server: String,
        /// What it says it is.
        version: String,
    },
    /// The server has only some of the keys, and the URL is that of a server that has all.
    #[error(
        "the Redis server at {server} is a node of a Cluster; connect with redis-cluster:// in place of redis://"
    )]
    ClusterNode {
        /// Host and port.
        server: String,
    },
    /// The server is a replica: what is read there may be old, and nothing can be written.
    #[error("the Redis server at {server} is a replica, and sessions need the primary; connect to {primary}")]
    Replica {
        /// Host and port.
        server: String,
        /// Host and port of its primary.
        primary: String,
    },
}

/// Why an operation failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Of its keys, which are on their way from one node of a Cluster to another, some have arrived and some have not.
    /// Nothing was done.
    HalfWay,
    Store(StoreError),
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        if error.details().starts_with("TRYAGAIN") { Failure::HalfWay } else { store_error(error).into() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::HalfWay => {
                StoreError::unavailable("keys are on their way to another node of the Cluster")
            }
            Failure::Store(error) => error,
        }
    }
}

/// An error of fred as the store's.
pub(crate) fn store_error(error: &Error) -> StoreError {
    let reason = reason(error);
    if error.details().starts_with("OOM ") {
        StoreError::Full(reason)
    } else {
        StoreError::unavailable(reason)
    }
}

/// What an error says, without what was sent: a server that does not know a command repeats its arguments.
pub(crate) fn reason(error: &Error) -> String {
    const LONGEST: usize = 300;
    let details = error.details();
    let details = details.split(", with args beginning with").next().unwrap_or_default();
    let details = if *error.kind() == ErrorKind::IO { of_the_system(details) } else { details };
    let shown: String = details.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    match error.kind() {
        ErrorKind::Timeout => "no answer in time".to_owned(),
        ErrorKind::Canceled => "the connection was lost".to_owned(),
        _ => shown,
    }
}

/// What the system says. fred has its errors as `Debug` writes them: `Os { code: 111, …, message: "Connection refused" }`.
fn of_the_system(details: &str) -> &str {
    let said = ["message: \"", "error: \""].iter().find_map(|before| details.split_once(before));
    said.and_then(|(_, said)| said.rsplit_once('"')).map_or(details, |(said, _)| said)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn an_error_of_the_system_is_told_in_its_words() {
        let told = |error: io::Error| reason(&Error::from(error));
        let of_code = || io::Error::from_raw_os_error(13);
        assert_eq!(format!("{} (os error 13)", told(of_code())), of_code().to_string());
        assert_eq!(told(io::Error::other("no such host")), "no such host");
        assert_eq!(reason(&Error::new(ErrorKind::IO, "closed")), "closed");
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let echo = "ERR unknown command 'EVALSHA', with args beginning with: 'abc' 'a verifier' ";
        assert_eq!(reason(&Error::new(ErrorKind::Unknown, echo)), "ERR unknown command 'EVALSHA'");
    }

    #[test]
    fn a_server_without_memory_is_full() {
        let oom = Error::new(ErrorKind::Unknown, "OOM command not allowed when used memory > 'maxmemory'.");
        assert!(matches!(store_error(&oom), StoreError::Full(_)));
        let other = Error::new(ErrorKind::Unknown, "WRONGTYPE Operation against a key");
        assert!(matches!(store_error(&other), StoreError::Unavailable(_)));
    }
}
