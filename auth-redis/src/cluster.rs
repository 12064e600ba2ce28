//! A Redis Cluster: which of its nodes has which keys, and what happens while that changes.
//!
//! Each primary has a connection and a clock of its own, as a single server has, so that one that dies takes nothing with
//! it but its own keys. fred has a client for a whole Cluster; in that one a node that is being reconnected to stops the
//! commands for all others, and nothing tells which node has answered, hence by which clock.
//!
//! Which node has a key is known from `CLUSTER SLOTS`, asked for again whenever a node is gone or says that it is
//! another one by now (`MOVED`, `ASK`), which is then followed. Such a command was not run, so that it can be sent
//! again; none else is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, iter,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use auth_core::store::{StoreError, StoreResult};
use fred::{error::Error, types::Value, util::redis_keyslot};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    address::Address,
    connection::{Connection, Place, Settings},
    error::{ConnectError, Failure},
    link::{Link, Manner, failure},
    node::{Answer, Node, Request, Times},
    task::spawn,
};

/// Between two looks at the slots: while a node is gone, and at the most.
const LOOKS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(15));

/// Between two looks at the least, however many commands found a node that has moved on.
const LEAST: Duration = Duration::from_millis(50);

/// A node that has no slots, and was asked for one on its way to it, is kept for so long.
const KEPT: Duration = Duration::from_mins(1);

/// How many nodes a command is sent to until one has its key: `MOVED`, then `ASK`, and once more while nodes disagree.
const HOPS: usize = 5;

/// A Cluster, and connections to its primaries.
pub(crate) struct Cluster {
    /// The nodes that the URL names.
    first: Address,
    others: Vec<Address>,
    settings: Arc<Settings>,
    map: Mutex<Map>,
    /// Somebody found that the map is not right any more.
    outdated: Arc<Notify>,
}

/// Which node has which slots.
#[derive(Default)]
struct Map {
    ranges: Vec<(Slots, Arc<Node>)>,
    /// By host and port.
    nodes: BTreeMap<String, Arc<Node>>,
    /// Those that have refused a command since the last look, as the Cluster is down for all they know.
    doubted: BTreeSet<String>,
}

/// The first of some slots, and the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slots {
    first: u16,
    last: u16,
}

/// Some slots, and the host and port of the primary that has them.
type Owned = (Slots, String, u16);

/// Where a command is to go instead.
#[derive(Debug, PartialEq, Eq)]
enum Redirect {
    /// The slot is there now.
    Moved(String, u16),
    /// The slot is on its way there, and this key has arrived, or is not anywhere.
    Ask(String, u16),
}

impl Cluster {
    /// Asks one of `seeds` for the slots, and connects to all primaries. Those that cannot be reached may come later.
    pub(crate) async fn open(
        first: Address,
        others: Vec<Address>,
        settings: Arc<Settings>,
    ) -> Result<Arc<Self>, ConnectError> {
        let (map, outdated) = (Mutex::default(), Arc::default());
        let cluster = Arc::new(Cluster { first, others, settings, map, outdated });
        // In a task: no attempt to connect is to be dropped half way.
        let first = tokio::spawn(first_look(Arc::clone(&cluster)));
        first.await.map_err(|_| cluster.stopped())??;
        spawn(keep_looking(Arc::downgrade(&cluster), Arc::clone(&cluster.outdated)));
        Ok(cluster)
    }

