//! Where all visitors ask: it sends requests, looks at what every answer must be like, and counts.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::time::timeout;

use super::model::{Ask, Loss, Span, Standing, Verdict};
use super::tally::Tally;
use crate::app::PASSWORD;
use crate::world::USER;
use crate::{Answer, Client};

/// The command timeout of a store, unless it is set.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(1);

/// Whoever has no answer by then never gets one.
const NEVER: Duration = Duration::from_mins(1);

/// What holds while a fault goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Whether the store waits for replicas when sessions end.
    pub(super) durable: bool,
    /// What is served all the time, fault or not.
    pub(super) spared: fn(Ask) -> bool,
    /// What an answer may take beyond its time limit, as the machine is loaded.
    pub(super) slack: Duration,
}

/// The desk.
pub(super) struct Desk {
    /// The rules.
    pub(super) rules: Rules,
    client: Client,
    tally: Mutex<Tally>,
    losses: Mutex<Vec<Loss>>,
}

/// A session, as its holder knows it.
#[derive(Clone)]
pub(super) struct Held {
    /// The cookie's value.
    pub(super) cookie: String,
    /// What it must be.
    pub(super) standing: Standing,
    /// The write that gave it its cookie.
    pub(super) write: Span,
    /// The write that ended it, or was to end it.
    pub(super) end: Option<(Span, End)>,
}

/// How a session came to its end.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// Its holder asked for it, and was told that it is done.
    Acknowledged,
    /// Its holder asked for it, and was told nothing.
    Doubtful,
    /// With the login that it was presented to.
    ByLogin,
}

/// An answer, as far as it matters.
pub(super) struct Told {
    /// Its status.
    pub(super) status: u16,
    /// The cookie that it sets.
    pub(super) cookie: Option<String>,
    /// When it was asked for, and given.
    pub(super) span: Span,
}

impl Desk {
    /// A desk where a client of the program asks.
    pub(super) fn new(client: Client, rules: Rules) -> Self {
        Desk { rules, client, tally: Mutex::default(), losses: Mutex::default() }
    }

    /// What was acknowledged then may be lost.
    pub(super) fn may_lose(&self, loss: Loss) {
        self.losses.lock().unwrap().push(loss);
    }

