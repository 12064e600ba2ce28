//! What a holder of a session was told, and which answers are right after it. No I/O.

use std::time::{Duration, Instant};

/// What is asked of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ask {
    /// A new session; where one was presented, in place of that.
    SignIn,
    /// A page for who is signed in.
    Page,
    /// Another secret.
    Refresh,
    /// The end of the session.
    Logout,
    /// The end of all other sessions of the user.
    EndOthers,
}

/// What a session must be, by what its holder was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was opened, and nobody has asked for its end.
    Live,
    /// Its end was acknowledged, or it was seen to be dead.
    Ended,
    /// Its end was asked for, and not acknowledged.
    Doubtful,
    /// There never was one: the cookie is made up.
    Forged,
}

/// What to think of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it must be.
    Right,
    /// Nobody can tell at the moment.
    Unavailable,
    /// A session is not there any more, and nobody has ended it.
    Lost,
    /// Somebody is let in without a session.
    LetIn,
    /// No such answer is allowed.
    Wrong,
}

/// From the sending of a request to its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// When it was sent.
    pub(super) began: Instant,
    /// When it was answered.
    pub(super) ended: Instant,
}

/// A time in which Redis may acknowledge what it then loses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    /// Its beginning.
    pub(super) from: Instant,
    /// Its end.
    pub(super) to: Instant,
    /// Whether ends of sessions are among it: not where all is lost.
    pub(super) ends: bool,
}

impl Ask {
    /// The status of success.
    pub(super) fn success(self) -> u16 {
        match self {
            Ask::SignIn | Ask::Page | Ask::Refresh => 200,
            Ask::Logout | Ask::EndOthers => 204,
        }
    }

    /// How many command timeouts the answer may take: one for each step in the store that it consists of, and another
    /// one for an end that waits for replicas.
    pub(super) fn longest(self, durable: bool) -> u32 {
        match self {
            Ask::Page | Ask::Refresh => 1,
            Ask::SignIn => 2,
            Ask::Logout => 1 + u32::from(durable),
            Ask::EndOthers => 2 + u32::from(durable),
        }
    }

    /// What to think of a status when the session that was presented has this standing.
    pub(super) fn judge(self, presented: Standing, status: u16) -> Verdict {
        let succeeded = status == self.success();
        match (presented, status) {
            (_, 503) => Verdict::Unavailable,
            (Standing::Live | Standing::Doubtful, _) if succeeded => Verdict::Right,
            (Standing::Ended | Standing::Forged, _) if succeeded => Verdict::LetIn,
            (Standing::Ended | Standing::Forged | Standing::Doubtful, 401) => Verdict::Right,
            (Standing::Live, 401) => Verdict::Lost,
            _ => Verdict::Wrong,
        }
    }

    /// What to think of the answer to a login with the right password. An end of the user's other sessions refuses logins that had begun
    /// before it, and may take a later one for such where the server's clock is not well known.
    pub(super) fn judge_login(status: u16, ended_others_before: bool) -> Verdict {
        match status {
            200 => Verdict::Right,
            401 if ended_others_before => Verdict::Right,
            503 => Verdict::Unavailable,
            _ => Verdict::Wrong,
        }
    }
}

impl Span {
    /// How long it took.
    pub(super) fn took(&self) -> Duration {
        self.ended - self.began
    }
}

impl Loss {
    /// Whether what was acknowledged then may be lost.
    pub(super) fn concerns(&self, write: &Span) -> bool {
        write.began <= self.to && write.ended >= self.from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_let_in_without_a_session_and_no_session_goes_by_itself() {
        for ask in [Ask::Page, Ask::Refresh, Ask::Logout, Ask::EndOthers] {
            let good = ask.success();
            assert_eq!(ask.judge(Standing::Live, good), Verdict::Right);
            assert_eq!(ask.judge(Standing::Live, 401), Verdict::Lost);
            assert_eq!(ask.judge(Standing::Ended, 401), Verdict::Right);
            assert_eq!(ask.judge(Standing::Ended, good), Verdict::LetIn);
            assert_eq!(ask.judge(Standing::Forged, good), Verdict::LetIn);
            assert_eq!(ask.judge(Standing::Doubtful, 401), Verdict::Right);
            assert_eq!(ask.judge(Standing::Doubtful, good), Verdict::Right);
            for standing in [Standing::Live, Standing::Ended, Standing::Doubtful, Standing::Forged] {
                assert_eq!(ask.judge(standing, 503), Verdict::Unavailable);
                assert_eq!(ask.judge(standing, 500), Verdict::Wrong);
                assert_eq!(ask.judge(standing, 429), Verdict::Wrong);
            }
        }
    }

    #[test]
    fn a_right_password_is_refused_only_after_an_end_of_others() {
        assert_eq!(Ask::judge_login(401, true), Verdict::Right);
        assert_eq!(Ask::judge_login(401, false), Verdict::Wrong);
        assert_eq!(Ask::judge_login(409, true), Verdict::Wrong);
    }

    #[test]
    fn a_loss_concerns_what_was_under_way_in_its_time() {
        let at = |millis| Instant::now() + Duration::from_millis(millis);
        let span = |began, ended| Span { began: at(began), ended: at(ended) };
        let loss = Loss { from: at(10_000), to: at(20_000), ends: true };
        assert!(loss.concerns(&span(15_000, 16_000)));
        assert!(loss.concerns(&span(5_000, 11_000)) && loss.concerns(&span(19_000, 21_000)));
        assert!(!loss.concerns(&span(5_000, 9_000)) && !loss.concerns(&span(21_000, 22_000)));
    }
}
