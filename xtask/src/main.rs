//! The chores of this workspace, as `cargo xtask COMMAND`; without a command it lists them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to whoever runs it")]

mod api;
mod bench;
mod bless;
mod conformance;
mod faults;
mod gate;
mod installer;
mod invocation;
mod needs;
mod package;
mod setup;
mod step;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = find(&args) else {
        eprint!("{}", usage());
        return ExitCode::from(2);
    };
    match (command.run)() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nfailed: {message}");
            ExitCode::FAILURE
        }
    }
}

struct Command {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<(), String>,
}

const COMMANDS: [Command; 13] = [
    Command { name: "setup", about: "install what the tests need and this machine lacks", run: setup::run },
    Command { name: "test", about: "setup, then every check that a change must pass", run: gate::run },
    Command {
        name: "bless",
        about: "rewrite the expected compile errors, snapshots and listings from what the code gives now",
        run: bless::run,
    },
    Command {
        name: "conformance",
        about: "hold two programs to their OpenAPI documents: a validator, then schemathesis",
        run: conformance::run,
    },
    Command {
        name: "api",
        about: "compare what users can name with its listing in docs/api",
        run: api::check,
    },
    Command {
        name: "package",
        about: "test the crates as they would be published, where nothing of this workspace is in reach",
        run: package::run,
    },
    Command {
        name: "bench compile",
        about: "measure what an entity costs while compiling, for docs/performance-compile.md",
        run: bench::compile,
    },
    Command {
        name: "bench request",
        about: "measure what an authenticated request costs, for docs/performance.md",
        run: bench::request,
    },
    Command {
        name: "bench http",
        about: "compare requests, logins and refreshes with the floor and with peers, for docs/performance.md",
        run: bench::http,
    },
    Command {
        name: "bench bytes",
        about: "measure what sessions take in Redis, ours and the peers', for docs/performance.md",
        run: bench::bytes,
    },
    Command {
        name: "bench build",
        about: "measure what a clean build takes, ours and a peer's, for docs/performance.md",
        run: bench::build,
    },
    Command {
        name: "bench growth",
        about: "measure sessions by the million, processes and nodes, for docs/scale.md",
        run: bench::growth,
    },
    Command {
        name: "faults",
        about: "bring about faults of Redis under load, and print the table of docs/faults.md",
        run: faults::run,
    },
];

/// The command that the arguments name: nothing but its words, as no command takes options.
fn find(args: &[String]) -> Option<&'static Command> {
    let name = args.join(" ");
    COMMANDS.iter().find(|command| command.name == name)
}

fn usage() -> String {
    let lines = COMMANDS.iter().map(|command| format!("  {:<13} {}\n", command.name, command.about));
    format!("usage: cargo xtask COMMAND\n\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(args: &[&str]) -> Option<&'static str> {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        find(&args).map(|command| command.name)
    }

    #[test]
    fn a_command_is_its_words_and_nothing_else() {
        assert_eq!(found(&["bench", "compile"]), Some("bench compile"));
        assert_eq!(found(&["bench"]), None);
        assert_eq!(found(&["test"]), Some("test"));
        assert_eq!(found(&[]), None);
        assert_eq!(found(&["tset"]), None);
        assert_eq!(found(&["test", "--release"]), None);
    }

    #[test]
    fn usage_has_one_line_for_each_command() {
        for command in &COMMANDS {
            let lines = usage().lines().filter(|line| line.trim_start().starts_with(command.name)).count();
            assert_eq!(lines, 1, "{}", command.name);
        }
    }
}
