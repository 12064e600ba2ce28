//! What was counted while a fault went on, and the line of the table that it makes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::model::Ask;

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Requests, by the status of the answer.
    pub(super) answers: BTreeMap<u16, u64>,
    /// The longest answer to each kind of request.
    pub(super) longest: BTreeMap<Ask, Duration>,
    /// Of the requests that could not be served, the last: when it was sent, and when it was answered.
    pub(super) refused: Vec<(Instant, Instant)>,
    /// Sessions that are gone, and Redis had not acknowledged anything that it then lost.
    pub(super) wrongly_lost: u64,
    /// Sessions, or refreshes of them, that Redis acknowledged and then lost.
    pub(super) lost_by_redis: u64,
    /// Ends of sessions that Redis acknowledged and then lost.
    pub(super) undone_by_redis: u64,
    /// Requests that were let in without a session.
    pub(super) wrongly_let_in: u64,
    /// What else no answer may be, in words.
    pub(super) mistakes: Vec<String>,
    /// What was seen besides.
    pub(super) note: String,
}

/// The outcome of a fault.
#[derive(Debug)]
pub struct Line {
    /// What was done.
    pub(super) fault: &'static str,
    /// What was counted.
    pub(super) tally: Tally,
    /// When the last request that could not be served was answered, from the moment on at which Redis was in order, or a
    /// failover had to begin.
    pub(super) back: Option<Duration>,
}

impl Line {
    /// Of all that was counted, with Redis in order again since `mended`.
    pub(super) fn new(fault: &'static str, tally: Tally, mended: Instant) -> Self {
        let later = tally.refused.iter().filter(|(sent, _)| *sent >= mended);
        let back = later.map(|(_, answered)| *answered - mended).max();
        Line { fault, tally, back }
    }

    /// Whether nothing happened that must not happen.
    pub fn is_good(&self) -> bool {
        let Tally { wrongly_lost, wrongly_let_in, mistakes, .. } = &self.tally;
        *wrongly_lost == 0 && *wrongly_let_in == 0 && mistakes.is_empty()
    }

    /// The longest answer.
    fn longest(&self) -> Duration {
        self.tally.longest.values().max().copied().unwrap_or_default()
    }

    fn row(&self) -> String {
        let tally = &self.tally;
        let requests: u64 = tally.answers.values().sum();
        let answers: Vec<String> =
            tally.answers.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        let back = self.back.map_or("at once".to_owned(), |back| format!("{:.2} s", back.as_secs_f64()));
        let by_redis = format!("{} + {}", tally.lost_by_redis, tally.undone_by_redis);
        format!(
            "| {} | {requests} | {} | {:.2} s | {back} | {} | {by_redis} | {} |",
            self.fault,
            answers.join(", "),
            self.longest().as_secs_f64(),
            tally.wrongly_lost,
            tally.wrongly_let_in,
        )
    }
}

/// The table, in Markdown, with what was seen besides, and what must not have been.
pub fn table(lines: &[Line]) -> String {
    let mut text = String::from(
        "| fault | requests | answers by status | longest answer | service back after | wrongly lost | lost by Redis: sessions \
         + ends | wrongly let in |\n| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for line in lines {
        text.push_str(&line.row());
        text.push('\n');
    }
    for line in lines {
        if !line.tally.note.is_empty() {
            let _ = write!(text, "\n{}: {}.\n", line.fault, line.tally.note);
        }
        for mistake in line.tally.mistakes.iter().take(10) {
            let _ = write!(text, "\nNOT ALLOWED, {}: {mistake}\n", line.fault);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally() -> Tally {
        Tally { answers: [(200, 5), (503, 2)].into(), lost_by_redis: 1, ..Tally::default() }
    }

    #[test]
    fn a_line_has_what_was_counted() {
        let before = Instant::now();
        let mended = before + Duration::from_secs(1);
        let later = |millis| mended + Duration::from_millis(millis);
        let refused = vec![(before, later(900)), (later(10), later(50))];
        let line = Line::new("a fault", Tally { refused, ..tally() }, mended);
        assert!(line.is_good());
        assert_eq!(line.row(), "| a fault | 7 | 200: 5, 503: 2 | 0.00 s | 0.05 s | 0 | 1 + 0 | 0 |");
        let untouched = Line::new("a fault", tally(), mended);
        assert!(untouched.row().contains("| at once |"));
    }

    #[test]
    fn what_must_not_be_spoils_a_line() {
        for bad in [
            Tally { wrongly_lost: 1, ..tally() },
            Tally { wrongly_let_in: 1, ..tally() },
            Tally { mistakes: vec!["a 500".to_owned()], ..tally() },
        ] {
            let line = Line::new("a fault", bad, Instant::now());
            assert!(!line.is_good());
        }
        let mistaken = Tally { mistakes: vec!["a 500".to_owned()], ..tally() };
        let text = table(&[Line::new("a fault", mistaken, Instant::now())]);
        assert!(text.contains("NOT ALLOWED, a fault: a 500"));
    }
}
