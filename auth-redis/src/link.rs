//! One connection to a Redis server: commands, each with a time limit, and what they cost when it is silent.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use fred::{
    bytes::Bytes,
    clients::{Client, Pool, WithOptions},
    error::{Error, ErrorKind},
    interfaces::{ClientLike, EventInterface, HashesInterface, PubsubInterface, TrackingInterface},
    types::{
        ClusterHash, ConnectHandle, CustomCommand, Key, Message, RespVersion, Value,
        client::Invalidation,
        config::{ConnectionConfig, Options, PerformanceConfig},
    },
};
use tokio::sync::broadcast;

use crate::{
    address::Address,
    arguments::Arguments,
    breaker::Breaker,
    deadlines::Deadlines,
    durable::Waits,
    error::{ConnectError, reason},
    near_cache::{Cache, Tracking},
    scripts::{self, Script},
    together::{Command, Together},
};

/// So many commands may wait to be sent, and as many to go with others; one more is refused at once. It takes thousands of
/// requests within a command's time limit.
pub(crate) const QUEUE: usize = 10_000;

/// So many bytes a number has at the most.
const NUMBER: usize = 20;

/// So many messages of channels may wait to be looked at; when it is one more, the oldest are lost, which is noticed.
const MESSAGES: usize = 1024;

/// How long a key stays that tells whether changes are told, unless it is written again.
const CANARY: Duration = Duration::from_mins(1);

/// One connection. When it is lost it is not used again: there will be another.
pub(crate) struct Link {
    /// Where it leads to.
    pub(crate) address: Address,
    client: WithOptions<Client>,
    pub(crate) breaker: Breaker,
    pub(crate) waits: Waits,
    /// With a near cache: what was read over this connection, and is told of when it changes.
    pub(crate) tracking: Option<Tracking>,
    /// With this, commands go together: those on keys of one server, not those of a Cluster's slots.
    pub(crate) together: Option<Together>,
    deadlines: Deadlines,
    /// The SHA-1 by which the server knows each script.
    hashes: BTreeMap<&'static str, String>,
}

/// The task that reads and writes a connection; the connection ends with it.
pub(crate) struct Router(ConnectHandle);

/// How a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Plain,
    /// With `ASKING` before: a node of a Cluster answers then for a slot that is on its way to it.
    Asking,
}

impl Link {
    /// Connects, without making use of the connection yet.
    pub(crate) async fn connect(
        address: &Address,
        connect_timeout: Duration,
        command_timeout: Duration,
    ) -> Result<(Self, Router), ConnectError> {
        let performance = PerformanceConfig::default();
        Self::open(address, performance, connect_timeout, command_timeout).await
    }

    /// Connects for messages of channels, which come between answers: there are such in RESP3 only.
    pub(crate) async fn connect_to_listen(
        address: &Address,
        connect_timeout: Duration,
        command_timeout: Duration,
    ) -> Result<(Self, Router), ConnectError> {
        let performance = PerformanceConfig { broadcast_channel_capacity: MESSAGES, ..Default::default() };
        let mut address = address.clone();
        address.config.version = RespVersion::RESP3;
        Self::open(&address, performance, connect_timeout, command_timeout).await
    }

    /// Connects for commands, with the server telling of changes to whatever is read.
    pub(crate) async fn connect_to_track(
        address: &Address,
        cache: &Arc<Cache>,
        connect_timeout: Duration,
        command_timeout: Duration,
    ) -> Result<(Self, Router), ConnectError> {
        let (mut link, router) = Self::connect_to_listen(address, connect_timeout, command_timeout).await?;
        let arguments = ["TRACKING", "ON"].map(Value::from_static_str).to_vec();
        link.ask("CLIENT", arguments, Manner::Plain)
            .await
            .map_err(|error| failure(&address.server, &error))?;
        link.tracking = Some(Tracking::new(Arc::clone(cache)));
        Ok((link, router))
    }

    async fn open(
        address: &Address,
        performance: PerformanceConfig,
        connect_timeout: Duration,
        command_timeout: Duration,
    ) -> Result<(Self, Router), ConnectError> {
        let connection = ConnectionConfig {
            connection_timeout: connect_timeout,
            internal_command_timeout: connect_timeout,
            max_command_attempts: 1,
            max_command_buffer_len: QUEUE,
            ..Default::default()
        };
        // No reconnect policy: `connection.rs` makes a new link.
        let failure = |error: Error| failure(&address.server, &error);
        let pool = Pool::new(address.config.clone(), Some(performance), Some(connection), None, 1);
        let (client, router) = begin(&pool.map_err(failure)?).await.map_err(failure)?;
        // Without fred's time limit, a timer for each command: see `deadlines.rs`.
        let options = Options { max_attempts: Some(1), fail_fast: true, ..Default::default() };
        let link = Link {
            address: address.clone(),
            client: client.with_options(&options),
            breaker: Breaker::default(),
            waits: Waits::default(),
            tracking: None,
            together: None,
            deadlines: Deadlines::new(command_timeout),
            hashes: BTreeMap::new(),
        };
        Ok((link, Router(router)))
    }

