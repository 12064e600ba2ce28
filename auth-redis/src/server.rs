//! What a Redis server says of itself.

use crate::error::ConnectError;

/// The lines of `INFO`.
pub(crate) struct Info<'a>(pub(crate) &'a str);

impl<'a> Info<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    }

    /// Refuses a server that sessions cannot be kept on, and warns of settings that lose some.
    pub(crate) fn check(&self, server: &str, nodes: bool) -> Result<(), ConnectError> {
        if let Some(version) = self.get("redis_version").filter(|version| is_too_old(version)) {
            return Err(ConnectError::TooOld { server: server.to_owned(), version: version.to_owned() });
        }
        if !nodes && self.get("redis_mode") == Some("cluster") {
            return Err(ConnectError::ClusterNode { server: server.to_owned() });
        }
        if self.get("role") == Some("slave") {
            let part = |name| self.get(name).unwrap_or("?");
            let primary = format!("{}:{}", part("master_host"), part("master_port"));
            return Err(ConnectError::Replica { server: server.to_owned(), primary });
        }
        if let Some(policy) = self.get("maxmemory_policy").filter(|policy| *policy != "noeviction") {
            tracing::warn!(
                server,
                policy,
                "Redis ends sessions at random when its memory is full; set `maxmemory-policy noeviction`, so that it \
                 refuses new ones instead"
            );
        }
        Ok(())
    }
}

/// Script flags came with 7.0. A version that cannot be read is not held against the server.
fn is_too_old(version: &str) -> bool {
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major < 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(info: &str) -> String {
        Info(info).check("here:1", false).err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn a_version_before_7_is_too_old() {
        assert!(check("# Server\r\nredis_version:6.2.14\r\n").contains("here:1 is version 6.2.14"));
        assert_eq!(check("redis_version:7.0.0\r\nrole:master\r\n"), "");
        assert_eq!(check("redis_version:255.255.255\r\n"), "");
        assert_eq!(check("redis_version:unstable\r\n"), "");
        assert_eq!(check(""), "");
    }

    #[test]
    fn a_node_of_a_cluster_is_refused_where_one_server_is_expected() {
        let info = "redis_version:7.0.15\r\nredis_mode:cluster\r\nrole:master\r\n";
        assert!(check(info).ends_with("with redis-cluster:// in place of redis://"));
        assert!(Info(info).check("here:1", true).is_ok());
        assert_eq!(check("redis_version:7.0.15\r\nredis_mode:standalone\r\n"), "");
    }

    #[test]
    fn a_replica_names_its_primary() {
        let info = "redis_version:7.0.15\r\nrole:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n";
        assert!(check(info).ends_with("connect to 10.0.0.1:6379"));
    }
}
