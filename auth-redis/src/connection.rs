//! Keeps a connection to Redis for as long as a store lives.
//!
//! A task of its own connects, watches over the connection, and connects anew when it was lost, for ever. What a store
//! gets to see is a connection that is ready (its clock is known, its scripts are loaded, the server key is in place), or
//! the reason why there is none; in between nothing waits.
//!
//! fred could reconnect by itself. Then a command that is sent while a lost connection waits for its next attempt waits
//! too, a task that is stuck in a write to a silent peer stays stuck, some errors end it for good, and commands reach
//! a server before anybody could look at what it is.

use std::{
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
    time::Duration,
};

use auth_core::{
    ServerKey,
    store::{StoreError, StoreResult, Timestamp},
};
use fred::{
    error::{Error, ErrorKind},
    types::Value,
};
use tokio::{
    sync::{oneshot, watch},
    time::{sleep, timeout},
};

use crate::{
    address::Address,
    clock::{Clock, Moment},
    error::{ConnectError, reason},
    keys::Keys,
    link::{Link, Manner, Router, failure, is_answer},
    near_cache::{self, Cache},
    sentinel::Sentinels,
    server::Info,
    task::spawn,
    together::Together,
};

/// Between two attempts to connect: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(400));

/// How often Sentinels are asked whether the primary is still the same.
const LOOK: Duration = Duration::from_secs(1);

/// A server that a store works with.
pub(crate) struct Place {
    pub(crate) address: Address,
    /// Where the address is found, if not in itself.
    pub(crate) sentinels: Option<Arc<Sentinels>>,
    /// The server that was connected to last.
    pub(crate) last: Mutex<Option<String>>,
    pub(crate) clock: Clock,
    pub(crate) settings: Arc<Settings>,
}

/// What all connections of a store have in common.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) keys: Keys,
    pub(crate) connect_timeout: Duration,
    pub(crate) command_timeout: Duration,
    /// Where nothing else has told the server's time for so long, it is asked for.
    pub(crate) heartbeat: Duration,
    /// Whether the servers are nodes of a Cluster.
    pub(crate) nodes: bool,
    /// The server key that this process works with, where it has asked for one.
    pub(crate) server_key: Arc<Mutex<Option<ServerKey>>>,
    pub(crate) near: Option<Arc<Cache>>,
    /// That a server does not tell of changes is said once.
    pub(crate) untold: Arc<Once>,
}

/// The connection to a server, which comes and goes.
#[derive(Clone)]
pub(crate) struct Connection {
    state: watch::Receiver<State>,
}

#[derive(Clone)]
enum State {
    Up(Arc<Link>),
    Down(Arc<str>),
}