    /// What was counted.
    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap()
    }

    /// When the last request that could not be served was answered.
    pub(super) fn last_refused(&self) -> Option<Instant> {
        self.tally().refused.iter().map(|(_, answered)| *answered).max()
    }

    /// Signs a user in, with a cookie of hers or without.
    pub(super) async fn sign_in(&self, email: &str, presented: Option<&str>, ended_others: bool) -> Told {
        let told = self.send(Ask::SignIn, presented, Some(email)).await;
        let verdict = Ask::judge_login(told.status, ended_others);
        if verdict == Verdict::Wrong
            || (verdict == Verdict::Right && told.status == 200 && told.cookie.is_none())
        {
            self.tally().mistakes.push(format!("a login was answered with {}", told.status));
        }
        self.check_spared(Ask::SignIn, verdict);
        told
    }

    /// Asks with a session's cookie, and takes note of what becomes of the session.
    pub(super) async fn ask(&self, ask: Ask, held: &mut Held) -> Told {
        let told = self.send(ask, Some(&held.cookie), None).await;
        let verdict = ask.judge(held.standing, told.status);
        self.check_spared(ask, verdict);
        match verdict {
            Verdict::Right if told.status == 401 && held.standing == Standing::Doubtful => {
                held.standing = Standing::Ended;
            }
            Verdict::Unavailable if ask == Ask::Logout => held.doubt(told.span),
            Verdict::Right | Verdict::Unavailable => {}
            Verdict::Lost => self.lost(ask, held),
            Verdict::LetIn => self.let_in(ask, held),
            Verdict::Wrong => self.mistake(format!("{ask:?} was answered with {}", told.status)),
        }
        if told.status == ask.success() && verdict == Verdict::Right {
            match ask {
                Ask::Logout => held.ended(told.span, End::Acknowledged),
                Ask::Refresh => {
                    if let Some(cookie) = &told.cookie {
                        held.cookie.clone_from(cookie);
                        held.write = told.span;
                    }
                }
                Ask::SignIn | Ask::Page | Ask::EndOthers => {}
            }
        }
        told
    }

    fn lost(&self, ask: Ask, held: &mut Held) {
        let excused = self.losses.lock().unwrap().iter().any(|loss| loss.concerns(&held.write));
        if excused {
            self.tally().lost_by_redis += 1;
        } else {
            let since = held.write.ended.elapsed();
            self.mistake(format!(
                "{ask:?} was refused {since:.1?} after the session was opened or refreshed"
            ));
            self.tally().wrongly_lost += 1;
        }
        held.standing = Standing::Doubtful;
    }

    fn let_in(&self, ask: Ask, held: &mut Held) {
        let losses = self.losses.lock().unwrap();
        let is_lost = |(write, _): &(Span, End)| losses.iter().any(|loss| loss.ends && loss.concerns(write));
        let lost = held.end.filter(is_lost).map(|(_, end)| end);
        drop(losses);
        let mut tally = self.tally();
        match lost {
            // It is the login that is lost.
            Some(End::ByLogin) => tally.lost_by_redis += 1,
            Some(End::Acknowledged) if !self.rules.durable => tally.undone_by_redis += 1,
            Some(End::Doubtful) => {}
            Some(End::Acknowledged) | None => {
                let since = held.end.map(|(write, _)| write.ended.elapsed());
                tally.mistakes.push(format!("{ask:?} let in {since:?} after the end of {:?}", held.standing));
                tally.wrongly_let_in += 1;
                return;
            }
        }
        held.standing = Standing::Doubtful;
    }

    fn check_spared(&self, ask: Ask, verdict: Verdict) {
        if verdict == Verdict::Unavailable && (self.rules.spared)(ask) {
            self.mistake(format!("{ask:?} was answered with 503"));
        }
    }

    fn mistake(&self, what: String) {
        self.tally().mistakes.push(what);
    }

    async fn send(&self, ask: Ask, cookie: Option<&str>, email: Option<&str>) -> Told {
        let mut client = self.client.clone();
        if let Some(cookie) = cookie {
            client.cookies.insert(USER.to_owned(), cookie.to_owned());
        }
        let (method, path) = match ask {
            Ask::SignIn => (Method::POST, "/user/login"),
            Ask::Page => (Method::GET, "/orders"),
            Ask::Refresh => (Method::POST, "/user/refresh"),
            Ask::Logout => (Method::POST, "/user/logout"),
            Ask::EndOthers => (Method::DELETE, "/user/sessions"),
        };
        let mut request = client.request(method, path);
        if let Some(email) = email {
            request = request.json(&json!({ "email": email, "password": PASSWORD }));
        }
        let began = Instant::now();
        let answer = timeout(NEVER, client.finish(request)).await.expect("a request must not hang");
        let span = Span { began, ended: Instant::now() };
        self.note(ask, &answer, span);
        let set = !answer.set_cookies().is_empty();
        Told { status: answer.status, cookie: client.cookies.remove(USER).filter(|_| set), span }
    }

    /// What every answer must be like, and what is counted of it.
    fn note(&self, ask: Ask, answer: &Answer, span: Span) {
        let mut tally = self.tally();
        *tally.answers.entry(answer.status).or_default() += 1;
        let longest = tally.longest.entry(ask).or_default();
        *longest = span.took().max(*longest);
        if answer.status >= 400 && !answer.set_cookies().is_empty() {
            tally.mistakes.push(format!("{ask:?}: {} touched a cookie", answer.status));
        }
        if answer.status == 503 {
            tally.refused.push((span.began, span.ended));
            if !answer.headers.contains_key("retry-after") {
                tally.mistakes.push(format!("{ask:?}: 503 without Retry-After"));
            }
        }
        let limit = COMMAND_TIMEOUT * ask.longest(self.rules.durable) + self.rules.slack;
        if span.took() > limit {
            tally.mistakes.push(format!("{ask:?} took {:.1?}, more than {limit:?}", span.took()));
        }
    }
}

impl Held {
    /// A session that a login has opened.
    pub(super) fn opened(cookie: String, write: Span) -> Self {
        Held { cookie, standing: Standing::Live, write, end: None }
    }

    /// A cookie that looks like this one's, and has another secret.
    pub(super) fn forged(&self) -> Self {
        let last = if self.cookie.ends_with('A') { 'B' } else { 'A' };
        let mut cookie = self.cookie.clone();
        cookie.pop();
        cookie.push(last);
        Held { cookie, standing: Standing::Forged, ..self.clone() }
    }

    /// It has ended.
    pub(super) fn ended(&mut self, write: Span, end: End) {
        self.standing = Standing::Ended;
        self.end = Some((write, end));
    }

    /// Its end was asked for.
    pub(super) fn doubt(&mut self, write: Span) {
        self.standing = Standing::Doubtful;
        self.end = Some((write, End::Doubtful));
    }
}
