//! Which proxies are the program's own.

use std::net::IpAddr;

use ipnet::IpNet;

/// The proxies in front of the program, whose word on where a request comes from counts.
#[derive(Clone, Debug)]
pub struct TrustedProxies(Trusted);

#[derive(Clone, Debug)]
enum Trusted {
    Hops(usize),
    Networks(Vec<IpNet>),
}

/// A text that is no network of proxies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidNetwork {
    /// It is something else.
    #[error("expected an address or a network as `10.0.0.0/8` or `fd00::/8`, found `{0}`")]
    Unreadable(String),
    /// It holds every address there is.
    #[error("`{0}` takes everybody for a proxy, so that clients could name any address")]
    Everybody(String),
}

impl TrustedProxies {
    /// So many, one behind the other, and nobody can reach the program past them: of a list, the entry counts that is so
    /// far from the right, where the last proxy adds its own. A list that is shorter counts as unreadable. With 0, headers
    /// count for nothing.
    #[must_use]
    pub const fn hops(count: usize) -> Self {
        TrustedProxies(Trusted::Hops(count))
    }

    /// Whoever is in these networks: of a list, the first entry from the right that is in none of them counts; where all
    /// are, the leftmost. What a peer outside them sends counts for nothing.
    ///
    /// # Errors
    ///
    /// When one of them is no network, or is all of the Internet.
    pub fn networks<N: AsRef<str>>(networks: impl IntoIterator<Item = N>) -> Result<Self, InvalidNetwork> {
        let parsed = networks.into_iter().map(|network| parse(network.as_ref()));
        Ok(TrustedProxies(Trusted::Networks(parsed.collect::<Result<_, _>>()?)))
    }

    /// Whether a connection from `peer` comes from one of them.
    pub(super) fn include(&self, peer: Option<IpAddr>) -> bool {
        match &self.0 {
            Trusted::Hops(count) => *count > 0,
            Trusted::Networks(networks) => {
                peer.is_some_and(|peer| networks.iter().any(|network| network.contains(&peer)))
            }
        }
    }

    /// The client in a list to which each of them adds the address that it was reached from, the last one first. None where
    /// that cannot be told.
    pub(super) fn client_in(&self, list: &[Option<IpAddr>], peer: Option<IpAddr>) -> Option<IpAddr> {
        if !self.include(peer) {
            return None;
        }
        if let Trusted::Hops(count) = self.0 {
            return *list.get(count.checked_sub(1)?)?;
        }
        let mut farthest = None;
        for entry in list {
            farthest = Some((*entry)?);
            if !self.include(farthest) {
                break;
            }
        }
        farthest
    }
}

fn parse(text: &str) -> Result<IpNet, InvalidNetwork> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network: IpNet =
        text.parse().or_else(|_| address()).map_err(|_| InvalidNetwork::Unreadable(text.to_owned()))?;
    if network.prefix_len() == 0 { Err(InvalidNetwork::Everybody(text.to_owned())) } else { Ok(network) }
}
