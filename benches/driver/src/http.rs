//! All contestants, in turn, round by round, so that a machine that slows down slows down all of them.

mod report;

use std::{path::Path, rc::Rc, time::Duration};

use crate::{
    Outcome,
    contestants::{self, Contestant},
    is_short,
    load::{self, Users},
    machine,
    redis_server::RedisServer,
    server::Server,
    statistics::Sample,
};

/// How many connections are open at once.
pub(crate) const LEVELS: [usize; 3] = [1, 64, 512];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Request,
    Login,
    Refresh,
}

/// The samples of each contestant that takes part in an operation, by level.
pub(crate) struct Measured {
    pub(crate) operation: Operation,
    pub(crate) rows: Vec<(Contestant, [Vec<Sample>; LEVELS.len()])>,
}

struct Effort {
    rounds: usize,
    time: Duration,
    /// Those that requests are sent with; more than one key, and less than makes Redis miss its caches all the time.
    sessions: usize,
    /// How many are refreshed in a run by one connection, and by more, where there is the time for so many.
    refreshes: (usize, usize),
}

impl Effort {
    fn asked() -> Self {
        let real = Effort {
            rounds: 5,
            time: Duration::from_millis(1500),
            sessions: 4096,
            refreshes: (4_000, 12_000),
        };
        let short =
            Effort { rounds: 1, time: Duration::from_millis(200), sessions: 600, refreshes: (100, 1_000) };
        if is_short() { short } else { real }
    }
}

struct Arena {
    effort: Effort,
    redis: RedisServer,
    servers: Vec<(Server, Rc<[String]>)>,
    users: Users,
}

pub(crate) async fn run(plot: &Path) -> Outcome<String> {
    let load_before = machine::load();
    let arena = Arena::open().await?;
    let mut measured = Vec::new();
    for operation in [Operation::Request, Operation::Login, Operation::Refresh] {
        measured.push(arena.measure(operation).await?);
    }
    std::fs::write(plot, report::plot(&measured))?;
    report::section(&measured, arena.effort.rounds, &load_before)
}

impl Arena {
    async fn open() -> Outcome<Self> {
        let (effort, redis, users) = (Effort::asked(), RedisServer::start().await, Users::each(1));
        let mut servers = Vec::new();
        for (database, contestant) in contestants::all().into_iter().enumerate() {
            let server = Server::start(contestant, &redis.url(), database)?;
            let sessions = match contestant.paths {
                Some(_) => load::sessions(&server, &users, effort.sessions, None).await?,
                None => Rc::default(),
            };
            servers.push((server, sessions));
        }
        Ok(Arena { effort, redis, servers, users })
    }

    async fn measure(&self, operation: Operation) -> Outcome<Measured> {
        let servers: Vec<_> = self
            .servers
            .iter()
            .filter(|(server, _)| server.contestant.operations.contains(&operation))
            .collect();
        let mut rows: Vec<_> =
            servers.iter().map(|(server, _)| (server.contestant, [const { Vec::new() }; _])).collect();
        // The first round warms everybody up.
        for round in 0..=self.effort.rounds {
            eprintln!("{operation:?}, round {round} of {}", self.effort.rounds);
            for (level, connections) in LEVELS.into_iter().enumerate() {
                for ((server, sessions), (_, samples)) in servers.iter().zip(&mut rows) {
                    let time = if round == 0 { self.effort.time / 5 } else { self.effort.time };
                    let sample = self.take(operation, server, connections, sessions, time).await?;
                    if round > 0 {
                        samples[level].push(sample);
                    }
                }
            }
        }
        Ok(Measured { operation, rows })
    }

    async fn take(
        &self,
        operation: Operation,
        server: &Server,
        connections: usize,
        sessions: &Rc<[String]>,
        time: Duration,
    ) -> Outcome<Sample> {
        match operation {
            Operation::Request => load::read(server, connections, sessions, time).await,
            Operation::Login => {
                let sample = load::login(server, connections, &self.users, time).await?;
                self.empty().await;
                Ok(sample)
            }
            // One that has just been refreshed is not refreshed again.
            Operation::Refresh => {
                let (by_one, by_more) = self.effort.refreshes;
                let count = if connections == 1 { by_one } else { by_more };
                let fresh = load::sessions(server, &self.users, count, Some(time * 2)).await?;
                let sample = load::refresh(server, connections, &fresh, time).await?;
                self.empty().await;
                Ok(sample)
            }
        }
    }

    /// Nobody's sessions are needed any more: what requests are sent with was measured first.
    async fn empty(&self) {
        self.redis.command(&["FLUSHALL", "SYNC"]).await;
    }
}