    /// Has the server load all scripts, so that they can be called by their hashes.
    pub(crate) async fn load_scripts(&mut self) -> Result<(), Error> {
        for script in scripts::all(self.together.is_some()) {
            let arguments = vec![Value::from_static_str("LOAD"), Value::from_static_str(script.source)];
            let hash = self.ask("SCRIPT", arguments, Manner::Plain).await?;
            let hash = hash
                .as_string()
                .ok_or_else(|| Error::new(ErrorKind::Protocol, "SCRIPT LOAD gave no hash"))?;
            self.hashes.insert(script.name, hash);
        }
        Ok(())
    }

    /// Calls a script, together with others where that can be.
    pub(crate) async fn call(
        self: &Arc<Self>,
        script: &'static Script,
        keys: Vec<String>,
        arguments: Vec<Value>,
        manner: Manner,
    ) -> Result<Value, Error> {
        let together = self.together.as_ref().filter(|_| manner == Manner::Plain);
        let (Some(many), Some(together)) = (script.many, together) else {
            return self.judged(self.evaluate(script, keys, arguments, manner)).await;
        };
        self.judged(pin!(together.ask(self, Command::Call { script, many, keys, arguments }))).await
    }

    /// Reads a field of a hash, together with others where that can be.
    pub(crate) async fn read_field(
        self: &Arc<Self>,
        key: &str,
        field: &[u8],
        manner: Manner,
    ) -> Result<Value, Error> {
        let (key, field) = (key.to_owned(), Bytes::copy_from_slice(field));
        match (manner, &self.together) {
            (Manner::Plain, Some(together)) => {
                self.judged(pin!(together.ask(self, Command::Read { key, field }))).await
            }
            // Not by `ask`: fred sends each custom command by itself, and those that it knows together.
            (Manner::Plain, None) => self.judged(self.send_hget(key, field)).await,
            (Manner::Asking, _) => self.ask("HGET", vec![Value::from(key), Value::from(field)], manner).await,
        }
    }