impl Connection {
    /// The first attempt's outcome. From then on the connection is kept until the last clone is dropped.
    pub(crate) async fn open(place: Arc<Place>) -> Result<Self, ConnectError> {
        let server = place.address.server.clone();
        let (report, first) = oneshot::channel();
        spawn(open(place, report));
        let stopped =
            || ConnectError::Unreachable { server, reason: "the runtime is shutting down".to_owned() };
        first.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// A connection that is not there yet, and is kept from its first success on.
    pub(crate) fn start(place: Arc<Place>) -> Self {
        let reason = format!("not connected yet to Redis at {}", place.address.server);
        let (state, watched) = watch::channel(State::Down(reason.into()));
        spawn(async move {
            if let Some(connected) = place.connect_again(&state, Duration::ZERO).await {
                state.send_replace(State::Up(Arc::clone(&connected.0)));
                keep(&place, &state, connected).await;
            }
        });
        Connection { state: watched }
    }

    /// The connection as soon as there is one, but no longer than `patience` from now.
    pub(crate) async fn link_within(&self, patience: Duration) -> StoreResult<Arc<Link>> {
        let mut state = self.state.clone();
        timeout(patience, state.wait_for(|state| matches!(state, State::Up(_)))).await.ok();
        self.link()
    }

    /// Returns when the connection is another one than this, or none.
    pub(crate) async fn is_no_more(&self, link: &Arc<Link>) {
        let mut state = self.state.clone();
        let is_gone = |state: &State| !matches!(state, State::Up(now) if Arc::ptr_eq(now, link));
        state.wait_for(is_gone).await.ok();
    }

    /// The connection as it is now.
    pub(crate) fn link(&self) -> StoreResult<Arc<Link>> {
        match &*self.state.borrow() {
            State::Up(link) => Ok(Arc::clone(link)),
            State::Down(reason) => Err(StoreError::unavailable(&**reason)),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.state.borrow() {
            State::Up(_) => f.write_str("up"),
            State::Down(reason) => write!(f, "down: {reason}"),
        }
    }
}

/// Connects, says how that went, and if well keeps a connection for as long as somebody holds the [`Connection`].
async fn open(place: Arc<Place>, report: oneshot::Sender<Result<Connection, ConnectError>>) {
    let connected = match place.connect().await {
        Ok(connected) => connected,
        Err(error) => {
            // Whoever asked may have stopped waiting.
            report.send(Err(error)).ok();
            return;
        }
    };
    let (state, watched) = watch::channel(State::Up(Arc::clone(&connected.0)));
    if report.send(Ok(Connection { state: watched })).is_ok() {
        keep(&place, &state, connected).await;
    }
}

async fn keep(place: &Place, state: &watch::Sender<State>, connected: (Arc<Link>, Router)) {
    let mut current = connected;
    let server = &place.address.server;
    loop {
        let (link, router) = &mut current;
        let reason = tokio::select! {
            () = state.closed() => return,
            reason = link.breaker.opened() => reason,
            reason = router.ended() => reason,
            reason = place.heartbeat(link) => reason,
            reason = near_cache::feed(link, &place.settings.keys) => reason,
            reason = place.is_replaced() => reason,
        };
        drop(current);
        tracing::error!(
            server,
            reason,
            "the connection to Redis was lost; its sessions are unavailable until it is back"
        );
        state.send_replace(State::Down(format!("no connection to Redis at {server}: {reason}").into()));
        let Some(again) = place.connect_again(state, PAUSE.0).await else {
            return;
        };
        current = again;
        tracing::info!(server, "connected to Redis again");
        state.send_replace(State::Up(Arc::clone(&current.0)));
    }
}

impl Place {
    pub(crate) fn new(address: Address, settings: Arc<Settings>) -> Self {
        Place { address, sentinels: None, last: Mutex::default(), clock: Clock::default(), settings }
    }

    /// The primary of a service, whichever it is.
    pub(crate) fn behind(sentinels: Sentinels, credentials: Address, settings: Arc<Settings>) -> Self {
        let address = Address { server: sentinels.name(), ..credentials };
        Place { sentinels: Some(Arc::new(sentinels)), ..Place::new(address, settings) }
    }

    /// Tries until it succeeds, or nobody wants it any more.
    ///
    /// An attempt is never dropped half way: fred would leave its task, and the connection, behind.
    async fn connect_again(
        &self,
        state: &watch::Sender<State>,
        pause: Duration,
    ) -> Option<(Arc<Link>, Router)> {
        let mut pause = pause;
        while !state.is_closed() {
            sleep(jittered(pause)).await;
            pause = (pause * 2).clamp(PAUSE.0, PAUSE.1);
            match self.connect().await {
                Ok(connected) => return Some(connected),
                Err(error) => {
                    tracing::debug!(%error, "no connection to Redis yet");
                    state.send_replace(State::Down(error.to_string().into()));
                }
            }
        }
        None
    }

    /// A connection that is ready to be used.
    async fn connect(&self) -> Result<(Arc<Link>, Router), ConnectError> {
        let address = self.find().await?;
        let server = &address.server;
        let (mut link, router) = self.settings.link_for_sessions(&address).await?;
        self.look_at(&link, server).await?;
        let last = self.last().replace(server.clone());
        if last.is_some_and(|last| last != *server) {
            tracing::info!(server, "another Redis server is the primary now");
            self.clock.is_of_another_server();
        }
        self.sample_time(&link).await.map_err(|error| failure(server, &error))?;
        // Where the server tells of changes to what was read, a script that reads for many is dear: Redis 7.0 notes all of its
        // keys for each read, later ones those that were read.
        if !self.settings.nodes && link.tracking.is_none() {
            link.together = Some(Together::new());
        }
        link.load_scripts().await.map_err(|error| failure(server, &error))?;
        self.put_server_key_back(&link).await.map_err(|error| failure(server, &error))?;
        // One that was silent when it was connected to may have been replaced before it answered.
        if self.find().await?.server != *server {
            let reason = "the Sentinels have named another primary meanwhile".to_owned();
            return Err(ConnectError::Unreachable { server: server.clone(), reason });
        }
        Ok((Arc::new(link), router))
    }

    async fn find(&self) -> Result<Address, ConnectError> {
        let Some(sentinels) = &self.sentinels else {
            return Ok(self.address.clone());
        };
        let (host, port) = sentinels.primary(&self.settings).await?;
        Ok(self.address.beside(&host, port))
    }

    /// Returns when the Sentinels name another primary. The former one may take long to learn that it is none any more,
    /// and what it acknowledges until then is lost.
    async fn is_replaced(&self) -> String {
        let Some(sentinels) = &self.sentinels else {
            return pending().await;
        };
        loop {
            sleep(LOOK).await;
            let (sentinels, settings) = (Arc::clone(sentinels), Arc::clone(&self.settings));
            // In a task: no attempt to connect is to be dropped half way.
            let asked = tokio::spawn(async move { sentinels.primary(&settings).await });
            if let Ok(Ok((host, port))) = asked.await {
                let server = self.address.beside(&host, port).server;
                if self.last().as_ref().is_some_and(|last| *last != server) {
                    return format!("{server} is the primary now");
                }
            }
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<String>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look_at(&self, link: &Link, server: &str) -> Result<(), ConnectError> {
        match link.info().await {
            Ok(info) => Info(info.as_str().as_deref().unwrap_or_default()).check(server, self.settings.nodes),
            Err(error) if error.details().starts_with("NOPERM") => {
                tracing::warn!(
                    server,
                    "this user may not run INFO: version, role and maxmemory-policy were not checked"
                );
                Ok(())
            }
            Err(error) => Err(failure(server, &error)),
        }
    }

    /// Asks for the time whenever nothing else has told it for a while, which also keeps an idle connection in the
    /// memory of what lies in between. Returns when there is no answer.
    async fn heartbeat(&self, link: &Link) -> String {
        loop {
            let due = self.settings.heartbeat.saturating_sub(self.clock.age());
            if !due.is_zero() {
                sleep(due).await;
            } else if let Err(error) = self.sample_time(link).await {
                return reason(&error);
            }
        }
    }

    async fn sample_time(&self, link: &Link) -> Result<(), Error> {
        let sent = Moment::now();
        let answer = link.time().await?;
        let time = read_time(&answer).ok_or_else(|| Error::new(ErrorKind::Protocol, "TIME gave no time"))?;
        self.clock.note(sent, time);
        Ok(())
    }

    /// A server that restarted empty, or was failed over to before it knew, must get the key that this process works
    /// with: another one that starts now would else make a key of its own.
    async fn put_server_key_back(&self, link: &Link) -> Result<(), Error> {
        let Some(ours) = self.settings.server_key().clone() else {
            return Ok(());
        };
        let name = self.settings.keys.server_key();
        let kept = match link.set_or_get(&name, ours.expose(), Manner::Plain).await {
            // Of the nodes of a Cluster one has it.
            Err(error) if error.is_moved() || error.is_ask() => return Ok(()),
            Err(error) if error.is_cluster() => return Err(error),
            Err(error) if is_answer(&error) => {
                // Sessions of this process are none the worse for it.
                tracing::error!(reason = reason(&error), "Redis does not say which server key it keeps");
                return Ok(());
            }
            kept => kept?,
        };
        match kept.as_bytes() {
            None => tracing::warn!(
                "Redis had lost the server key, and with it the sessions, maybe; it was put back"
            ),
            Some(kept) if kept == ours.expose() => {}
            Some(_) => tracing::error!(
                key = name,
                "Redis now keeps another server key than the one that this process works with, and each refuses the \
                 sessions of the other: restart this process; to rule it out, set AUTH_KEY or call Auth::with_keys"
            ),
        }
        Ok(())
    }
}

impl Settings {
    pub(crate) async fn link_to(&self, address: &Address) -> Result<(Link, Router), ConnectError> {
        Link::connect(address, self.connect_timeout, self.command_timeout).await
    }

    /// With a near cache, a connection that is told of changes, where the server does so.
    async fn link_for_sessions(&self, address: &Address) -> Result<(Link, Router), ConnectError> {
        let Some(near) = &self.near else { return self.link_to(address).await };
        let tracked = Link::connect_to_track(address, near, self.connect_timeout, self.command_timeout);
        let reason = match tracked.await {
            Err(ConnectError::Refused { reason, .. }) if knows_no_tracking(&reason) => reason,
            connected => return connected,
        };
        let connected = self.link_to(address).await?;
        self.untold.call_once(|| {
            tracing::warn!(
                server = address.server,
                reason,
                "this Redis server does not tell of changes: there is no near cache; the user needs +client|tracking"
            );
        });
        Ok(connected)
    }

    pub(crate) async fn listen_to(&self, address: &Address) -> Result<(Link, Router), ConnectError> {
        Link::connect_to_listen(address, self.connect_timeout, self.command_timeout).await
    }

    pub(crate) fn server_key(&self) -> MutexGuard<'_, Option<ServerKey>> {
        self.server_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it is for want of a right, or the server or a proxy before it knows none of this; else it may be tried again.
fn knows_no_tracking(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["noperm", "noproto", "unknown command", "unknown subcommand"].iter().any(|why| reason.contains(why))
}

/// Two numbers as text: seconds, and microseconds.
pub(crate) fn read_time(answer: &Value) -> Option<Timestamp> {
    let Value::Array(parts) = answer else { return None };
    let [seconds, micros] = parts.as_slice() else {
        return None;
    };
    let number = |value: &Value| value.as_str()?.parse::<u64>().ok();
    Some(Timestamp::from_micros(number(seconds)?.checked_mul(1_000_000)?.checked_add(number(micros)?)?))
}

/// Half of the pause to all of it, so that a hundred processes do not come at once.
pub(crate) fn jittered(pause: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX);
    pause.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
