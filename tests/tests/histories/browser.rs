//! What an honest browser with several tabs does, over a network that delays and loses answers.

use std::collections::BTreeSet;
use std::time::Duration;

use auth_core::events::EventKind;
use auth_core::store::Timestamp;
use auth_core::testing::Refresh;
use proptest::prelude::*;

use super::world::{ABSOLUTE, IDLE, Verdict, World, everywhere};

/// How long a request may take, with its answer: less than the grace time, as R4 asks.
const LONGEST_REQUEST: Duration = Duration::from_secs(29);

#[derive(Clone, Copy, Debug)]
pub(super) enum Browsing {
    Use,
    Refresh,
    /// A request, or a refresh, is sent that takes its time.
    Send(Request),
    /// The oldest, or the newest, of those reaches the server.
    Reaches(Which),
    /// The answer to the oldest, or to the newest, refresh arrives.
    Arrives(Which),
    Lost,
    Later(u64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Request {
    Get,
    Refresh,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    Oldest,
    Newest,
}

impl Which {
    fn take<T>(self, many: &mut Vec<T>) -> Option<T> {
        match self {
            Which::Newest => many.pop(),
            Which::Oldest => (!many.is_empty()).then(|| many.remove(0)),
        }
    }
}

pub(super) fn browsing() -> impl Strategy<Value = Vec<Browsing>> {
    let which = || prop_oneof![Just(Which::Oldest), Just(Which::Newest)];
    let request = prop_oneof![2 => Just(Request::Get), 1 => Just(Request::Refresh)];
    let step = prop_oneof![
        3 => Just(Browsing::Use),
        3 => Just(Browsing::Refresh),
        2 => request.prop_map(Browsing::Send),
        2 => which().prop_map(Browsing::Reaches),
        3 => which().prop_map(Browsing::Arrives),
        1 => Just(Browsing::Lost),
        3 => prop_oneof![1..2_000_u64, 9_000..29_000_u64, 29_000..32_000_u64, 59_000..62_000_u64, Just(600_000)]
            .prop_map(Browsing::Later),
    ];
    proptest::collection::vec(step, 1..60)
}

/// Whether an answer that keeps the token has no cookie: R5.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kept {
    SetsNoCookie,
    SetsTheCookieAgain,
}

/// What is on its way, since when, with which token.
type Travelling<T> = Vec<(Timestamp, T)>;

/// An honest browser is signed in for as long as its session lives, and is never taken for a thief.
pub(super) async fn is_served(world: &World, history: &[Browsing], kept: Kept) -> Verdict {
    world.begin();
    let begun = world.program().begin().await?;
    let (_, mut jar) = world.program().sign_in(&world.user(0), &begun, None).await?;
    let opened = world.now();
    let mut used = opened;
    let mut requests: Travelling<(Request, String)> = Vec::new();
    let mut answers: Travelling<Option<String>> = Vec::new();
    for step in history {
        // Activity is noted each twentieth of the idle time.
        if world.now().since(used) >= IDLE / 20 * 19 || world.now().since(opened) >= ABSOLUTE / 20 * 19 {
            break;
        }
        let reaching = match *step {
            Browsing::Use => Some((world.now(), (Request::Get, jar.clone()))),
            Browsing::Refresh => Some((world.now(), (Request::Refresh, jar.clone()))),
            Browsing::Reaches(which) => which.take(&mut requests),
            Browsing::Send(request) => {
                requests.push((world.now(), (request, jar.clone())));
                None
            }
            Browsing::Arrives(which) => {
                // An answer without a cookie leaves the jar as it is.
                jar = which.take(&mut answers).and_then(|(_, answer)| answer).unwrap_or(jar);
                None
            }
            Browsing::Lost => {
                answers.pop();
                None
            }
            Browsing::Later(millis) => {
                world.pass(Duration::from_millis(millis)).await;
                None
            }
        };
        match reaching {
            Some((_, (Request::Get, token))) => {
                let session = world.program().authenticate(&token).await?;
                prop_assert!(session.is_some(), "an honest request was refused");
                used = world.now();
            }
            Some((sent, (Request::Refresh, token))) => {
                let answer = match world.program().refresh(&token).await? {
                    Refresh::Refused => {
                        return Err(TestCaseError::fail("an honest refresh was refused"));
                    }
                    Refresh::Kept => (kept == Kept::SetsTheCookieAgain).then_some(token),
                    Refresh::Replaced(token) => Some(token),
                };
                answers.push((sent, answer));
                used = world.now();
            }
            None => {}
        }
        world.settled().await;
        requests.retain(|(sent, _)| world.now().since(*sent) < LONGEST_REQUEST);
        answers.retain(|(sent, _)| world.now().since(*sent) < LONGEST_REQUEST);
        prop_assert!(
            !world.was_told(&EventKind::SessionReuseDetected),
            "an honest browser was taken for a thief"
        );
    }
    Ok(())
}

#[test]
fn an_honest_browser_is_served_and_never_taken_for_a_thief() {
    everywhere(&browsing(), &async |world, history| is_served(world, history, Kept::SetsNoCookie).await);
}

#[test]
fn all_who_refresh_at_once_with_one_secret_get_the_same_successor() {
    everywhere(&browsing(), &async |world, history| {
        world.begin();
        let begun = world.program().begin().await?;
        let (_, mut jar) = world.program().sign_in(&world.user(0), &begun, None).await?;
        for step in history {
            match step {
                Browsing::Later(millis) => world.pass(Duration::from_millis(*millis)).await,
                Browsing::Use => _ = world.program().authenticate(&jar).await?,
                _ => {
                    let (one, two, three) = tokio::join!(
                        world.program().refresh(&jar),
                        world.program().refresh(&jar),
                        world.program().refresh(&jar)
                    );
                    let mut successors = BTreeSet::new();
                    for answer in [one?, two?, three?] {
                        if let Refresh::Replaced(token) = answer {
                            successors.insert(token);
                        }
                    }
                    prop_assert!(successors.len() <= 1, "{} successors", successors.len());
                    jar = successors.pop_first().unwrap_or(jar);
                }
            }
            world.settled().await;
        }
        Ok(())
    });
}