    /// Sends a command by itself, for [`Together`].
    pub(crate) fn send_one(&self, command: Command) -> Sent<'_, Value> {
        match command {
            Command::Call { script, keys, arguments, .. } => {
                self.evaluate(script, keys, arguments, Manner::Plain)
            }
            Command::Read { key, field } => self.send_hget(key, field),
        }
    }

    /// Sets a key that is not there, and gives the value of one that is.
    pub(crate) async fn set_or_get(&self, key: &str, value: &[u8], manner: Manner) -> Result<Value, Error> {
        let value = Value::from(Box::<[u8]>::from(value));
        let [only_new, give_old] = ["NX", "GET"].map(Value::from_static_str);
        self.ask("SET", vec![Value::from(key), value, only_new, give_old], manner).await
    }

    /// How many replicas have what was written on this connection: as soon as `replicas` have, or else after `within`.
    pub(crate) async fn wait(&self, replicas: u32, within: Duration) -> Result<u64, Error> {
        let arguments = vec![Value::from(replicas.to_string()), Value::from(within.as_millis().to_string())];
        let reached = self.ask("WAIT", arguments, Manner::Plain).await?;
        reached.as_u64().ok_or_else(|| Error::new(ErrorKind::Protocol, "WAIT gave no number"))
    }

    /// Has the server send the messages of a channel. In a Cluster it is a server's that has the slot.
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<(), Error> {
        self.in_time(self.send_ssubscribe(channel)).await
    }

    /// Has it send them no more.
    pub(crate) async fn unsubscribe(&self, channel: &str) -> Result<(), Error> {
        self.in_time(self.send_sunsubscribe(channel)).await
    }

    /// The messages of all channels that were subscribed to.
    pub(crate) fn messages(&self) -> broadcast::Receiver<Message> {
        self.client.message_rx()
    }

    /// What the server says has changed of what was read over this connection.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Invalidation> {
        self.client.invalidation_rx()
    }

    /// Writes a number to both keys, each of which is read right behind; what they held before. A server that is a replica
    /// by now, or has not the keys, or holds up writes, does not say so.
    pub(crate) async fn write_and_read(
        &self,
        keys: &[String; 2],
        number: u64,
    ) -> Result<[Option<u64>; 2], Error> {
        // Not by `ask`: nobody waits for it, and the connection is not given up for it.
        let before = self.in_time(self.send_writes_and_reads(keys, number)).await;
        if let Err(error) = &before
            && error.details().starts_with("READONLY")
        {
            self.judge(error);
        }
        before
    }

    /// The server's clock: seconds, and microseconds.
    pub(crate) async fn time(&self) -> Result<Value, Error> {
        self.ask("TIME", Vec::new(), Manner::Plain).await
    }

    /// What the server says of itself.
    pub(crate) async fn info(&self) -> Result<Value, Error> {
        self.ask("INFO", Vec::new(), Manner::Plain).await
    }

    /// What a Sentinel answers to a command about a service.
    pub(crate) async fn sentinel(&self, command: &'static str, service: &str) -> Result<Value, Error> {
        let arguments = vec![Value::from_static_str(command), Value::from(service)];
        self.ask("SENTINEL", arguments, Manner::Plain).await
    }

    /// Which node of a Cluster has which slots, as this one sees it.
    pub(crate) async fn slots(&self) -> Result<Value, Error> {
        self.ask("CLUSTER", vec![Value::from_static_str("SLOTS")], Manner::Plain).await
    }

    async fn ask(
        &self,
        command: &'static str,
        arguments: Vec<Value>,
        manner: Manner,
    ) -> Result<Value, Error> {
        self.judged(self.send(command, arguments, manner)).await
    }

    /// The answer to a command, which is passed as a pointer: a future would be in this one several times. What it says about
    /// the connection is noted.
    async fn judged(&self, command: impl Future<Output = Result<Value, Error>>) -> Result<Value, Error> {
        let answer = self.in_time(command).await;
        match &answer {
            Ok(_) => self.breaker.answered(),
            Err(error) => self.judge(error),
        }
        answer
    }

    /// The answer to a command, or an error when it does not come.
    pub(crate) async fn in_time<T>(
        &self,
        command: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let too_late = || Error::new(ErrorKind::Timeout, "no answer in time");
        self.deadlines.keep(command).await.unwrap_or_else(|| Err(too_late()))
    }

    fn judge(&self, error: &Error) {
        let details = error.details();
        if *error.kind() == ErrorKind::Timeout {
            self.breaker.timed_out();
        } else if details.starts_with("READONLY") {
            // The server has become a replica: somewhere else, behind the same name, there may be a primary.
            self.breaker.open(reason(error));
        } else if is_answer(error) {
            self.breaker.answered();
            let expected = *error.kind() == ErrorKind::Cluster || details.starts_with("TRYAGAIN");
            if !expected {
                tracing::error!(reason = reason(error), "Redis refused a command");
            }
        }
    }
}

/// A command on its way.
pub(crate) type Sent<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// What is sent by fred. Each of these makes a future whose type nobody else knows: an `async fn` is compiled where it is
/// awaited, which would be each program that uses this crate, with all of fred that is behind it.
impl Link {
    fn send(&self, command: &'static str, arguments: Vec<Value>, manner: Manner) -> Sent<'_, Value> {
        let command = custom(command);
        match manner {
            Manner::Plain => boxed(|| self.client.custom(command, arguments)),
            Manner::Asking => boxed(|| self.ask_on(command, arguments)),
        }
    }

    /// Calls a script: one command, unless the server has forgotten the script.
    pub(crate) fn evaluate(
        &self,
        script: &'static Script,
        keys: Vec<String>,
        arguments: Vec<Value>,
        manner: Manner,
    ) -> Sent<'_, Value> {
        boxed(move || self.evaluate_on(script, keys, arguments, manner))
    }

