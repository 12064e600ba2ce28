//! How long the steps of an authenticated request take: `cargo xtask bench request`.
//!
//! With `STEP=3 TIMES=1000` one step is taken that often and nothing else is done, so that its instructions can be
//! counted: `cargo xtask bench request` does. `STEP=list` names the steps.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program that speaks to whoever runs it")]

use std::env;
use std::sync::Arc;

use auth_core::Secret;
use auth_core::password::Passwords;
use auth_tests::RedisServer;
use auth_tests::request::{steps, steps_with_redis};
use criterion::Criterion;
use tokio::runtime::Builder;

fn main() {
    let runtime = Arc::new(Builder::new_current_thread().enable_all().build().unwrap());
    let redis = runtime.block_on(RedisServer::start());
    let mut steps = steps(&runtime);
    steps.extend(steps_with_redis(&runtime, &redis.url()));
    match env::var("STEP") {
        Ok(list) if list == "list" => steps.iter().for_each(|(name, _)| println!("{name}")),
        Ok(number) => {
            let (_, step) = &steps[number.parse::<usize>().unwrap()];
            (0..env::var("TIMES").unwrap().parse().unwrap()).for_each(|_: u32| step());
        }
        Err(_) => {
            let mut criterion = Criterion::default().configure_from_args();
            for (name, step) in &steps {
                criterion.bench_function(name, |bencher| bencher.iter(step));
            }
            // To be compared with a login, whose check of credentials costs nothing above.
            let (passwords, password) = (Passwords::new(), Secret::from("open sesame".to_owned()));
            let hash = runtime.block_on(passwords.hash(&password)).unwrap();
            criterion.bench_function("a password, checked", |bencher| {
                bencher.iter(|| runtime.block_on(passwords.verify(Some(&hash), &password)).unwrap());
            });
            criterion.final_summary();
        }
    }
}
