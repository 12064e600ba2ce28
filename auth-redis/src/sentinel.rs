//! Sentinels: they know which server is the primary.

use std::sync::atomic::{AtomicUsize, Ordering};

use fred::types::Value;

use crate::{address::Address, connection::Settings, error::ConnectError, link::failure};

/// What watches over the servers of a service, and names the one that is the primary now.
#[derive(Debug)]
pub(crate) struct Sentinels {
    /// One at least. They are asked without credentials.
    all: Vec<Address>,
    service: String,
    /// The one that answered last.
    first: AtomicUsize,
}

impl Sentinels {
    pub(crate) fn new(all: Vec<Address>, service: String) -> Self {
        Sentinels { all, service, first: AtomicUsize::new(0) }
    }

    /// The service, for messages.
    pub(crate) fn name(&self) -> String {
        let names: Vec<&str> = self.all.iter().map(|sentinel| &*sentinel.server).collect();
        format!("{} of the Sentinels at {}", self.service, names.join(", "))
    }

    /// Host and port of the primary, by the first Sentinel that knows.
    pub(crate) async fn primary(&self, settings: &Settings) -> Result<(String, u16), ConnectError> {
        let first = self.first.load(Ordering::Relaxed);
        let mut reason = ConnectError::Address("no host".to_owned());
        for n in 0..self.all.len() {
            let n = (first + n) % self.all.len();
            match self.ask(&self.all[n], settings).await {
                Ok(primary) => {
                    self.first.store(n, Ordering::Relaxed);
                    return Ok(primary);
                }
                Err(error) => reason = error,
            }
        }
        Err(reason)
    }

    async fn ask(&self, sentinel: &Address, settings: &Settings) -> Result<(String, u16), ConnectError> {
        let server = &sentinel.server;
        let (link, _router) = settings.link_to(sentinel).await?;
        let answer = link.primary_of(&self.service).await.map_err(|error| failure(server, &error))?;
        read(&answer).ok_or_else(|| ConnectError::Refused {
            server: server.clone(),
            reason: format!("this Sentinel watches over no service {}", self.service),
        })
    }
}

/// Host and port as text.
fn read(answer: &Value) -> Option<(String, u16)> {
    let Value::Array(parts) = answer else { return None };
    let [host, port] = parts.as_slice() else { return None };
    Some((host.as_string()?, port.as_string()?.parse().ok()?))
}
