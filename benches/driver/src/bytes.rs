//! What sessions take in Redis after logins by the contestants' own endpoints.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    Outcome,
    contestants::{self, Contestant, Kind, OURS, OURS_CACHED},
    http::Operation,
    is_short,
    load::{self, Users},
    machine,
    markdown::Table,
    plot::thousands,
    redis::{keys, memory, usage_of_all},
    redis_server::RedisServer,
    server::Server,
    statistics::number,
};

const LISTPACK: &[(&str, &str)] = &[("hash-max-listpack-value", "512")];

struct Case {
    name: String,
    contestant: Contestant,
    options: &'static [(&'static str, &'static str)],
    /// Sessions of each user.
    each: u64,
}

/// By session.
struct Taken {
    keys: f64,
    usage: f64,
    growth: f64,
}

pub(crate) async fn run() -> Outcome<String> {
    let logins: u32 = if is_short() { 1_000 } else { 20_000 };
    let mut table = Table::new(&["a session of", "keys", "`MEMORY USAGE`", "growth of `used_memory`"]);
    for case in cases() {
        eprintln!("{}", case.name);
        let Taken { keys, usage, growth } = case.measure(logins).await?;
        table.push([case.name, format!("{keys:.1}"), format!("{usage:.0}"), format!("{growth:.0}")]);
    }
    let machine = machine::described()?;
    Ok(format!("{machine}; {} logins each.\n\n{table}", thousands(f64::from(logins))))
}

fn cases() -> Vec<Case> {
    let case =
        |name: &str, contestant, options, each| Case { name: name.to_owned(), contestant, options, each };
    let mut cases = Vec::new();
    for contestant in contestants::all() {
        let keeps_others = contestant.paths.is_some()
            && contestant.operations.contains(&Operation::Request)
            && contestant != OURS_CACHED;
        if keeps_others && contestant.kind != Kind::Ours {
            cases.push(case(contestant.name, contestant, &[], 1));
        } else if contestant == OURS {
            let listpack = "this library, `hash-max-listpack-value 512`";
            cases.push(case(OURS.name, OURS, &[], 1));
            cases.push(case(&format!("{}, 5 of each user", OURS.name), OURS, &[], 5));
            cases.push(case(listpack, OURS, LISTPACK, 1));
            cases.push(case(&format!("{listpack}, 5 of each user"), OURS, LISTPACK, 5));
        }
    }
    cases
}

impl Case {
    async fn measure(&self, logins: u32) -> Outcome<Taken> {
        let redis = RedisServer::start_with(self.options).await;
        let server = Server::start(self.contestant, &redis.url(), 0)?;
        let users = Users::each(self.each);
        // What the first one brings along, such as scripts, is no session's.
        load::sessions(&server, &users, usize::try_from(self.each)?, None).await?;
        quiet().await;
        let (keys_before, usage_before, before) =
            (keys(&redis).await?, usage_of_all(&redis).await?, memory(&redis).await?);
        load::sessions(&server, &users, usize::try_from(logins)?, None).await?;
        quiet().await;
        let by_session = |after: f64, before: f64| (after - before) / number(u64::from(logins));
        // The memory first: looking at all keys takes some.
        let growth = by_session(memory(&redis).await?, before);
        Ok(Taken {
            growth,
            keys: by_session(keys(&redis).await?, keys_before),
            usage: by_session(usage_of_all(&redis).await?, usage_before),
        })
    }
}

/// Until connections are closed, and what is done behind a login's back.
async fn quiet() {
    sleep(Duration::from_millis(500)).await;
}
