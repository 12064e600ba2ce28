//! The guide: from a first login to a program in production, in chapters that can be read alone.
//!
//! | chapter | answers |
//! | --- | --- |
//! | [`first_login`] | How do I sign somebody in? |
//! | [`contract`] | What must I write, what may I, and what do I get? |
//! | [`schema`] | How do I keep the settings of all entities in one file? |
//! | [`sessions`] | How long does a session live, what does it carry, and how is it ended? |
//! | [`refresh`] | What does a refresh do, and what when somebody has a copy of a cookie? |
//! | [`redis`] | How is Redis set up, how large must it be, and what when it fails over? |
//! | [`browsers`] | Which requests are refused, and how does a page of another origin sign in? |
//! | [`throttling`] | How is guessing slowed down, and can somebody be locked out? |
//! | [`testing`] | How do I test a program of mine? |
//! | [`several_entities`] | How do people and programs sign in to the same program? |
//! | [`own_store`] | How do I keep sessions somewhere else? |
//! | [`migrating`] | How do I come from axum-login and tower-sessions? |
//! | [`failures`] | What does a client see when something is wrong, and what do I? |
//! | [`security`] | What is promised, and what shows it? |
//! | [`costs`], [`faults`] | What was measured? |
//!
//! Every block of Rust in it is compiled by the test suite, and run where it needs no server. The reference is at each item:
//! [`auth_service`](macro@crate::auth_service) has the grammar of the attributes.

#[doc = include_str!("first_login.md")]
pub mod first_login {}

#[doc = include_str!("contract.md")]
pub mod contract {}

#[doc = include_str!("schema.md")]
pub mod schema {}

#[doc = include_str!("sessions.md")]
pub mod sessions {}

#[doc = include_str!("refresh.md")]
pub mod refresh {}

#[doc = include_str!("redis.md")]
pub mod redis {}

#[doc = include_str!("browsers.md")]
pub mod browsers {}

#[doc = include_str!("throttling.md")]
pub mod throttling {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("several_entities.md")]
pub mod several_entities {}

#[doc = include_str!("own_store.md")]
pub mod own_store {}

#[doc = include_str!("migrating.md")]
pub mod migrating {}

#[doc = include_str!("failures.md")]
pub mod failures {}

#[doc = include_str!("../../docs/security.md")]
pub mod security {}

#[doc = include_str!("../../docs/costs.md")]
pub mod costs {}

#[doc = include_str!("../../docs/faults.md")]
pub mod faults {}
