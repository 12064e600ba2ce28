//! What anybody may do: with any token that was ever issued, from several programs, two at once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use auth_core::store::Timestamp;
use auth_core::testing::{Begun, Refresh};
use auth_core::{ProblemType, SessionInfo};
use proptest::prelude::*;
use uuid::Uuid;

use super::world::{ABSOLUTE, PRINCIPALS, Verdict, World, everywhere};

/// A fence stands for ten minutes.
const LONGEST_LOGIN: Duration = Duration::from_mins(5);

#[derive(Clone, Copy, Debug)]
enum Step {
    Alone(Deed),
    AtOnce(Deed, Deed),
    Later(u64),
}

/// Principals and tokens are counted; a token from the newest.
#[derive(Clone, Copy, Debug)]
enum Deed {
    SignIn(u64),
    SignInOver(usize),
    /// A login begins, and one that had begun is completed.
    SlowLogin(u64),
    Reauthenticate(usize),
    Use(usize),
    Refresh(usize),
    SignOut(usize),
    End(usize),
    EndOthers(usize),
    EndAll(u64),
    Update(u64),
    Restamp(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let token = || 0_usize..12;
    let principal = || 0..PRINCIPALS;
    prop_oneof![
        3 => principal().prop_map(Deed::SignIn),
        1 => token().prop_map(Deed::SignInOver),
        1 => principal().prop_map(Deed::SlowLogin),
        1 => token().prop_map(Deed::Reauthenticate),
        4 => token().prop_map(Deed::Use),
        5 => token().prop_map(Deed::Refresh),
        1 => token().prop_map(Deed::SignOut),
        1 => token().prop_map(Deed::End),
        1 => token().prop_map(Deed::EndOthers),
        1 => principal().prop_map(Deed::EndAll),
        1 => principal().prop_map(Deed::Update),
        1 => token().prop_map(Deed::Restamp),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => deed().prop_map(Step::Alone),
        3 => (deed(), deed()).prop_map(|(one, other)| Step::AtOnce(one, other)),
        2 => prop_oneof![1..2_000_u64, 29_000..62_000_u64, 300_000..1_800_000_u64].prop_map(Step::Later),
    ];
    proptest::collection::vec(step, 1..40)
}

/// A token that was issued.
#[derive(Clone)]
struct Issued {
    token: String,
    principal: u64,
    session: Uuid,
    opened: Timestamp,
    /// Whether its session is known to have ended.
    dead: bool,
}

struct History<'a> {
    world: &'a World,
    issued: RefCell<Vec<Issued>>,
    /// Logins that have begun and have not come to the store.
    slow: RefCell<Vec<Slow>>,
    step: Cell<usize>,
    /// Whether the last step fenced logins off.
    fenced: Cell<bool>,
}

struct Slow {
    principal: u64,
    begun: Begun,
    since: Timestamp,
    step: usize,
    /// Whether a fence has come after it.
    overtaken: bool,
}

