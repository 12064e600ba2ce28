//! What every session store must keep to, as tests that any store can run. Needs the feature `testing`.
//!
//! In the tests of a store, three lines, and a test for each law:
//!
//! ```
//! # use auth_core::MemoryStore as MyStore;
//! mod keeps_the_laws {
//!     # use super::MyStore;
//!     auth_core::conformance_tests!(MyStore::new());
//! }
//! # fn main() {}
//! ```
//!
//! The expression gives a store that is empty, anew for each law, and may `.await`. With a [`Candidate`] instead of the
//! store itself, the suite moves the store's clock, and keeps alive what the store needs.
//! The [`laws`] are functions too, and [`check`] runs them all, for a harness that has no `#[tokio::test]`.
//!
//! # What is checked
//!
//! - **Laws of one operation**, each a sentence: what a step answers, and what it leaves as it was.
//! - **Expiry and limits**: by the store's clock where the candidate can move it, else with lifetimes of some
//!   milliseconds.
//! - **Histories**: seeded sequences of steps, each judged by the rules of [`lifecycle`](crate::session::lifecycle).
//! - **Every pair of operations, interleaved at every await**: a small executor polls the two in an order that is
//!   enumerated, and in orders that follow from seeds. What comes out must be what one of the two sequences gives, in
//!   answers and in what is kept.
//!
//! What the suite cannot see is documented at [`SessionStore`]: that no operation hangs while the store's server does,
//! say.

mod histories;
mod kit;
pub mod laws;
mod model;
mod pairs;
mod schedule;
#[cfg(test)]
mod tests;

use std::{any::Any, fmt, time::Duration};

use super::{SessionStore, StoreError};

/// A store to be checked, and how to let its time pass.
///
/// ```
/// use auth_core::{MemoryStore, store::conformance::Candidate, testing::ManualClock};
///
/// let clock = ManualClock::default();
/// let candidate = Candidate::new(MemoryStore::with_clock(clock.clone()))
///     .with_clock(move |by| clock.advance(by));
/// # _ = candidate.store();
/// ```
pub struct Candidate<S> {
    store: S,
    advance: Option<Advance>,
    kept: Vec<Box<dyn Any + Send + Sync>>,
}

type Advance = Box<dyn Fn(Duration) + Send + Sync>;

impl<S: SessionStore> Candidate<S> {
    /// A store that reads a clock which goes on by itself: the suite waits where time has to pass.
    ///
    /// ```
    /// use auth_core::{MemoryStore, store::conformance::Candidate};
    ///
    /// let candidate = Candidate::new(MemoryStore::new());
    /// # _ = candidate.store();
    /// ```
    pub fn new(store: S) -> Self {
        Candidate { store, advance: None, kept: Vec::new() }
    }

    /// With a clock that stands still until `advance` moves it; see [`ManualClock`](crate::testing::ManualClock).
    ///
    /// ```
    /// # use auth_core::{MemoryStore, store::conformance::Candidate, testing::ManualClock};
    /// let clock = ManualClock::default();
    /// let store = MemoryStore::with_clock(clock.clone());
    /// let candidate = Candidate::new(store).with_clock(move |by| clock.advance(by));
    /// # _ = candidate.store();
    /// ```
    #[must_use]
    pub fn with_clock(mut self, advance: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.advance = Some(Box::new(advance));
        self
    }

    /// Together with what must live as long as the store: a server, a temporary folder.
    ///
    /// ```
    /// # use auth_core::{MemoryStore, store::conformance::Candidate};
    /// # let (folder, store) = (String::new(), MemoryStore::new());
    /// let candidate = Candidate::new(store).keeping(folder);
    /// # _ = candidate.store();
    /// ```
    #[must_use]
    pub fn keeping(mut self, kept: impl Any + Send + Sync) -> Self {
        self.kept.push(Box::new(kept));
        self
    }

    /// The store.
    ///
    /// ```
    /// use auth_core::{MemoryStore, store::conformance::Candidate};
    ///
    /// assert!(Candidate::new(MemoryStore::new()).store().is_empty());
    /// ```
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Lets at least this much of the store's time pass.
    async fn pass(&self, by: Duration) {
        match &self.advance {
            Some(advance) => advance(by),
            // Timers round, and a store's clock may tick in milliseconds.
            None => tokio::time::sleep(by + Duration::from_millis(2)).await,
        }
    }

    /// How much two times of the store may differ that were read one after the other: nothing where the clock stands.
    fn slack(&self, since: std::time::Instant) -> Duration {
        match self.advance {
            Some(_) => Duration::ZERO,
            None => since.elapsed() + Duration::from_millis(50),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Candidate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("store", &self.store).finish_non_exhaustive()
    }
}

/// What the suite takes: a store as it is, or a [`Candidate`].
///
/// ```
/// use auth_core::{MemoryStore, store::conformance::IntoCandidate};
///
/// let candidate = MemoryStore::new().into_candidate();
/// # _ = candidate.store();
/// ```
pub trait IntoCandidate {
    /// The store that is checked.
    type Store: SessionStore;

    /// The candidate.
    fn into_candidate(self) -> Candidate<Self::Store>;
}

impl<S: SessionStore> IntoCandidate for S {
    type Store = S;

    fn into_candidate(self) -> Candidate<S> {
        Candidate::new(self)
    }
}

impl<S: SessionStore> IntoCandidate for Candidate<S> {
    type Store = S;

