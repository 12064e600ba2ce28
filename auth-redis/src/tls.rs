//! TLS towards Redis.

use std::sync::Arc;

use fred::types::config::{TlsConfig, TlsConnector};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::error::ConnectError;

/// TLS that trusts whom the operating system trusts, or the file that `SSL_CERT_FILE` names.
///
/// fred could make this itself, but panics where a program has linked two providers of cryptography, and fails where
/// one of the system's certificates cannot be read.
pub(crate) fn system_trust() -> Result<TlsConfig, ConnectError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (trusted, _) = roots.add_parsable_certificates(found.certs);
    if trusted == 0 {
        return Err(ConnectError::Tls(format!("found no certificate to trust: {:?}", found.errors)));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(config).into())
}
