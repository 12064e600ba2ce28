//! Where Redis is: from a URL to fred's configuration.

use std::fmt;

use fred::types::config::{Config, ServerConfig};

use crate::error::ConnectError;

/// The address of a Redis server, with the credentials for it.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) config: Config,
    /// Host and port, for messages.
    pub(crate) server: String,
}

impl Address {
    /// Reads `redis://[[user]:password@]host[:port][/database]`; `rediss` is the same with TLS.
    pub(crate) fn parse(url: &str) -> Result<Self, ConnectError> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(wrong("no scheme"));
        };
        let tls = match scheme {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" => true,
            _ if scheme.ends_with("-cluster") || scheme.ends_with("-sentinel") => {
                return Err(wrong("a scheme for Cluster or Sentinel, which this version does not speak"));
            }
            _ => return Err(wrong("an unknown scheme")),
        };
        if rest.contains(['?', '#']) {
            return Err(wrong("a query or a fragment (in a password write %3F for ? and %23 for #)"));
        }
        // Always without TLS: fred's own TLS settings are not the ones that we want.
        let parsed = Config::from_url_centralized(&format!("redis://{rest}"));
        let mut config = parsed.map_err(|error| wrong(&format!("a mistake ({})", error.details())))?;
        if config.username.is_some() && config.password.is_none() {
            return Err(wrong("a user name and no password (before a password alone there is a colon)"));
        }
        let hosts = config.server.hosts();
        let Some(host) = hosts.first() else {
            return Err(wrong("no host"));
        };
        let server = host.to_string();
        // An IPv6 address comes in brackets, with which it cannot be resolved.
        let bare = host.host.trim_start_matches('[').trim_end_matches(']');
        config.server = ServerConfig::new_centralized(bare, host.port);
        if tls {
            set_tls(&mut config)?;
        }
        Ok(Address { config, server })
    }
}

fn wrong(found: &str) -> ConnectError {
    ConnectError::Address(found.to_owned())
}

#[cfg(feature = "tls")]
fn set_tls(config: &mut Config) -> Result<(), ConnectError> {
    config.tls = Some(crate::tls::system_trust()?);
    Ok(())
}

#[cfg(not(feature = "tls"))]
fn set_tls(_: &mut Config) -> Result<(), ConnectError> {
    Err(ConnectError::Tls("auth-redis was built without its feature `tls`".to_owned()))
}

/// Shows the server, and no credentials.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.server)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_part_of_an_address_is_taken() {
        let full = Address::parse("redis://app:p%40ss@cache.example:6380/3").unwrap();
        assert_eq!(full.server, "cache.example:6380");
        assert_eq!(full.config.username.as_deref(), Some("app"));
        assert_eq!(full.config.password.as_deref(), Some("p@ss"));
        assert_eq!(full.config.database, Some(3));
        assert!(!full.config.uses_tls());
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let short = Address::parse("redis://localhost").unwrap();
        assert_eq!(short.server, "localhost:6379");
        assert_eq!((short.config.username, short.config.password, short.config.database), (None, None, None));
        let password = Address::parse("redis://:secret@localhost/").unwrap();
        assert_eq!((password.config.username, password.config.password.as_deref()), (None, Some("secret")));
    }

    #[test]
    fn an_ipv6_address_is_resolvable() {
        let address = Address::parse("redis://[::1]:7000").unwrap();
        assert_eq!(address.config.server, ServerConfig::new_centralized("::1", 7000));
        assert_eq!(address.server, "[::1]:7000");
    }

    #[test]
    #[cfg(feature = "tls")]
    fn a_second_s_is_tls() {
        assert!(Address::parse("rediss://localhost").unwrap().config.uses_tls());
    }

    #[test]
    fn a_wrong_address_says_what_is_wrong_and_shows_no_password() {
        for (url, found) in [
            ("localhost:6379", "no scheme"),
            ("app:hunter2@localhost", "no scheme"),
            ("http://:hunter2@localhost", "unknown scheme"),
            ("redis-cluster://:hunter2@localhost", "Cluster or Sentinel"),
            ("redis://:hunter2@localhost:x", "InvalidPort"),
            ("redis://:hunter2@", "EmptyHost"),
            ("redis://:hunter2@localhost/zero", "mistake"),
            ("redis://:hunter2@localhost/256", "mistake"),
            ("redis://:hunter2@localhost?db=1", "query"),
            ("redis://:hunter2#@localhost", "fragment"),
            ("redis://hunter2@localhost", "user name and no password"),
        ] {
            let error = Address::parse(url).unwrap_err().to_string();
            assert!(error.contains(found) && error.contains("expected redis://"), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let address = Address::parse("redis://app:hunter2@localhost").unwrap();
        assert_eq!(format!("{address:?}"), "Address(localhost:6379)");
    }
}