impl History<'_> {
    fn chosen(&self, n: usize) -> Option<Issued> {
        let issued = self.issued.borrow();
        issued.iter().rev().nth(n.checked_rem(issued.len())?).cloned()
    }

    fn issue(&self, principal: u64, (info, token): (SessionInfo, String)) {
        let (session, opened) = (info.session_id, self.world.now());
        self.issued.borrow_mut().push(Issued { token, principal, session, opened, dead: false });
    }

    fn issue_another(&self, of: &Issued, token: String) {
        self.issued.borrow_mut().push(Issued { token, ..of.clone() });
    }

    /// Opens a session, unless the login was overtaken.
    async fn sign_in(&self, n: u64, begun: &Begun, presented: Option<&str>) -> Result<bool, TestCaseError> {
        match self.world.program().sign_in(&self.world.user(n), begun, presented).await {
            Ok(opened) => self.issue(n, opened),
            Err(refused) if refused.kind() == ProblemType::InvalidCredentials => return Ok(false),
            Err(failure) => return Err(failure.into()),
        }
        Ok(true)
    }

    /// An operation that fences off the logins of a principal that have begun.
    async fn fences<T, E>(&self, principal: u64, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let done = work.await?;
        let mut slow = self.slow.borrow_mut();
        // Of one that begins in the same step nobody can tell.
        let earlier =
            slow.iter_mut().filter(|slow| slow.principal == principal && slow.step < self.step.get());
        earlier.for_each(|slow| slow.overtaken = true);
        self.fenced.set(true);
        Ok(done)
    }

    async fn take(&self, deed: Deed, alone: bool) -> Verdict {
        match deed {
            Deed::SignIn(n) => {
                let begun = self.world.program().begin().await?;
                let opened = self.sign_in(n, &begun, None).await?;
                prop_assert!(opened || !alone, "a login that nothing overtook was refused");
            }
            Deed::SlowLogin(n) => {
                let slow = self.slow.borrow_mut().pop();
                let now = self.world.now();
                if let Some(slow) = slow.filter(|slow| now.since(slow.since) < LONGEST_LOGIN) {
                    let opened = self.sign_in(slow.principal, &slow.begun, None).await?;
                    prop_assert!(!(opened && slow.overtaken), "a login outlived a fence");
                }
                let begun = self.world.program().begin().await?;
                let (since, step) = (self.world.now(), self.step.get());
                self.slow.borrow_mut().push(Slow { principal: n, begun, since, step, overtaken: false });
            }
            Deed::EndAll(n) => {
                let program = self.world.program();
                self.fences(n, program.0.end_all(&self.world.principal(n))).await?;
                let left = program.0.sessions(&self.world.principal(n)).await?;
                prop_assert!(left.is_empty() || !alone, "a session is left after the end of all");
            }
            Deed::Update(n) => {
                let user = self.world.user(n);
                self.fences(n, self.world.program().0.update(&user)).await?;
            }
            Deed::SignInOver(n)
            | Deed::Reauthenticate(n)
            | Deed::Use(n)
            | Deed::Refresh(n)
            | Deed::SignOut(n)
            | Deed::End(n)
            | Deed::EndOthers(n)
            | Deed::Restamp(n) => {
                if let Some(chosen) = self.chosen(n) {
                    self.take_with(deed, chosen, alone).await?;
                }
            }
        }
        Ok(())
    }

    async fn take_with(&self, deed: Deed, chosen: Issued, alone: bool) -> Verdict {
        let (world, token) = (self.world, &chosen.token);
        let program = world.program();
        let is_signed_in =
            async || Ok::<_, TestCaseError>(world.program().authenticate(token).await?.is_some());
        match deed {
            Deed::SignInOver(_) => {
                let begun = program.begin().await?;
                if self.sign_in(chosen.principal, &begun, Some(token)).await? {
                    prop_assert!(!is_signed_in().await?, "what was presented at a login is over");
                }
            }
            Deed::Reauthenticate(_) => {
                let begun = program.begin().await?;
                let user = world.user(chosen.principal);
                if let Ok(next) = program.reauthenticate(&user, &begun, token).await {
                    prop_assert!(!is_signed_in().await?, "the secret before is dead at once");
                    self.issue_another(&chosen, next);
                }
            }
            Deed::Refresh(_) => {
                if let Refresh::Replaced(next) = program.refresh(token).await? {
                    self.issue_another(&chosen, next);
                }
            }
            Deed::SignOut(_) => {
                program.sign_out(token).await?;
                prop_assert!(!is_signed_in().await?, "signed in after signing out");
            }
            Deed::End(_) => {
                program.0.end(&world.principal(chosen.principal), chosen.session).await?;
                prop_assert!(!is_signed_in().await?, "signed in after the session was ended");
            }
            Deed::EndOthers(_) => {
                if let Some(session) = program.authenticate(token).await? {
                    self.fences(chosen.principal, program.0.end_others(&session)).await?;
                    let left = program.0.sessions(session.principal()).await?;
                    prop_assert!(!alone || left.len() == 1, "{} sessions where one was kept", left.len());
                }
            }
            Deed::Restamp(_) => {
                if let Some(session) = program.authenticate(token).await? {
                    let user = world.user(chosen.principal);
                    let there = self.fences(chosen.principal, program.0.restamp(&session, &user)).await?;
                    prop_assert!(there || !alone);
                }
            }
            _ => _ = is_signed_in().await?,
        }
        Ok(())
    }

    /// The sessions of a principal, as they are listed.
    async fn listed(&self, n: u64) -> Result<BTreeSet<Uuid>, TestCaseError> {
        let begin = self.world.now();
        let list = self.world.program().0.sessions(&self.world.principal(n)).await?;
        let issued = self.issued.borrow();
        for session in &list {
            let info = &session.info;
            prop_assert!(
                info.idle_expires_at <= info.expires_at,
                "the idle limit has passed the absolute one"
            );
            prop_assert_eq!(info.expires_at - info.created_at, ABSOLUTE);
            let known = issued.iter().find(|issued| issued.session == info.session_id);
            prop_assert!(
                known.is_some_and(|known| begin < known.opened + ABSOLUTE),
                "past its absolute limit"
            );
        }
        Ok(list.into_iter().map(|session| session.info.session_id).collect())
    }

    /// What has ended stays ended.
    async fn nothing_came_back(&self) -> Verdict {
        for n in 0..PRINCIPALS {
            let listed = self.listed(n).await?;
            let mut issued = self.issued.take();
            for issued in issued.iter_mut().filter(|issued| issued.principal == n) {
                prop_assert!(!(issued.dead && listed.contains(&issued.session)), "a dead session is listed");
                if issued.dead {
                    let back = self.world.program().authenticate(&issued.token).await?;
                    prop_assert!(back.is_none(), "a session that had ended is back");
                }
                issued.dead |= !listed.contains(&issued.session);
            }
            self.issued.replace(issued);
        }
        Ok(())
    }

    /// Each session that is listed has a token that signs in, and no other token does.
    async fn list_and_tokens_agree(&self) -> Verdict {
        let issued = self.issued.take();
        for n in 0..PRINCIPALS {
            let before = self.listed_ids(n).await?;
            let mut alive = BTreeSet::new();
            for issued in issued.iter().filter(|issued| issued.principal == n) {
                if let Some(session) = self.world.program().authenticate(&issued.token).await? {
                    prop_assert_eq!(session.info().session_id, issued.session);
                    prop_assert_eq!(*session.principal(), self.world.principal(n));
                    alive.insert(issued.session);
                }
            }
            // One may have expired meanwhile.
            prop_assert!(alive.is_subset(&before), "a session is alive that is not listed");
            prop_assert!(
                self.listed_ids(n).await?.is_subset(&alive),
                "a session is listed that nobody can use"
            );
        }
        Ok(())
    }

    async fn listed_ids(&self, n: u64) -> Result<BTreeSet<Uuid>, TestCaseError> {
        let list = self.world.program().0.sessions(&self.world.principal(n)).await?;
        Ok(list.into_iter().map(|session| session.info.session_id).collect())
    }
}

