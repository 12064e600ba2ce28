//! Where Redis is: from a URL to fred's configuration.

use std::fmt;

use fred::types::config::{Config, ServerConfig};

use crate::error::ConnectError;

/// What a URL names.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    One(Address),
    /// Nodes of a Cluster, one at least; the others are found through them.
    Cluster(Address, Vec<Address>),
    /// Sentinels, one at least, the name of the service that they watch over, and the credentials for its servers.
    Sentinel(Vec<Address>, String, Address),
}

/// The address of a Redis server, with the credentials for it.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) config: Config,
    /// Host and port, for messages.
    pub(crate) server: String,
}

/// The kinds of URL, each with what it looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    One,
    Cluster,
    Sentinel,
    Unix,
}

impl Location {
    /// Reads `redis://[[user]:password@]host[:port][/database]`, and
    /// `redis-cluster://[[user]:password@]host[:port][?node=host:port…]`, and
    /// `redis-sentinel://[[user]:password@]host[:port]/service[?node=host:port…]`; `rediss` is the same with TLS. And
    /// `redis+unix://[[user]:password@]/path`.
    pub(crate) fn parse(url: &str) -> Result<Self, ConnectError> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(Form::One.wrong("no scheme"));
        };
        if ["unix", "redis+unix", "valkey+unix"].contains(&scheme) {
            return Ok(Location::One(Address::read_unix(rest)?));
        }
        let (name, form) = match scheme.split_once('-') {
            None => (scheme, Form::One),
            Some((name, "cluster")) => (name, Form::Cluster),
            Some((name, "sentinel")) => (name, Form::Sentinel),
            Some(_) => return Err(Form::One.wrong("an unknown scheme")),
        };
        let tls = match name {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" => true,
            _ => return Err(Form::One.wrong("an unknown scheme")),
        };
        let (main, query) = match rest.split_once('?') {
            Some((main, query)) if form != Form::One => (main, Some(query)),
            _ => (rest, None),
        };
        let (main, service) = match main.rsplit_once('/') {
            Some((main, service)) if form == Form::Sentinel => (main, service),
            _ => (main, ""),
        };
        let address = Address::read(main, tls, form)?;
        if form == Form::One {
            return Ok(Location::One(address));
        }
        if address.config.database.is_some_and(|number| number != 0) {
            return Err(form.wrong("a database number, and a Cluster has only database 0"));
        }
        let nodes = query.into_iter().flat_map(|query| query.split('&')).map(|pair| {
            let node = pair.strip_prefix("node=").ok_or_else(|| {
                form.wrong("a query of other than node=host:port (in a password write %3F for ?)")
            })?;
            let node = Address::read(node, false, form)?;
            Ok(address.beside(&node.host(), node.port()))
        });
        let mut nodes = nodes.collect::<Result<Vec<_>, ConnectError>>()?;
        if form == Form::Cluster {
            return Ok(Location::Cluster(address, nodes));
        }
        if service.is_empty() {
            return Err(form.wrong("no name of a service"));
        }
        nodes.insert(0, address.clone());
        for sentinel in &mut nodes {
            (sentinel.config.username, sentinel.config.password) = (None, None);
        }
        Ok(Location::Sentinel(nodes, service.to_owned(), address))
    }
}

impl Address {
    /// Reads all of a URL but its scheme and query.
    fn read(rest: &str, tls: bool, form: Form) -> Result<Self, ConnectError> {
        if rest.contains(['?', '#']) {
            return Err(form.wrong("a query or a fragment (in a password write %3F for ? and %23 for #)"));
        }
        // Always without TLS: fred's own TLS settings are not the ones that we want.
        let parsed = Config::from_url_centralized(&format!("redis://{rest}"));
        let mut config = parsed.map_err(|error| form.wrong(&format!("a mistake ({})", error.details())))?;
        if config.username.is_some() && config.password.is_none() {
            return Err(form.wrong("a user name and no password (before a password alone there is a colon)"));
        }
        let hosts = config.server.hosts();
        let Some(host) = hosts.first() else {
            return Err(form.wrong("no host"));
        };
        // An IPv6 address comes in brackets, with which it cannot be resolved.
        let bare = host.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = host.port;
        if tls {
            set_tls(&mut config)?;
        }
        Ok(Address { config, server: String::new() }.beside(&bare, port))
    }

    /// Reads `[[user]:password@]/path`; the path is taken as it is.
    fn read_unix(rest: &str) -> Result<Self, ConnectError> {
        let form = Form::Unix;
        let Some((authority, path)) = rest.split_once('/').filter(|(_, path)| !path.is_empty()) else {
            return Err(form.wrong("no path"));
        };
        if !authority.is_empty() && !authority.ends_with('@') {
            return Err(form.wrong("a host before the path (without one there are three slashes)"));
        }
        if path.contains(['?', '#']) {
            return Err(form.wrong("a query or a fragment"));
        }
        // The host stands for none.
        let mut address = Address::read(&format!("{authority}localhost"), false, form)?;
        address.server = format!("/{path}");
        set_socket(&mut address)?;
        Ok(address)
    }

    /// Another server, with the same credentials and the same trust.
    pub(crate) fn beside(&self, host: &str, port: u16) -> Self {
        let mut config = self.config.clone();
        config.server = ServerConfig::new_centralized(host, port);
        let server = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        Address { config, server }
    }

    pub(crate) fn host(&self) -> String {
        self.config.server.hosts().first().map(|server| server.host.to_string()).unwrap_or_default()
    }

