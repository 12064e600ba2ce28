//! One step of a command, announced, timed, and on failure named with the way to repeat it.

use std::time::Instant;

use crate::invocation::Invocation;

/// A named command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) invocation: Invocation,
}

impl Step {
    pub(crate) fn new(name: impl Into<String>, invocation: Invocation) -> Self {
        Self { name: name.into(), invocation }
    }

    fn run(&self) -> Result<(), String> {
        println!("{}\n", self.invocation);
        timed(|| self.invocation.run())
            .map_err(|end| format!("step `{}` {end}; to run it alone: {}", self.name, self.invocation))
    }
}

/// Runs the steps in order, up to the first that fails.
pub(crate) fn run_all(steps: &[Step]) -> Result<(), String> {
    let count = steps.len();
    for (number, step) in (1..).zip(steps) {
        heading(&format!("{number}/{count} {}", step.name));
        step.run()?;
    }
    Ok(())
}

/// Announces what comes next.
pub(crate) fn heading(text: &str) {
    println!("\n==> {text}");
}

/// Does the work, then prints how long it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("    {:.1} s", start.elapsed().as_secs_f64());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_stops_and_says_how_to_repeat_it() {
        let steps = [
            Step::new("right", Invocation::new("true")),
            Step::new("wrong", Invocation::new("false")),
            Step::new("never", Invocation::new("no-such-program")),
        ];
        let expected = "step `wrong` ended with exit status: 1; to run it alone: false";
        assert_eq!(run_all(&steps), Err(expected.to_owned()));
    }
}
