//! Who sends a request: the address and the browser.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{header::USER_AGENT, request::Parts},
};

use crate::session::Device;

/// The address that the connection comes from, where the program is served so that it is known.
pub(crate) fn connected_address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())
}

pub(crate) fn device(parts: &Parts, address: Option<IpAddr>) -> Device {
    let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    Device::new(user_agent, address)
}
