//! Sessions over HTTP: cookies, extractors, endpoints, problems.

pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod cookies;
pub mod cross_origin;
pub mod csrf;
pub(crate) mod endpoints;
pub(crate) mod extract;
pub(crate) mod pages;
pub(crate) mod problem;
pub(crate) mod supply;
pub(crate) mod transport;
