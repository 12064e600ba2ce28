//! Hears of sessions that were ended by other programs, for those who wait for it.
//!
//! A script that ends a session says so in a sharded channel with the name of the principal's key, which in a Cluster is
//! the server's that has the key. For each server with sessions that somebody waits for there is a connection of its own,
//! which goes where the connection for commands goes, and is closed when nobody waits any more. What is said while it is
//! not there is lost: when it is there again, all who wait are woken, and look.

use std::{collections::HashMap, sync::Arc, time::Duration};

use auth_core::{
    session::Tag,
    store::{StoreError, Watchers},
};
use fred::error::Error;
use tokio::{
    sync::{broadcast::error::RecvError, mpsc},
    time::{Instant, interval, timeout_at},
};

use crate::{
    connection::{Connection, Settings, jittered},
    error::{ConnectError, reason},
    link::Link,
    task::spawn,
};

/// How often the server is asked whether it is there, and those are forgotten who have stopped waiting.
const BEAT: Duration = Duration::from_secs(5);

/// Between two attempts to connect, at most.
const PAUSE: Duration = Duration::from_secs(1);

/// The same where the user may not subscribe.
const LONG_PAUSE: Duration = Duration::from_mins(1);

/// Hears of ends at one server, until it is dropped.
pub(crate) struct Subscriber {
    wanted: mpsc::UnboundedSender<Tag>,
}

struct Task {
    connection: Connection,
    settings: Arc<Settings>,
    watchers: Watchers,
    wanted: mpsc::UnboundedReceiver<Tag>,
    /// By the name of the channel.
    followed: HashMap<String, Tag>,
}

/// Why nothing is heard any more.
enum Stop {
    /// Nobody waits.
    Idle,
    /// Nobody can begin to wait any more.
    Closed,
    Lost(String),
    Forbidden,
}

impl Subscriber {
    pub(crate) fn start(connection: Connection, settings: Arc<Settings>, watchers: Watchers) -> Self {
        let (sender, wanted) = mpsc::unbounded_channel();
        let task = Task { connection, settings, watchers, wanted, followed: HashMap::new() };
        spawn(task.run());
        Subscriber { wanted: sender }
    }

    /// Wakes those who wait for the sessions of this principal, from now on and for as long as there are such.
    pub(crate) fn follow(&self, at: Tag) {
        // It fails when the runtime shuts down.
        self.wanted.send(at).ok();
    }
}

impl Task {
    async fn run(mut self) {
        loop {
            self.followed.retain(|_, at| self.watchers.is_watched(*at));
            if self.followed.is_empty() {
                match self.wanted.recv().await {
                    Some(at) => self.note(at),
                    None => return,
                }
            }
            let pause = match self.listen().await {
                Stop::Idle => continue,
                Stop::Closed => return,
                Stop::Lost(reason) => {
                    tracing::debug!(reason, "ends of sessions are not heard of");
                    jittered(PAUSE)
                }
                Stop::Forbidden => {
                    tracing::warn!(
                        "this user may not SSUBSCRIBE: that another program ended a session is seen within 15 seconds"
                    );
                    LONG_PAUSE
                }
            };
            let until = Instant::now() + pause;
            while let Ok(wanted) = timeout_at(until, self.wanted.recv()).await {
                match wanted {
                    Some(at) => self.note(at),
                    None => return,
                }
            }
        }
    }

    /// Wakes those who wait, for as long as the connection lasts.
    async fn listen(&mut self) -> Stop {
        let commands = match self.connection.link_within(PAUSE).await {
            Ok(link) => link,
            Err(error) => return error.into(),
        };
        let (link, mut router) = match self.settings.listen_to(&commands.address).await {
            Ok(connected) => connected,
            Err(error) => return error.into(),
        };
        let mut messages = link.messages();
        for (channel, at) in self.followed.clone() {
            if let Err(error) = self.subscribe(&link, channel, at).await {
                return error.into();
            }
        }
        let mut beat = interval(BEAT);
        loop {
            let outcome = tokio::select! {
                at = self.wanted.recv() => match at {
                    Some(at) => self.begin(&link, at).await,
                    None => return Stop::Closed,
                },
                message = messages.recv() => match message {
                    Ok(message) => {
                        if let Some(at) = self.followed.get(&*message.channel) {
                            self.watchers.wake(*at);
                        }
                        Ok(())
                    }
                    Err(RecvError::Lagged(_)) => {
                        self.followed.values().for_each(|at| self.watchers.wake(*at));
                        Ok(())
                    }
                    Err(RecvError::Closed) => return Stop::Lost("the connection was closed".to_owned()),
                },
                _ = beat.tick() => self.check(&link).await,
                () = self.connection.is_no_more(&commands) => {
                    return Stop::Lost("the server is another one, or gone".to_owned());
                }
                reason = router.ended() => return Stop::Lost(reason),
            };
            if let Err(error) = outcome {
                return error.into();
            }
            if self.followed.is_empty() {
                return Stop::Idle;
            }
        }
    }

    async fn begin(&mut self, link: &Link, at: Tag) -> Result<(), Error> {
        let channel = self.settings.keys.principal(at);
        if self.followed.contains_key(&channel) { Ok(()) } else { self.subscribe(link, channel, at).await }
    }

    /// Whoever waits is woken, to see what was said before.
    async fn subscribe(&mut self, link: &Link, channel: String, at: Tag) -> Result<(), Error> {
        match link.subscribe(&channel).await {
            Ok(()) => {
                self.followed.insert(channel, at);
                self.watchers.wake(at);
                Ok(())
            }
            // The slot is at another server by now; those who wait ask again, where it is then.
            Err(error) if error.is_cluster() => {
                self.followed.remove(&channel);
                Ok(())
            }
            Err(error) => {
                self.followed.insert(channel, at);
                Err(error)
            }
        }
    }

    /// Forgets those who have stopped waiting.
    async fn check(&mut self, link: &Link) -> Result<(), Error> {
        let gone = self.followed.extract_if(|_, at| !self.watchers.is_watched(*at));
        for (channel, _) in gone.collect::<Vec<_>>() {
            link.unsubscribe(&channel).await?;
        }
        link.time().await.map(|_| ())
    }

    fn note(&mut self, at: Tag) {
        self.followed.insert(self.settings.keys.principal(at), at);
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        if error.details().starts_with("NOPERM") { Stop::Forbidden } else { Stop::Lost(reason(&error)) }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Stop::Lost(error.to_string())
    }
}

impl From<ConnectError> for Stop {
    fn from(error: ConnectError) -> Self {
        Stop::Lost(error.to_string())
    }
}
