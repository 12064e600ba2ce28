//! The lists that proxies write, read from the right: the last proxy's entry first, so that nothing that a client has
//! put to the left of it, an open quote, say, changes what it says.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header::FORWARDED};

/// The entries of all `X-Forwarded-For` headers; one that is no address is `None`.
pub(super) fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    const NAME: HeaderName = HeaderName::from_static("x-forwarded-for");
    entries(headers, &NAME).map(address).collect()
}

/// What the elements of all `Forwarded` headers say in `for` (RFC 7239, section 4).
pub(super) fn forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    entries(headers, &FORWARDED).map(for_of).collect()
}

/// All entries of a header's lines, from the right. Empty ones do not count (RFC 9110, section 5.6.1.2).
fn entries<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(name).into_iter().rev();
    lines.flat_map(|line| from_the_right(line.as_bytes(), b',')).filter(|entry| !entry.is_empty())
}

/// The parts of a line between delimiters that are not in quotes, trimmed, from the right.
fn from_the_right(line: &[u8], delimiter: u8) -> Vec<&[u8]> {
    let (mut parts, mut end, mut quoted) = (Vec::new(), line.len(), false);
    for at in (0..line.len()).rev() {
        let escapes = || line[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
        if line[at] == b'"' && escapes() % 2 == 0 {
            quoted = !quoted;
        } else if line[at] == delimiter && !quoted {
            parts.push(line[at + 1..end].trim_ascii());
            end = at;
        }
    }
    parts.push(line[..end].trim_ascii());
    parts
}

/// The address in the one `for` of an element.
fn for_of(element: &[u8]) -> Option<IpAddr> {
    let pairs = from_the_right(element, b';').into_iter().filter_map(|pair| {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        Some((&pair[..equals], &pair[equals + 1..]))
    });
    let mut values = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(b"for")).map(|(_, value)| value);
    let value = values.next().filter(|_| values.next().is_none())?;
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    address(unquoted.unwrap_or(value))
}

/// An address, with or without a port; an IPv6 one may be in brackets.
pub(super) fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|with| with.ip()));
    address.ok().map(|address| address.to_canonical())
}