#[test]
fn nothing_comes_back_and_what_is_listed_is_what_signs_in() {
    everywhere(&steps(), &async |world, steps| {
        world.begin();
        let history = History {
            world,
            issued: RefCell::default(),
            slow: RefCell::default(),
            step: Cell::default(),
            fenced: Cell::default(),
        };
        for step in steps {
            history.step.update(|step| step + 1);
            world.tick(history.fenced.take()).await;
            match *step {
                Step::Alone(deed) => history.take(deed, true).await?,
                Step::AtOnce(one, other) => {
                    let (one, other) = tokio::join!(history.take(one, false), history.take(other, false));
                    one.and(other)?;
                }
                Step::Later(millis) => world.pass(Duration::from_millis(millis)).await,
            }
            world.settled().await;
            history.nothing_came_back().await?;
        }
        history.list_and_tokens_agree().await
    });
}

/// The tag and the family stay, and the secret is another; or only the tag stays; or nothing does.
#[test]
fn a_token_that_was_never_issued_is_never_adopted() {
    let text = |length: usize| proptest::string::string_regex(&format!("[A-Za-z0-9_-]{{{length}}}")).unwrap();
    let forged = (prop_oneof![Just(40_usize), Just(16), Just(0)], text(80));
    everywhere(&forged, &async |world, (kept, text)| {
        world.begin();
        let begun = world.program().begin().await?;
        let (info, own) = world.program().sign_in(&world.user(0), &begun, None).await?;
        let forged = format!("{}{}", &own[..*kept], &text[*kept..]);
        for program in world.programs() {
            prop_assert!(program.authenticate(&forged).await?.is_none());
            prop_assert_eq!(program.refresh(&forged).await?, Refresh::Refused);
            let begun = program.begin().await?;
            prop_assert!(program.reauthenticate(&world.user(0), &begun, &forged).await.is_err());
        }
        let listed = world.program().0.sessions(&world.principal(0)).await?;
        prop_assert_eq!(listed.len(), 1);
        prop_assert_eq!(listed[0].info.session_id, info.session_id);
        prop_assert!(world.program().authenticate(&own).await?.is_some());
        Ok(())
    });
}
