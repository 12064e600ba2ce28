//! Random histories of sessions, by honest browsers, by thieves and by administrators, against what must hold: with
//! sessions in memory, and in a real Redis. `AUTH_HISTORIES=1000000` asks for more of them than is usual.
#![allow(clippy::unwrap_used, reason = "tests")]

mod anybody;
mod browser;
mod rules;
mod world;
