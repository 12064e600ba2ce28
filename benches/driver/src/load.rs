//! Puts load on a server, from one thread: some connections, each of which sends a request when the last was answered.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    rc::Rc,
    time::Duration,
};

use hdrhistogram::Histogram;
use tokio::{
    task::{JoinSet, LocalSet},
    time::{Instant, sleep},
};

use crate::{
    Outcome,
    client::{Connection, get_me, post_login, post_refresh},
    server::Server,
    statistics::{Sample, histogram, micros, number, quantile, record},
};

/// A run's requests: what a connection sends next, or nothing more.
trait Requests: 'static {
    fn next(&self) -> Option<Vec<u8>>;
}

impl<F: Fn() -> Option<Vec<u8>> + 'static> Requests for F {
    fn next(&self) -> Option<Vec<u8>> {
        self()
    }
}

/// Who signs in next: users that have not yet, each of them so many times in a row.
#[derive(Clone)]
pub(crate) struct Users {
    logins: Rc<Cell<u64>>,
    each: u64,
}

impl Users {
    pub(crate) fn each(times: u64) -> Self {
        Users { logins: Rc::default(), each: times }
    }

    fn next(&self) -> u64 {
        self.logins.update(|logins| logins + 1);
        self.logins.get().div_ceil(self.each)
    }
}

/// Asks who is signed in, with the cookies of all sessions in turn, for so long.
pub(crate) async fn read(
    server: &Server,
    connections: usize,
    sessions: &Rc<[String]>,
    time: Duration,
) -> Outcome<Sample> {
    let requests: Vec<Vec<u8>> = if sessions.is_empty() {
        vec![get_me("")]
    } else {
        sessions.iter().map(|cookies| get_me(cookies)).collect()
    };
    let next = Cell::new(0);
    let requests = move || {
        next.set((next.get() + 1) % requests.len());
        requests.get(next.get()).cloned()
    };
    Ok(run(server, connections, requests, Some(time)).await?.sample)
}

/// Signs users in, for so long.
pub(crate) async fn login(
    server: &Server,
    connections: usize,
    users: &Users,
    time: Duration,
) -> Outcome<Sample> {
    let (path, users) = (login_path(server)?, users.clone());
    let requests = move || Some(post_login(path, users.next()));
    Ok(run(server, connections, requests, Some(time)).await?.sample)
}

/// Signs so many users in, or as many as can be in that time, and gives the cookies of each.
pub(crate) async fn sessions(
    server: &Server,
    users: &Users,
    count: usize,
    time: Option<Duration>,
) -> Outcome<Rc<[String]>> {
    let (path, users, left) = (login_path(server)?, users.clone(), Cell::new(count));
    let requests = move || {
        left.set(left.get().checked_sub(1)?);
        Some(post_login(path, users.next()))
    };
    Ok(run(server, 32.min(count), requests, time).await?.each_with_cookies(server)?.cookies.into())
}

/// Refreshes each session once, or as many as can be in that time.
pub(crate) async fn refresh(
    server: &Server,
    connections: usize,
    sessions: &[String],
    time: Duration,
) -> Outcome<Sample> {
    let path = server.contestant.paths.ok_or("a contestant without a refresh")?.refresh;
    let waiting: Vec<Vec<u8>> = sessions.iter().map(|cookies| post_refresh(path, cookies)).collect();
    let waiting = RefCell::new(waiting);
    let run = run(server, connections, move || waiting.borrow_mut().pop(), Some(time)).await?;
    Ok(run.each_with_cookies(server)?.sample)
}

fn login_path(server: &Server) -> Outcome<&'static str> {
    Ok(server.contestant.paths.ok_or("a contestant without a login")?.login)
}

struct Run {
    sample: Sample,
    answered: u64,
    cookies: Vec<String>,
}

impl Run {
    fn each_with_cookies(self, server: &Server) -> Outcome<Self> {
        if self.answered > 0 && u64::try_from(self.cookies.len()) == Ok(self.answered) {
            return Ok(self);
        }
        Err(format!("{} answers without a cookie", server.contestant.name).into())
    }
}

/// What connections of a run share.
struct Tally {
    latencies: RefCell<Histogram<u64>>,
    cookies: RefCell<Vec<String>>,
    /// Answers that say that the store cannot be asked, as a machine with too much to do brings them about.
    failed: Cell<usize>,
    is_over: Cell<bool>,
}

/// Sends until the time is over, or until there is nothing more to send.
async fn run(
    server: &Server,
    connections: usize,
    requests: impl Requests,
    time: Option<Duration>,
) -> Outcome<Run> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(server.port).await?);
    }
    let tally = Rc::new(Tally {
        latencies: RefCell::new(histogram()),
        cookies: RefCell::default(),
        failed: Cell::default(),
        is_over: Cell::new(false),
    });
    let (requests, local) = (Rc::new(requests), LocalSet::new());
    let (begin, cpu) = (Instant::now(), server.cpu()?);
    let mut running = JoinSet::new();
    for connection in open {
        running.spawn_local_on(send_all(connection, Rc::clone(&requests), Rc::clone(&tally)), &local);
    }
    let all = async {
        while let Some(ended) = running.join_next().await {
            ended??;
        }
        Outcome::Ok(())
    };
    local
        .run_until(within(time, &tally, all))
        .await
        .map_err(|error| format!("{} at {connections} connections: {error}", server.contestant.name))?;
    let (elapsed, cpu) = (begin.elapsed(), server.cpu()?.saturating_sub(cpu));
    let latencies = tally.latencies.borrow();
    let count = number(latencies.len());
    let sample = Sample {
        rate: count / elapsed.as_secs_f64(),
        p50: quantile(&latencies, 0.5),
        p99: quantile(&latencies, 0.99),
        cpu: micros(cpu) / count,
        failed: tally.failed.get(),
    };
    Ok(Run { sample, answered: latencies.len(), cookies: tally.cookies.take() })
}

/// Says that it is over when the time is, and waits for what is on its way.
async fn within(time: Option<Duration>, tally: &Tally, all: impl Future<Output = Outcome>) -> Outcome {
    let Some(time) = time else { return all.await };
    let mut all = std::pin::pin!(all);
    tokio::select! {
        ended = &mut all => return ended,
        () = sleep(time) => tally.is_over.set(true),
    }
    all.await
}

async fn send_all(
    mut connection: Connection,
    requests: Rc<impl Requests>,
    tally: Rc<Tally>,
) -> Result<(), String> {
    while !tally.is_over.get() {
        let Some(request) = requests.next() else { break };
        let begin = Instant::now();
        let answer = connection.send(&request).await.map_err(|error| error.to_string())?;
        match answer.status {
            200..300 => record(&mut tally.latencies.borrow_mut(), begin.elapsed()),
            500..600 => tally.failed.update(|failed| failed + 1),
            status => return Err(format!("the status {status}")),
        }
        if !answer.cookies.is_empty() {
            tally.cookies.borrow_mut().push(answer.cookies);
        }
    }
    Ok(())
}
