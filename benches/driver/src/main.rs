//! Runs what is compared, puts load on it, and prints a section of a document: see `usage`.
//!
//! `cargo xtask bench …` builds everything, starts this on its own core and puts the section where it belongs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to whoever runs it")]

mod bytes;
mod client;
mod contestants;
mod growth;
mod http;
mod load;
mod machine;
mod markdown;
mod plot;
mod redis;
#[path = "../../../auth-redis/tests/support/redis_server.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::must_use_candidate,
    reason = "it is a module of the tests' package, whose dependencies are not wanted here"
)]
mod redis_server;
mod server;
mod statistics;

use std::{env, error::Error, process::ExitCode};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A quick look at whether all of it works, with figures that mean nothing.
fn is_short() -> bool {
    env::var_os("BENCH_SHORT").is_some()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let section = match words.as_slice() {
        ["http", plot] => http::run(plot.as_ref()).await,
        ["bytes"] => bytes::run().await,
        ["growth"] => growth::run().await,
        // What `growth` starts several of.
        ["reader", url, seconds] => growth::processes::reader(url, seconds).await,
        _ => Err("usage: driver http PLOT.svg | driver bytes | driver growth".into()),
    };
    match section {
        Ok(section) => {
            println!("{section}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\nfailed: {error}");
            ExitCode::FAILURE
        }
    }
}
