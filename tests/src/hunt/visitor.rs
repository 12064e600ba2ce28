//! Somebody who signs in, asks as fast as can be, has the other process end the session, and goes on asking.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;

use super::Hunt;
use crate::app::PASSWORD;
use crate::world::USER;
use crate::{Answer, Client};

/// What the other process does.
#[derive(Clone, Copy, Debug)]
enum Change {
    Logout,
    EndOthers,
    Rename,
    Refresh,
}

const CHANGES: [Change; 5] =
    [Change::Logout, Change::Rename, Change::EndOthers, Change::Logout, Change::Refresh];

/// What a session carries after a change.
const RENAMED: &str = "renamed@example.com";

pub(super) struct Visitor {
    hunt: Arc<Hunt>,
    /// The number of the user.
    user: usize,
    round: usize,
}

/// What is known of the session.
#[derive(Clone, Copy, Default)]
struct Fate {
    ended: Option<Instant>,
    renamed: Option<Instant>,
}

impl Visitor {
    pub(super) fn new(hunt: Arc<Hunt>, number: usize) -> Self {
        Visitor { hunt, user: 1_000 + number, round: number }
    }

    pub(super) async fn stay(mut self, stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            self.round += 1;
            let change = CHANGES[self.round % CHANGES.len()];
            let begin = Instant::now();
            let Some(client) = self.sign_in().await else { continue };
            let opened = Instant::now();
            let fate = Arc::new(Mutex::new(Fate::default()));
            let (done, asking) = watch::channel(false);
            let asks = ask(Arc::clone(&self.hunt), client.clone(), opened, Arc::clone(&fate), asking);
            let asks = tokio::spawn(asks);
            // Long enough to be remembered, and of another length each time.
            let pause = u64::try_from(self.round * 137 % 900).unwrap_or_default();
            sleep(Duration::from_millis(100 + pause)).await;
            self.change(change, &client, begin, &fate).await;
            sleep(2 * self.hunt.bound).await;
            if !matches!(change, Change::Logout | Change::EndOthers) {
                self.change(Change::Logout, &client, begin, &fate).await;
                sleep(2 * self.hunt.bound).await;
            }
            done.send_replace(true);
            asks.await.expect("it ends when it is told to");
        }
    }

    fn email(&self) -> String {
        format!("user-{}@example.com", self.user)
    }

    async fn sign_in(&self) -> Option<Client> {
        let mut client = self.hunt.here.clone();
        let body = json!({ "email": self.email(), "password": PASSWORD });
        let answer = client.post_json("/user/login", &body).await;
        if answer.status == 200 {
            return Some(client);
        }
        sleep(Duration::from_millis(20)).await;
        None
    }

    /// Has the other process do it, until it says that it is done.
    async fn change(&self, change: Change, client: &Client, opened: Instant, fate: &Mutex<Fate>) {
        let begin = Instant::now();
        loop {
            assert!(begin.elapsed() < Duration::from_mins(1), "the other process does not come back");
            let Some(answer) = self.ask_there(change, client).await else { continue };
            let now = Instant::now();
            let mut fate = fate.lock().unwrap();
            match (change, answer.status) {
                // What is not there (any more) is ended as well.
                (Change::Logout, 200 | 204 | 401) | (Change::EndOthers, 200 | 204) => {
                    fate.ended = Some(now);
                }
                (Change::Rename, 204) => fate.renamed = Some(now),
                (Change::Refresh, 200 | 204) => {
                    drop(fate);
                    self.look_at_successor(client, &answer, opened).await;
                }
                (Change::EndOthers | Change::Refresh, 401) => {}
                _ => {
                    drop(fate);
                    sleep(Duration::from_millis(10)).await;
                    continue;
                }
            }
            self.hunt.seen().changes += 1;
            return;
        }
    }

    async fn ask_there(&self, change: Change, client: &Client) -> Option<Answer> {
        let mut there = self.hunt.there.clone();
        there.cookies.clone_from(&client.cookies);
        match change {
            Change::Logout => Some(there.post("/user/logout").await),
            Change::Refresh => Some(there.post("/user/refresh").await),
            Change::Rename => Some(there.post(&format!("/rename/{}/{RENAMED}", self.user)).await),
            Change::EndOthers => {
                let mut other = self.sign_in().await?;
                let mut there = self.hunt.there.clone();
                there.cookies = std::mem::take(&mut other.cookies);
                Some(there.send(Method::DELETE, "/user/sessions").await)
            }
        }
    }

    /// A new cookie is good at once.
    async fn look_at_successor(&self, client: &Client, refreshed: &Answer, opened: Instant) {
        let mut successor = client.clone();
        let set = refreshed.set_cookies();
        let Some(value) = set.iter().find_map(|set| set.strip_prefix(&format!("{USER}="))) else { return };
        let value = value.split(';').next().unwrap_or_default();
        successor.cookies.insert(USER.to_owned(), value.to_owned());
        let answer = successor.get("/orders").await;
        if answer.status == 401 && self.hunt.flushed_since(opened).is_none() {
            self.hunt.seen().mistakes.push("a new cookie was refused".to_owned());
        }
    }
}

/// Asks as fast as can be, until told to stop.
async fn ask(
    hunt: Arc<Hunt>,
    mut client: Client,
    opened: Instant,
    fate: Arc<Mutex<Fate>>,
    done: watch::Receiver<bool>,
) {
    while !*done.borrow() {
        let sent = Instant::now();
        let known = *fate.lock().unwrap();
        let answer = client.get("/orders").await;
        let renamed = known.renamed.filter(|_| answer.body != RENAMED);
        let flushed = hunt.flushed_since(opened);
        // What was confirmed after this request was sent says nothing about it.
        let gone = known.ended.into_iter().chain(renamed).chain(flushed).min();
        match answer.status {
            200 => hunt.seen().let_in_at(sent, gone, hunt.bound),
            401 => hunt.seen().refused += 1,
            503 => hunt.seen().unavailable += 1,
            status => hunt.seen().mistakes.push(format!("found the answer {status}")),
        }
        if answer.status != 200 {
            sleep(Duration::from_millis(5)).await;
        }
    }
}
