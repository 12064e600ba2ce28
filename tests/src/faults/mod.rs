//! Faults of Redis while a program is under load: what its visitors are told, and whether that is right.
//!
//! Each fault has real servers and a real program of its own, which is asked over HTTP by visitors who sign in, look,
//! refresh, sign out, end their other sessions, and come with cookies of ended sessions and made-up ones. Each visitor asks one
//! thing after the other and remembers what it was told, so that for each answer it is known what it may be.

mod desk;
mod load;
mod model;
mod scenes;
mod tally;
mod visitor;

pub use load::Plan;
pub use scenes::Fault;
pub use tally::{Line, table};
