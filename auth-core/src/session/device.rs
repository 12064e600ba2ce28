//! From where a session was opened, shortened to what its owner recognises it by.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The browser and the network that a session was opened from, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// `Firefox on Linux`; of a client that is no browser, its name. At most 40 characters of printable ASCII.
    pub agent: Option<String>,
    /// The network of its address.
    pub network: Option<Network>,
    /// What one customer has of an IPv6 network; nobody keeps it.
    pub(crate) line: Option<Line>,
}

/// The first 64 bits of an IPv6 address: what one line, or one phone, has to itself (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line(Ipv6Addr);

/// Of an IPv4 address in an IPv6 one, mapped or by NAT64 (RFC 6052, section 2.1), that.
fn canonical(address: IpAddr) -> IpAddr {
    const NAT64: u128 = 0x64_ff9b << 96;
    match address.to_canonical() {
        IpAddr::V6(six) if six.to_bits() & !u128::from(u32::MAX) == NAT64 => {
            let [.., a, b, c, d] = six.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        address => address,
    }
}

impl Line {
    fn of(address: IpAddr) -> Option<Self> {
        match canonical(address) {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => {
                let own = address.to_bits() >> 64 << 64;
                Some(Line(Ipv6Addr::from_bits(own)))
            }
        }
    }
}

/// `2001:db8:7:8::/64`
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/64", self.0)
    }
}

/// A network: the first 24 bits of an IPv4 address, the first 48 of an IPv6 one. No single household is told from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

/// The longest name of an agent.
const LONGEST_AGENT: usize = 40;

/// What a browser's `User-Agent` has in it and no later row's has not: the first that is found is it.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

impl Device {
    /// The device of a request with this `User-Agent` from this address.
    #[must_use]
    pub fn new(user_agent: Option<&str>, address: Option<IpAddr>) -> Self {
        Device {
            agent: user_agent.and_then(agent),
            network: address.map(Network::of),
            line: address.and_then(Line::of),
        }
    }

    /// The bytes to keep: at most 57.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let network = self.network.map(Network::bytes).unwrap_or_default();
        let mut bytes = vec![u8::try_from(network.len()).unwrap_or_default()];
        bytes.extend(network);
        bytes.extend(self.agent.as_deref().unwrap_or_default().bytes());
        bytes
    }

    /// What [`encode`](Self::encode) wrote; of anything else, as much as can be made of it.
    pub(crate) fn decode(bytes: &[u8]) -> Self {
        let Some((&length, rest)) = bytes.split_first() else { return Device::default() };
        let Some((network, rest)) = rest.split_at_checked(usize::from(length)) else {
            return Device::default();
        };
        let agent = std::str::from_utf8(rest).ok().filter(|agent| !agent.is_empty()).map(str::to_owned);
        Device { agent, network: Network::from_bytes(network), line: None }
    }
}

fn agent(user_agent: &str) -> Option<String> {
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    let name = match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => user_agent.split(['/', ' ']).next().unwrap_or_default().to_owned(),
    };
    let name: String =
        name.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(LONGEST_AGENT).collect();
    (!name.is_empty()).then_some(name)
}

impl Network {
    /// The network of an address; of an IPv4 address in an IPv6 one, of that.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Network(match canonical(address) {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Ipv4Addr::new(a, b, c, 0).into()
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
            }
        })
    }

    fn bytes(self) -> Vec<u8> {
        match self.0 {
            IpAddr::V4(address) => address.octets()[..3].to_vec(),
            IpAddr::V6(address) => address.octets()[..6].to_vec(),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if let [a, b, c] = *bytes {
            return Some(Network(Ipv4Addr::new(a, b, c, 0).into()));
        }
        let six: [u8; 6] = bytes.try_into().ok()?;
        let mut octets = [0; 16];
        octets[..6].copy_from_slice(&six);
        Some(Network(Ipv6Addr::from(octets).into()))
    }
}

/// `192.0.2.0/24`, `2001:db8:7::/48`
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0, if self.0.is_ipv4() { 24 } else { 48 })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_browser_is_named_with_its_system() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/7.88.1", "curl"),
            ("my-app 1.2", "my-app"),
        ] {
            assert_eq!(Device::new(Some(user_agent), None).agent.as_deref(), Some(name));
        }
        assert_eq!(Device::new(Some(""), None).agent, None);
        assert_eq!(Device::new(Some("\u{7f}é\n"), None).agent, None);
    }

    #[test]
    fn an_address_is_shortened_to_its_network() {
        for (address, network) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("64:ff9b::192.0.2.77", "192.0.2.0/24"),
            ("64:ff9b:1::192.0.2.77", "64:ff9b:1::/48"),
            ("2001:db8:7:8:9::1", "2001:db8:7::/48"),
        ] {
            assert_eq!(Network::of(address.parse().unwrap()).to_string(), network);
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(user_agent: Option<String>, address: Option<IpAddr>) {
            let device = Device::new(user_agent.as_deref(), address);
            let bytes = device.encode();
            prop_assert!(bytes.len() <= 57);
            prop_assert_eq!(Device::decode(&bytes), Device { line: None, ..device });
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes: Vec<u8>) {
            let _ = Device::decode(&bytes);
        }
    }
}