    fn port(&self) -> u16 {
        self.config.server.hosts().first().map_or(0, |server| server.port)
    }

    /// A single server.
    #[cfg(test)]
    pub(crate) fn parse(url: &str) -> Result<Self, ConnectError> {
        match Location::parse(url)? {
            Location::One(address) => Ok(address),
            Location::Cluster(..) | Location::Sentinel(..) => Err(Form::One.wrong("several servers")),
        }
    }
}

impl Form {
    fn wrong(self, found: &str) -> ConnectError {
        let expected = match self {
            Form::One => "redis://[[user]:password@]host[:port][/database]",
            Form::Sentinel => {
                "redis-sentinel://[[user]:password@]host[:port]/service[?node=host:port&node=…]"
            }
            Form::Unix => "redis+unix://[[user]:password@]/path/to/socket",
            Form::Cluster => "redis-cluster://[[user]:password@]host[:port][?node=host:port&node=…]",
        };
        ConnectError::Address(format!("{found}, expected {expected}"))
    }
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

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "it fails on other systems")]
fn set_socket(address: &mut Address) -> Result<(), ConnectError> {
    address.config.server = ServerConfig::new_unix_socket(&address.server);
    Ok(())
}

#[cfg(not(unix))]
fn set_socket(_: &mut Address) -> Result<(), ConnectError> {
    Err(Form::Unix.wrong("a socket of a kind that this system does not have"))
}

/// Shows the server, and no credentials.
/// Without credentials: what tells a place from others.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::One(Address { config, server }) => {
                write!(f, "{server}/{}", config.database.unwrap_or_default())
            }
            Location::Cluster(first, others) => write!(f, "cluster {first:?} {others:?}"),
            Location::Sentinel(sentinels, service, _) => write!(f, "sentinel {service} {sentinels:?}"),
        }
    }
}

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
            ("redis-shard://:hunter2@localhost", "unknown scheme"),
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
    fn a_cluster_is_one_node_or_more_with_the_same_credentials() {
        let parse = |url| match Location::parse(url).unwrap() {
            Location::Cluster(first, others) => (first, others),
            other @ (Location::One(_) | Location::Sentinel(..)) => panic!("{other:?}"),
        };
        let (first, others) = parse("redis-cluster://app:p%40ss@one:7000?node=two:7001&node=[::1]");
        assert_eq!(first.server, "one:7000");
        let others: Vec<_> =
            others.iter().map(|node| (&*node.server, node.config.password.as_deref())).collect();
        assert_eq!(others, [("two:7001", Some("p@ss")), ("[::1]:6379", Some("p@ss"))]);
        assert!(parse("valkey-cluster://localhost").1.is_empty());
    }

    #[test]
    fn sentinels_are_asked_for_a_service_without_its_credentials() {
        let location = Location::parse("redis-sentinel://app:p%40ss@one:7000/sessions?node=two").unwrap();
        let Location::Sentinel(sentinels, service, primary) = location else { panic!("{location:?}") };
        let found: Vec<_> =
            sentinels.iter().map(|one| (&*one.server, one.config.password.as_deref())).collect();
        assert_eq!(found, [("one:7000", None), ("two:6379", None)]);
        assert_eq!((&*service, primary.config.password.as_deref()), ("sessions", Some("p@ss")));
        for (url, found) in [
            ("redis-sentinel://:hunter2@one", "no name of a service"),
            ("redis-sentinel://:hunter2@one/", "no name of a service"),
            ("redis-sentinel://:hunter2@one/sessions/3", "mistake"),
        ] {
            let error = Location::parse(url).unwrap_err().to_string();
            assert!(error.contains(found) && error.contains("expected redis-sentinel://"), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_socket_is_a_path() {
        let address = Address::parse("redis+unix://app:p%40ss@/run/redis/redis.sock").unwrap();
        assert_eq!(address.config.server, ServerConfig::new_unix_socket("/run/redis/redis.sock"));
        assert_eq!(
            (&*address.server, address.config.password.as_deref()),
            ("/run/redis/redis.sock", Some("p@ss"))
        );
        assert_eq!(Address::parse("unix:///redis.sock").unwrap().server, "/redis.sock");
        for (url, found) in [
            ("unix://", "no path"),
            ("unix://:hunter2@/", "no path"),
            ("redis+unix://redis.sock/hunter2", "a host before the path"),
            ("redis+unix://:hunter2@/redis.sock?db=3", "a query"),
            ("redis+unix://hunter2@/redis.sock", "user name and no password"),
        ] {
            let error = Location::parse(url).unwrap_err().to_string();
            assert!(error.contains(found) && error.contains("expected redis+unix://"), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn a_wrong_address_of_a_cluster_says_what_is_wrong() {
        for (url, found) in [
            ("redis-cluster://:hunter2@one/3", "a database number"),
            ("redis-cluster://:hunter2@one?two:7001", "a query of other than node=host:port"),
            ("redis-cluster://:hunter2@one?node=", "missing host"),
            ("redis-cluster://:hunter2@one?node=two:x", "InvalidPort"),
            ("redis-cluster://:hunter2@one#two", "fragment"),
        ] {
            let error = Location::parse(url).unwrap_err().to_string();
            assert!(error.contains(found) && error.contains("expected redis-cluster://"), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let address = Address::parse("redis://app:hunter2@localhost").unwrap();
        assert_eq!(format!("{address:?}"), "Address(localhost:6379)");
    }
}