    /// Asks the node that has `key`, and each that it is sent on to.
    pub(crate) async fn ask(
        &self,
        key: &str,
        request: &(dyn Fn(&Times<'_>) -> Request + Send + Sync),
    ) -> Result<Answer, Failure> {
        let begin = Instant::now();
        let limit = self.settings.command_timeout;
        let mut node = self.owner_of(key).ok_or_else(|| self.without_owner(key))?;
        let mut manner = Manner::Plain;
        let mut link = self.link_now(&node)?;
        for hop in 0..HOPS {
            // A command's own limit begins anew with each hop; all of them together have no more time than one.
            let left = limit.saturating_sub(begin.elapsed());
            let asked = node.ask(link, key, request(&node.times(left)), manner);
            let outcome =
                if hop == 0 { asked.await } else { timeout(left, asked).await.map_err(|_| too_slow())? };
            let error = match outcome {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let next = match Redirect::read(&error, &node.place.address) {
                Some(Redirect::Moved(host, port)) => {
                    self.outdated.notify_one();
                    manner = Manner::Plain;
                    self.node_at(&host, port)
                }
                Some(Redirect::Ask(host, port)) => {
                    manner = Manner::Asking;
                    self.node_at(&host, port)
                }
                None => {
                    if error.is_cluster() {
                        self.map().doubted.insert(node.place.address.server.clone());
                        self.outdated.notify_one();
                    }
                    return Err(Failure::from(&error));
                }
            };
            next.place.clock.takes_over_from(&node.place.clock);
            node = next;
            link = node.connection.link_within(limit.saturating_sub(begin.elapsed())).await?;
        }
        let reason = "the nodes of the Cluster do not agree on which of them has a key";
        Err(StoreError::unavailable(reason).into())
    }

    pub(crate) fn owner_of(&self, key: &str) -> Option<Arc<Node>> {
        let slot = redis_keyslot(key.as_bytes());
        let map = self.map();
        map.ranges.iter().find(|(slots, _)| slots.contain(slot)).map(|(_, node)| Arc::clone(node))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    fn link_now(&self, node: &Node) -> StoreResult<Arc<Link>> {
        node.connection.link().inspect_err(|_| self.outdated.notify_one())
    }

    fn without_owner(&self, key: &str) -> StoreError {
        self.outdated.notify_one();
        let slot = redis_keyslot(key.as_bytes());
        StoreError::unavailable(format!("no node of the Cluster at {} has slot {slot}", self.seed_names()))
    }

    fn stopped(&self) -> ConnectError {
        let reason = "the runtime is shutting down".to_owned();
        ConnectError::Unreachable { server: self.seed_names(), reason }
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seed_names(&self) -> String {
        let seeds = iter::once(&self.first).chain(&self.others);
        seeds.map(|seed| &*seed.server).collect::<Vec<_>>().join(", ")
    }

    /// A node that may have been unknown until now.
    fn node_at(&self, host: &str, port: u16) -> Arc<Node> {
        let address = self.first.beside(host, port);
        let mut map = self.map();
        let node = map.nodes.entry(address.server.clone()).or_insert_with(|| {
            let place = self.place(address);
            let connection = Connection::start(Arc::clone(&place));
            Arc::new(Node::new(place, connection))
        });
        Arc::clone(node)
    }

    fn place(&self, address: Address) -> Arc<Place> {
        Arc::new(Place::new(address, Arc::clone(&self.settings)))
    }

    /// Asks for the slots again; while nobody tells, what was known counts.
    async fn look_again(&self) {
        let nodes = self.map().in_turn();
        for node in nodes {
            let Ok(link) = node.connection.link() else { continue };
            if let Ok(slots) = link.slots().await
                && let Some(owned) = owned(&slots, &node.place.address.host())
            {
                self.take(owned);
                return;
            }
        }
        match self.ask_seeds().await {
            Ok(owned) => self.take(owned),
            Err(error) => tracing::debug!(%error, "no node of the Cluster tells the slots"),
        }
    }

    async fn ask_seeds(&self) -> Result<Vec<Owned>, ConnectError> {
        let mut outcome = self.ask_seed(&self.first).await;
        for seed in &self.others {
            if outcome.is_ok() {
                break;
            }
            outcome = self.ask_seed(seed).await;
        }
        outcome
    }

    async fn ask_seed(&self, seed: &Address) -> Result<Vec<Owned>, ConnectError> {
        let (link, _router) = self.settings.link_to(seed).await?;
        let slots = link.slots().await.map_err(|error| failure(&seed.server, &error))?;
        owned(&slots, &seed.host()).ok_or_else(|| ConnectError::Refused {
            server: seed.server.clone(),
            reason: "it knows of no node that has slots; has the Cluster been created?".to_owned(),
        })
    }

    /// Works with these slots from now on.
    fn take(&self, owned: Vec<Owned>) {
        let ranges: Vec<_> =
            owned.into_iter().map(|(slots, host, port)| (slots, self.node_at(&host, port))).collect();
        let (mut map, mut moved) = (self.map(), false);
        for (slots, node) in &ranges {
            for (_, before) in map.ranges.iter().filter(|(earlier, _)| earlier.overlap(*slots)) {
                if !Arc::ptr_eq(before, node) {
                    moved = true;
                    node.place.clock.takes_over_from(&before.place.clock);
                    let (from, to) = (&before.place.address.server, &node.place.address.server);
                    tracing::info!(?slots, from, to, "slots of the Redis Cluster have another primary");
                }
            }
        }
        map.ranges = ranges;
        map.doubted.clear();
        let Map { ranges, nodes, .. } = &mut *map;
        if moved {
            // What another one has now is told of by that one.
            for node in nodes.values() {
                node.forget();
            }
        }
        nodes.retain(|_, node| {
            ranges.iter().any(|(_, owner)| Arc::ptr_eq(owner, node)) || node.was_asked_within(KEPT)
        });
    }

    /// Until the next look.
    fn pause(&self) -> Duration {
        let map = self.map();
        let complete =
            !map.ranges.is_empty() && map.ranges.iter().all(|(_, node)| node.connection.link().is_ok());
        if complete { LOOKS.1 } else { LOOKS.0 }
    }
}

impl Map {
    /// All nodes, in the order in which they are asked for the slots. One that only its clients still reach keeps its slots
    /// for itself, whatever the others have agreed on: it comes last.
    fn in_turn(&self) -> Vec<Arc<Node>> {
        let (last, first): (Vec<_>, Vec<_>) =
            self.nodes.iter().partition(|(name, _)| self.doubted.contains(*name));
        first.into_iter().chain(last).map(|(_, node)| Arc::clone(node)).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // So that the task that looks ends at once.
        self.outdated.notify_one();
    }
}

/// Shows the nodes, and whether they are connected.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.map().nodes.values()).finish()
    }
}

async fn first_look(cluster: Arc<Cluster>) -> Result<(), ConnectError> {
    let owned = cluster.ask_seeds().await?;
    let mut opening = JoinSet::new();
    let servers: BTreeMap<_, _> = owned
        .iter()
        .map(|(_, host, port)| cluster.first.beside(host, *port))
        .map(|address| (address.server.clone(), address))
        .collect();
    for address in servers.into_values() {
        opening.spawn(open_node(cluster.place(address)));
    }
    let mut unreachable = None;
    while let Some(opened) = opening.join_next().await {
        let Ok(opened) = opened else { continue };
        let (node, missed) = opened?;
        unreachable = unreachable.or(missed);
        cluster.map().nodes.insert(node.place.address.server.clone(), Arc::new(node));
    }
    let any = cluster.map().nodes.values().any(|node| node.connection.link().is_ok());
    match unreachable {
        Some(error) if !any => return Err(error),
        Some(error) => tracing::warn!(%error, "a primary of the Redis Cluster is missing"),
        None => {}
    }
    cluster.take(owned);
    Ok(())
}

/// A node, connected or with the reason why it cannot be reached yet.
async fn open_node(place: Arc<Place>) -> Result<(Node, Option<ConnectError>), ConnectError> {
    match Connection::open(Arc::clone(&place)).await {
        Ok(connection) => Ok((Node::new(place, connection), None)),
        Err(error @ ConnectError::Unreachable { .. }) => {
            let connection = Connection::start(Arc::clone(&place));
            Ok((Node::new(place, connection), Some(error)))
        }
        Err(error) => Err(error),
    }
}

/// Looks at the slots for as long as the Cluster is held.
async fn keep_looking(cluster: Weak<Cluster>, outdated: Arc<Notify>) {
    loop {
        let Some(pause) = cluster.upgrade().map(|cluster| cluster.pause()) else { return };
        sleep(LEAST).await;
        timeout(pause, outdated.notified()).await.ok();
        let Some(cluster) = cluster.upgrade() else { return };
        cluster.look_again().await;
    }
}

impl Redirect {
    /// Reads `MOVED 3999 host:port` and `ASK 3999 host:port`; without a host it is the one that said so.
    fn read(error: &Error, by: &Address) -> Option<Self> {
        let details = error.details();
        let mut words = details.split_whitespace();
        let (kind, target) = (words.next()?, words.nth(1)?);
        let (host, port) = target.rsplit_once(':')?;
        let host = if host.is_empty() { by.host() } else { host.to_owned() };
        let port = port.parse().ok()?;
        match kind {
            "MOVED" => Some(Redirect::Moved(host, port)),
            "ASK" => Some(Redirect::Ask(host, port)),
            _ => None,
        }
    }
}

impl Slots {
    fn contain(self, slot: u16) -> bool {
        (self.first..=self.last).contains(&slot)
    }

    fn overlap(self, other: Slots) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// The answer to `CLUSTER SLOTS`: first and last slot, then host, port, and more, of the primary and of each replica.
/// Where a node does not know its own host, it is the one by which it was asked. `None` without any slot.
fn owned(answer: &Value, asked: &str) -> Option<Vec<Owned>> {
    let Value::Array(entries) = answer else { return None };
    let owned: Vec<Owned> = entries.iter().filter_map(|entry| owned_in(entry, asked)).collect();
    (!owned.is_empty() && owned.len() == entries.len()).then_some(owned)
}

fn owned_in(entry: &Value, asked: &str) -> Option<Owned> {
    let Value::Array(entry) = entry else { return None };
    let [first, last, Value::Array(primary), ..] = entry.as_slice() else { return None };
    let [host, port, ..] = primary.as_slice() else { return None };
    let number = |value: &Value| u16::try_from(value.as_u64()?).ok();
    let host = host.as_string().filter(|host| !["", "?"].contains(&&**host));
    let slots = Slots { first: number(first)?, last: number(last)? };
    Some((slots, host.unwrap_or_else(|| asked.to_owned()), number(port)?))
}

fn too_slow() -> StoreError {
    StoreError::unavailable("no answer in time: the nodes of the Cluster send on to each other")
}

#[cfg(test)]
mod tests;
