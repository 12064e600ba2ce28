//! Sentinels: they know which server is the primary.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fred::types::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

use crate::{address::Address, connection::Settings, error::ConnectError, link::failure};

/// How long the others may take when most Sentinels have answered. They learn from each other, within a second or two, of
/// a primary that was replaced, and until then name the former one.
const OTHERS: Duration = Duration::from_millis(200);

/// What watches over the servers of a service, and names the one that is the primary now.
#[derive(Debug)]
pub(crate) struct Sentinels {
    /// One at least. They are asked without credentials.
    all: Vec<Address>,
    service: String,
    /// The latest failover that was believed in.
    followed: Mutex<Option<u64>>,
}

/// Who is the primary, as a Sentinel has it.
struct Named {
    primary: (String, u16),
    /// It is greater with each failover.
    epoch: u64,
}

impl Sentinels {
    pub(crate) fn new(all: Vec<Address>, service: String) -> Self {
        Sentinels { all, service, followed: Mutex::default() }
    }

    /// The service, for messages.
    pub(crate) fn name(&self) -> String {
        let names: Vec<&str> = self.all.iter().map(|sentinel| &*sentinel.server).collect();
        format!("{} of the Sentinels at {}", self.service, names.join(", "))
    }

    /// Host and port of the primary, by the Sentinel that knows of the latest failover among those that answer: of none
    /// that is earlier than one that was believed in, unless all have answered, as after they were set up anew.
    pub(crate) async fn primary(&self, settings: &Arc<Settings>) -> Result<(String, u16), ConnectError> {
        let mut asked = JoinSet::new();
        for sentinel in &self.all {
            let (sentinel, service, settings) =
                (sentinel.clone(), self.service.clone(), Arc::clone(settings));
            asked.spawn(async move { ask(&sentinel, &service, &settings).await });
        }
        let mut reason = ConnectError::Address("no host".to_owned());
        let (mut answers, mut latest) = (0, None::<Named>);
        // Each gives up by itself.
        let mut until = None;
        loop {
            let answer = match until {
                None => asked.join_next().await,
                Some(until) => timeout_at(until, asked.join_next()).await.unwrap_or_default(),
            };
            match answer {
                Some(Ok(Ok(named))) => {
                    answers += 1;
                    // A quick one alone may be the one that has heard of nothing yet.
                    if 2 * answers > self.all.len() || self.is_news(&named) {
                        until.get_or_insert_with(|| Instant::now() + OTHERS);
                    }
                    if latest.as_ref().is_none_or(|latest| latest.epoch < named.epoch) {
                        latest = Some(named);
                    }
                }
                Some(Ok(Err(error))) => reason = error,
                Some(Err(_)) => {}
                None => break,
            }
        }
        // No attempt to connect is to be dropped half way.
        asked.detach_all();
        let named = latest.ok_or(reason)?;
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if followed.is_some_and(|followed| named.epoch < followed) && answers < self.all.len() {
            let reason = "the Sentinels that answer have not heard of the latest failover; \
                          if they were set up anew, all must answer, or the program be started anew";
            return Err(ConnectError::Unreachable { server: self.name(), reason: reason.to_owned() });
        }
        *followed = Some(named.epoch);
        Ok(named.primary)
    }

    fn is_news(&self, named: &Named) -> bool {
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.is_some_and(|followed| followed < named.epoch)
    }
}

async fn ask(sentinel: &Address, service: &str, settings: &Settings) -> Result<Named, ConnectError> {
    let server = &sentinel.server;
    let (link, _router) = settings.link_to(sentinel).await?;
    let unknown = || ConnectError::Refused {
        server: server.clone(),
        reason: format!("this Sentinel watches over no service {service}"),
    };
    // In this order, so that what is named is not older than the epoch says. While a failover goes on, the first answer
    // has the new epoch, and only the second the new primary.
    let known = match link.sentinel("MASTER", service).await {
        Err(error) if error.details().contains("No such master") => return Err(unknown()),
        known => known.map_err(|error| failure(server, &error))?,
    };
    let named = link.sentinel("GET-MASTER-ADDR-BY-NAME", service).await;
    let named = named.map_err(|error| failure(server, &error))?;
    epoch(&known).zip(read(&named)).map(|(epoch, primary)| Named { primary, epoch }).ok_or_else(unknown)
}

/// The epoch, among names and values in turn.
fn epoch(answer: &Value) -> Option<u64> {
    let Value::Array(parts) = answer else { return None };
    let value = parts.chunks_exact(2).find(|pair| pair[0].as_str().as_deref() == Some("config-epoch"))?;
    value[1].as_string()?.parse().ok()
}

/// Host and port as text.
fn read(answer: &Value) -> Option<(String, u16)> {
    let Value::Array(parts) = answer else { return None };
    let [host, port] = parts.as_slice() else { return None };
    Some((host.as_string()?, port.as_string()?.parse().ok()?))
}