    fn send_hget(&self, key: String, field: Bytes) -> Sent<'_, Value> {
        boxed(|| self.client.hget(Key::from(key), field))
    }

    fn send_ssubscribe<'a>(&'a self, channel: &'a str) -> Sent<'a, ()> {
        boxed(|| self.client.ssubscribe(channel))
    }

    fn send_sunsubscribe<'a>(&'a self, channel: &'a str) -> Sent<'a, ()> {
        boxed(|| self.client.sunsubscribe(channel))
    }

    fn send_writes_and_reads<'a>(&'a self, keys: &'a [String; 2], number: u64) -> Sent<'a, [Option<u64>; 2]> {
        boxed(|| self.write_and_read_on(keys, number))
    }

    async fn evaluate_on(
        &self,
        script: &'static Script,
        keys: Vec<String>,
        arguments: Vec<Value>,
        manner: Manner,
    ) -> Result<Value, Error> {
        let with = |script: &[u8]| {
            let bytes = script.len() + NUMBER + keys.iter().map(String::len).sum::<usize>();
            let names = Arguments::with_bytes(2 + keys.len() + arguments.len(), bytes);
            let names = names.bytes(script).number(keys.len() as u128);
            let mut all = keys.iter().fold(names, |names, key| names.bytes(key.as_bytes())).into_values();
            all.extend_from_slice(&arguments);
            all
        };
        if let Some(hash) = self.hashes.get(script.name) {
            match self.send("EVALSHA", with(hash.as_bytes()), manner).await {
                Err(error) if error.details().starts_with("NOSCRIPT") => {}
                answer => return answer,
            }
        }
        self.send("EVAL", with(script.source.as_bytes()), manner).await
    }

    /// Both commands are written one right behind the other: `ASKING` is for the next command on the connection.
    async fn ask_on(&self, command: CustomCommand, arguments: Vec<Value>) -> Result<Value, Error> {
        let both = self.client.pipeline().with_options(self.client.options());
        let _queued: Value = both.custom(custom("ASKING"), Vec::<Value>::new()).await?;
        let _queued: Value = both.custom(command, arguments).await?;
        both.last().await
    }

    async fn write_and_read_on(&self, keys: &[String; 2], number: u64) -> Result<[Option<u64>; 2], Error> {
        let all = self.client.pipeline().with_options(self.client.options());
        for key in keys {
            let key = Value::from(key.as_str());
            let [expires, give_old] = ["PX", "GET"].map(Value::from_static_str);
            let number = Value::from(number.to_string());
            let set =
                vec![key.clone(), number, expires, Value::from(CANARY.as_millis().to_string()), give_old];
            let _queued: Value = all.custom(custom("SET"), set).await?;
            let _queued: Value = all.custom(custom("GET"), vec![key]).await?;
        }
        let answers = all.try_all::<Value>().await.into_iter().collect::<Result<Vec<_>, _>>()?;
        match answers.as_slice() {
            [first, _, second, _] => Ok([first.as_u64(), second.as_u64()]),
            _ => Err(Error::new(ErrorKind::Protocol, "four commands have not as many answers")),
        }
    }
}

/// Connects the one client of a pool. `Client::init` would do the same, but is generic: all of fred's connection would be
/// compiled once more, here, where the pool's is compiled in fred.
async fn begin(pool: &Pool) -> Result<(Client, ConnectHandle), Error> {
    let (client, ended) =
        (pool.next().clone(), || Error::new(ErrorKind::Canceled, "the connection was closed"));
    let mut connected = pin!(client.wait_for_connect());
    // From its first poll on it listens; it must hear of what comes of what is begun then.
    poll_fn(|context| Poll::Ready(connected.as_mut().poll(context).is_ready())).await;
    let router = pool.connect_pool().pop().ok_or_else(ended)?;
    connected.await?;
    Ok((client.clone(), router))
}

/// fred's futures have some 5 kB (`size_of_val`, in release), which would be in every future around them. They are made
/// where they stay: `Box::pin` would make them on the stack and copy all of it.
fn boxed<'a, T, F: Future<Output = Result<T, Error>> + Send + 'a>(make: impl FnOnce() -> F) -> Sent<'a, T> {
    let place = Box::<F>::new_uninit();
    let future = Box::write(place, make());
    Box::into_pin(future)
}

/// No hash slot: each of fred's clients has one server.
fn custom(command: &'static str) -> CustomCommand {
    CustomCommand::new_static(command, ClusterHash::Random, false)
}

impl Router {
    /// Waits until the connection ends, and says why.
    pub(crate) async fn ended(&mut self) -> String {
        match (&mut self.0).await {
            Ok(Err(error)) => reason(&error),
            Ok(Ok(())) | Err(_) => "the connection was closed".to_owned(),
        }
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        // Whoever waits for an answer learns of it at once. `quit()` would wait for a server that may be silent.
        self.0.abort();
    }
}

/// Whether the server answered, and the answer was no.
pub(crate) fn is_answer(error: &Error) -> bool {
    let silent = [ErrorKind::Timeout, ErrorKind::Canceled, ErrorKind::IO, ErrorKind::Backpressure];
    !silent.contains(error.kind())
}

/// Why there is no connection to `server`.
pub(crate) fn failure(server: &str, error: &Error) -> ConnectError {
    let (server, reason) = (server.to_owned(), reason(error));
    match error.kind() {
        ErrorKind::Timeout | ErrorKind::Canceled | ErrorKind::IO => {
            ConnectError::Unreachable { server, reason }
        }
        #[cfg(feature = "tls")]
        ErrorKind::Tls => ConnectError::Tls(format!("{server}: {reason}")),
        _ => ConnectError::Refused { server, reason },
    }
}