    fn into_candidate(self) -> Candidate<S> {
        self
    }
}

/// What a law says about a store.
///
/// ```
/// use auth_core::{MemoryStore, store::conformance::{Candidate, Verdict, laws}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let verdict: Verdict = laws::an_id_is_used_once(&Candidate::new(MemoryStore::new())).await;
/// assert!(verdict.is_ok());
/// # }
/// ```
pub type Verdict = Result<(), Broken>;

/// How a law was broken: what the store was asked, what it should have answered, and what it did answer.
///
/// ```
/// use auth_core::store::{StoreError, conformance::Broken};
///
/// let broken = Broken::from(StoreError::unavailable("no connection"));
/// assert_eq!(broken.to_string(), "the session store is unavailable: no connection");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Broken(error.to_string())
    }
}

/// How long one law may take: longer than any honest store takes for the thousands of steps of the longest one.
const PATIENCE: Duration = Duration::from_mins(5);

/// The verdict of one law, which counts as broken where it does not come to an end.
async fn within_patience(law: impl Future<Output = Verdict>) -> Verdict {
    let hangs = |_| Broken(format!("an operation hangs: no verdict within {PATIENCE:?}"));
    tokio::time::timeout(PATIENCE, law).await.map_err(hangs)?
}

#[doc(hidden)]
pub async fn demand(name: &str, law: impl Future<Output = Verdict>) {
    if let Err(broken) = within_patience(law).await {
        panic!("the store breaks the law `{}`: {broken}", name.replace('_', " "));
    }
}

/// Runs all [`laws`], each on a store of its own that `candidate` gives; for one test each, use
/// [`conformance_tests!`](crate::conformance_tests).
///
/// It needs a runtime of tokio with timers.
///
/// ```
/// use auth_core::{MemoryStore, store::conformance};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// conformance::check(async || MemoryStore::new()).await;
/// # }
/// ```
///
/// # Panics
///
/// When the store breaks a law: the message says which, what was expected, and what was found.
pub async fn check<C: IntoCandidate>(candidate: impl AsyncFn() -> C) {
    macro_rules! each {
        ($($law:ident)+) => {
            $(demand(stringify!($law), Box::pin(laws::$law(&candidate().await.into_candidate()))).await;)+
        };
    }
    crate::conformance_tests!(@list [each]);
}

/// Makes a `#[tokio::test]` of each [law](crate::store::conformance::laws), on what the expression gives: a store, or a
/// [`Candidate`](crate::store::conformance::Candidate). It may `.await`, and gives an empty store each time.
/// Needs the feature `testing`.
///
/// The calling crate has tokio among its dev-dependencies, with the features `macros`, `rt` and `time`.
///
/// ```
/// mod memory {
///     auth_core::conformance_tests!(auth_core::MemoryStore::new());
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance_tests {
    // The only list of the laws: hands them to another macro, behind its arguments.
    (@list [$($then:tt)+] $($arguments:tt)*) => {
        $($then)+! { $($arguments)*
            a_session_is_read_as_it_was_opened
            a_list_has_the_sessions_that_are_alive
            a_renewed_session_has_one_good_secret
            an_update_changes_what_is_carried_and_nothing_else
            a_login_is_counted_by_all_or_by_none
            logins_at_the_same_time_are_counted_one_by_one
            what_is_given_back_can_be_counted_again
            what_is_kept_comes_back_byte_for_byte
            an_id_is_used_once
            a_login_that_is_refused_changes_nothing
            principals_have_nothing_in_common
            the_oldest_session_makes_room
            a_full_principal_may_be_refused
            a_session_that_is_replaced_ends_and_makes_room
            what_has_expired_takes_no_room
            the_limits_are_those_of_the_lifecycle
            a_login_that_began_before_all_sessions_ended_is_refused
            a_login_that_begins_after_all_sessions_ended_succeeds_at_once
            all_sessions_end_but_the_one_that_is_kept
            many_sessions_end_at_once
            ending_gives_the_record_once
            a_refresh_is_the_same_for_all_who_come_with_the_old_secret
            nothing_rotates_while_the_old_secret_is_good
            the_old_secret_is_good_until_its_successor_is_used_and_grace_has_passed
            a_successor_that_was_lost_does_not_end_the_session
            an_older_secret_ends_the_session_at_a_refresh
            a_secret_is_good_under_any_of_the_server_keys
            a_refresh_moves_the_idle_limit
            activity_moves_the_idle_limit_and_never_back
            activity_needs_a_good_secret
            nothing_brings_an_ended_session_back
            an_expired_session_is_gone
            nothing_outlives_the_absolute_limit
            refreshes_at_the_same_time_agree
            the_first_server_key_is_everybodys
            each_step_of_a_history_follows_the_rules
            of_two_operations_at_once_one_comes_first
        }
    };
    (@tests $candidate:tt $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let candidate = $crate::store::conformance::IntoCandidate::into_candidate($candidate);
                let law = ::std::boxed::Box::pin($crate::store::conformance::laws::$law(&candidate));
                $crate::store::conformance::demand(::core::stringify!($law), law).await;
            }
        )+
    };
    ($($candidate:tt)+) => {
        $crate::conformance_tests! { @list [$crate::conformance_tests] @tests { $($candidate)+ } }
    };
}
