//! A program with its arguments and environment: what is run is exactly what is shown.

use std::env;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command line that can be run, and shown so that it can be pasted into a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    env: Vec<(&'static str, &'static str)>,
    program: String,
    args: Vec<String>,
    folder: PathBuf,
}

impl Invocation {
    /// The program is the first word of `line`, its arguments the others: none of them contains a space.
    pub(crate) fn new(line: &str) -> Self {
        let mut words = line.split_whitespace().map(str::to_owned);
        let program = words.next().unwrap_or_default();
        Self { env: Vec::new(), program, args: words.collect(), folder: workspace_root().to_owned() }
    }

    /// Where it runs; else it is the root of the workspace.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.folder);
        self
    }

    pub(crate) fn with_env(mut self, key: &'static str, value: &'static str) -> Self {
        self.env.push((key, value));
        self
    }

    /// Runs it; its output goes where ours goes.
    ///
    /// The error says how it ended, to be put after the name of what was run.
    pub(crate) fn run(&self) -> Result<(), String> {
        let status = self.command().status().map_err(not_started)?;
        if status.success() { Ok(()) } else { Err(format!("ended with {status}")) }
    }

    /// Runs it and returns what it wrote to its standard output; errors as for `run`.
    pub(crate) fn read(&self) -> Result<String, String> {
        let output = self.command().output().map_err(not_started)?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(format!("ended with {}: {}", output.status, complaint.trim()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The command, for those who want more of it than its end.
    pub(crate) fn command(&self) -> Command {
        let mut command = match self.program.as_str() {
            // The cargo that runs us: no other toolchain may take part.
            "cargo" => Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
            program => Command::new(program),
        };
        command.args(&self.args).envs(self.env.iter().copied()).current_dir(&self.folder);
        command
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in &self.env {
            let quote = if value.contains(' ') { "\"" } else { "" };
            write!(f, "{key}={quote}{value}{quote} ")?;
        }
        f.write_str(&self.program)?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn not_started(error: io::Error) -> String {
    format!("could not be started: {error}")
}

/// The folder in which everything runs that is given no other.
pub(crate) fn workspace_root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_as_a_shell_takes_it() {
        let invocation = Invocation::new("cargo doc --no-deps")
            .with_env("RUSTDOCFLAGS", "-D warnings")
            .with_env("TRYBUILD", "overwrite");
        let shown = invocation.to_string();
        assert_eq!(shown, r#"RUSTDOCFLAGS="-D warnings" TRYBUILD=overwrite cargo doc --no-deps"#);
    }

    #[test]
    fn output_is_returned_on_success_and_the_complaint_on_failure() {
        assert!(Invocation::new("cargo --version").read().is_ok_and(|output| output.starts_with("cargo ")));
        let complaint = Invocation::new("cargo no-such-subcommand").read();
        assert!(complaint.is_err_and(|message| message.contains("no such command")));
    }

    #[test]
    fn a_program_that_is_not_there_could_not_be_started() {
        let result = Invocation::new("no-such-program --version").run();
        assert!(result.is_err_and(|message| message.starts_with("could not be started")));
    }
}
