//! Who sends a request: the address and the browser. One resolution for throttling, events and lists of sessions.

mod forwarded;
mod proxies;

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, header::USER_AGENT, request::Parts},
};

use crate::session::Device;

use forwarded::{address, forwarded_for, x_forwarded_for};
pub use proxies::{InvalidNetwork, TrustedProxies};

/// How the address of a client is found: for [`Auth::with_client_address`](crate::Auth::with_client_address).
///
/// Whoever connects is the *peer*: behind a proxy, that is the proxy, and the client is in a header. A client can send
/// such a header too, so only the part of it counts that proxies of the program's own have written:
/// [`TrustedProxies`] says which those are. Where that part is missing or cannot be read, the peer's address is taken, and
/// where the peer is unknown, none; what a client made up is never taken (ASVS 5.0, 4.1.3).
///
/// The peer is known where the program is served with `into_make_service_with_connect_info::<SocketAddr>()`. An IPv4
/// address that is written as an IPv6 one (`::ffff:192.0.2.1`) is the IPv4 address.
///
/// ```
/// use auth_core::{ClientAddress, TrustedProxies};
///
/// // One nginx in front, with `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for`.
/// let one = ClientAddress::x_forwarded_for(TrustedProxies::hops(1));
/// // A load balancer and what stands before it, by where they are.
/// let by_network = ClientAddress::forwarded(TrustedProxies::networks(["10.0.0.0/8", "fd00::/8"])?);
/// // A service that puts the client's address in a header of its own.
/// let own = ClientAddress::header("cf-connecting-ip".parse()?, TrustedProxies::hops(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ClientAddress(Rule);

#[derive(Clone)]
enum Rule {
    Peer,
    Listed(fn(&HeaderMap) -> Vec<Option<IpAddr>>, TrustedProxies),
    Header(HeaderName, TrustedProxies),
    Custom(Arc<Find>),
}

type Find = dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync;

impl ClientAddress {
    /// The address that the connection comes from: without a proxy. This is what counts unless set.
    #[must_use]
    pub const fn peer() -> Self {
        ClientAddress(Rule::Peer)
    }

    /// From `X-Forwarded-For`, to which each proxy adds the address that it was reached from. Several such headers are one
    /// list; ports are ignored.
    #[must_use]
    pub const fn x_forwarded_for(proxies: TrustedProxies) -> Self {
        ClientAddress(Rule::Listed(x_forwarded_for, proxies))
    }

    /// From `for=` in `Forwarded` (RFC 7239), to which each proxy adds an element. A name instead of an address (`unknown`,
    /// `_hidden`) cannot be read. A proxy that writes `host=` must quote what the client sent as its host.
    #[must_use]
    pub const fn forwarded(proxies: TrustedProxies) -> Self {
        ClientAddress(Rule::Listed(forwarded_for, proxies))
    }

    /// From a header with one address, which a proxy sets whatever the client has sent: `CF-Connecting-IP`,
    /// `X-Real-IP`, `Fly-Client-IP`. Two of them cannot be read.
    ///
    /// With [`TrustedProxies::hops`] it counts whoever connects, so nobody may reach the program past that proxy; with
    /// [`TrustedProxies::networks`] it counts where the connection comes from one of them.
    #[must_use]
    pub const fn header(name: HeaderName, proxies: TrustedProxies) -> Self {
        ClientAddress(Rule::Header(name, proxies))
    }

    /// As a function finds it.
    #[must_use]
    pub fn custom(find: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static) -> Self {
        ClientAddress(Rule::Custom(Arc::new(find)))
    }

    /// The address of the client that sent this request, where it is known.
    #[must_use]
    pub fn of(&self, parts: &Parts) -> Option<IpAddr> {
        let peer = peer(parts);
        let client = match &self.0 {
            Rule::Listed(list, proxies) => proxies.client_in(&list(&parts.headers), peer).or(peer),
            Rule::Header(name, proxies) if proxies.include(peer) => the_one(&parts.headers, name).or(peer),
            Rule::Peer | Rule::Header(..) => peer,
            Rule::Custom(find) => find(parts),
        };
        client.map(|address| address.to_canonical())
    }
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rule::Peer => f.write_str("Peer"),
            Rule::Listed(_, proxies) => f.debug_tuple("Listed").field(proxies).finish(),
            Rule::Header(name, proxies) => f.debug_tuple("Header").field(name).field(proxies).finish(),
            Rule::Custom(_) => f.write_str("Custom"),
        }
    }
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_canonical())
}

fn the_one(headers: &HeaderMap, name: &HeaderName) -> Option<IpAddr> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    address(value.as_bytes())
}

pub(crate) fn device(parts: &Parts, address: &ClientAddress) -> Device {
    let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    Device::new(user_agent, address.of(parts))
}

#[cfg(test)]
mod tests;
