//! A user with some browsers, one request after the other, who remembers what each session must be.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::desk::{Desk, End, Held};
use super::model::{Ask, Standing};

/// How long service may take to be back for a last look at each session.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a visitor does, over and over.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Another browser signs in.
    SignIn,
    /// A browser that is signed in signs in once more.
    SignInAgain,
    /// A browser asks for a page.
    Page,
    /// One that has been signed in from the beginning does.
    OldPage,
    /// A browser refreshes its session.
    Refresh,
    /// One that has been signed in from the beginning does.
    OldRefresh,
    Logout,
    EndOthers,
    /// Somebody comes with the cookie of a session that has ended.
    Ended,
    /// Somebody comes with a cookie that is made up.
    Forged,
}

const MIX: [Step; 24] = [
    Step::SignIn,
    Step::Page,
    Step::Refresh,
    Step::OldPage,
    Step::SignIn,
    Step::Page,
    Step::Ended,
    Step::Logout,
    Step::Ended,
    Step::OldPage,
    Step::SignInAgain,
    Step::Page,
    Step::Refresh,
    Step::Forged,
    Step::SignIn,
    Step::EndOthers,
    Step::Ended,
    Step::OldRefresh,
    Step::Page,
    Step::SignIn,
    Step::Logout,
    Step::OldPage,
    Step::Ended,
    Step::Page,
];

/// A visitor.
pub(super) struct Visitor {
    desk: Arc<Desk>,
    number: usize,
    /// Of another user, who ends nothing.
    old: Vec<Held>,
    open: Vec<Held>,
    ended: Vec<Held>,
    ended_others: bool,
}

impl Visitor {
    pub(super) fn new(desk: Arc<Desk>, number: usize) -> Self {
        Visitor { desk, number, old: Vec::new(), open: Vec::new(), ended: Vec::new(), ended_others: false }
    }

    /// The number that the visitor's user has, whose sessions come and go.
    pub(super) fn user(number: usize) -> usize {
        1_000 + 2 * number
    }

    fn email(user: usize) -> String {
        format!("user-{user}@example.com")
    }

    /// Signs in where nobody will sign out, so that there is something to lose.
    pub(super) async fn settle(&mut self) {
        let email = Self::email(Self::user(self.number) + 1);
        let told = self.desk.sign_in(&email, None, false).await;
        if let Some(cookie) = told.cookie {
            self.old.push(Held::opened(cookie, told.span));
        }
    }

    /// Asks once in each `pause`, until told to stop; then looks at each session once more.
    pub(super) async fn stay(mut self, pause: Duration, stop: watch::Receiver<bool>) {
        let mut ticks = interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Not all visitors do the same at the same time.
        let mut next = self.number * 7;
        while !*stop.borrow() {
            ticks.tick().await;
            self.step(MIX[next % MIX.len()]).await;
            next += 1;
        }
        self.look_at_all().await;
    }

    async fn step(&mut self, step: Step) {
        let desk = Arc::clone(&self.desk);
        match step {
            Step::OldPage | Step::OldRefresh => {
                let ask = if matches!(step, Step::OldPage) { Ask::Page } else { Ask::Refresh };
                for held in &mut self.old {
                    desk.ask(ask, held).await;
                }
                // Redis may have lost it.
                self.old.retain(|held| held.standing == Standing::Live);
                if self.old.is_empty() {
                    self.settle().await;
                }
            }
            Step::Ended => {
                if let Some(held) = self.ended.last_mut() {
                    desk.ask(Ask::Page, held).await;
                }
            }
            Step::Forged => {
                if let Some(held) = self.old.first() {
                    desk.ask(Ask::Page, &mut held.forged()).await;
                }
            }
            Step::SignIn => self.sign_in(None).await,
            Step::SignInAgain => {
                let held = self.open.pop();
                self.sign_in(held).await;
            }
            Step::Page | Step::Refresh | Step::Logout => {
                let ask = match step {
                    Step::Page => Ask::Page,
                    Step::Refresh => Ask::Refresh,
                    _ => Ask::Logout,
                };
                let Some(mut held) = self.open.pop() else { return self.sign_in(None).await };
                desk.ask(ask, &mut held).await;
                self.put(held);
            }
            Step::EndOthers => self.end_others().await,
        }
    }

    async fn sign_in(&mut self, presented: Option<Held>) {
        let email = Self::email(Self::user(self.number));
        let cookie = presented.as_ref().map(|held| held.cookie.as_str());
        let told = self.desk.sign_in(&email, cookie, self.ended_others).await;
        if let Some(mut held) = presented {
            match told.status {
                200 => held.ended(told.span, End::ByLogin),
                503 => held.doubt(told.span),
                _ => {}
            }
            self.put(held);
        }
        if let Some(cookie) = told.cookie {
            self.put(Held::opened(cookie, told.span));
        }
    }

    async fn end_others(&mut self) {
        let Some(mut held) = self.open.pop() else { return self.sign_in(None).await };
        self.ended_others = true;
        let told = self.desk.ask(Ask::EndOthers, &mut held).await;
        for mut other in std::mem::take(&mut self.open) {
            match told.status {
                204 => other.ended(told.span, End::Acknowledged),
                503 => other.doubt(told.span),
                _ => {}
            }
            self.put(other);
        }
        self.put(held);
    }

    fn put(&mut self, held: Held) {
        let at = if held.standing == Standing::Ended { &mut self.ended } else { &mut self.open };
        at.push(held);
    }

    /// Nothing is lost, and nobody is let in.
    async fn look_at_all(mut self) {
        let all = [&mut self.old, &mut self.open, &mut self.ended];
        for held in all.into_iter().flatten() {
            let begin = Instant::now();
            while self.desk.ask(Ask::Page, held).await.status == 503 {
                assert!(begin.elapsed() < PATIENCE, "service is not back");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
