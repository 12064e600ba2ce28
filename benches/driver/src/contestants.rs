//! Who is compared.

use crate::http::Operation::{self, Login, Refresh, Request};

/// A program that serves `/me`, and most of them a login and a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contestant {
    /// As tables have it.
    pub(crate) name: &'static str,
    pub(crate) program: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) kind: Kind,
    /// Where its login and its refresh are; none keeps no sessions.
    pub(crate) paths: Option<Paths>,
    /// In which it has anything of its own.
    pub(crate) operations: &'static [Operation],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What can be had at the least.
    Floor,
    Ours,
    Peer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paths {
    pub(crate) login: &'static str,
    pub(crate) refresh: &'static str,
}

const USUAL: Option<Paths> = Some(Paths { login: "/login", refresh: "/refresh" });
const GENERATED: Option<Paths> = Some(Paths { login: "/user/login", refresh: "/user/refresh" });

const fn of(name: &'static str, program: &'static str, kind: Kind, paths: Option<Paths>) -> Contestant {
    Contestant { name, program, arguments: &[], kind, paths, operations: &[Request, Login, Refresh] }
}

pub(crate) const PLAIN: Contestant =
    Contestant { operations: &[Request], ..of("axum, no sessions", "server-plain", Kind::Floor, None) };
pub(crate) const FLOOR: Contestant = of("axum and fred by hand", "server-floor", Kind::Floor, USUAL);
/// The same commands, each called by a script: what is the least for whoever has to decide and write in one step.
const FLOOR_SCRIPTS: Contestant = Contestant {
    name: "axum and fred by hand, by a script",
    arguments: &["scripts"],
    operations: &[Login, Refresh],
    ..FLOOR
};
pub(crate) const OURS: Contestant = of("this library", "server-ours", Kind::Ours, GENERATED);
/// Its logins cost two commands less; all else is the same.
pub(crate) const OURS_UNCOUNTED: Contestant = Contestant {
    name: "this library, logins not counted",
    arguments: &["uncounted"],
    operations: &[Login],
    ..OURS
};
pub(crate) const OURS_CACHED: Contestant =
    Contestant { name: "this library, near cache", arguments: &["near-cache"], ..OURS };
const AXUM_LOGIN: Contestant = of("axum-login, tower-sessions", "server-axum-login", Kind::Peer, USUAL);
const AXUM_SESSION: Contestant = of("axum_session", "server-axum-session", Kind::Peer, USUAL);
const ACTIX_SESSION: Contestant = of("actix-session", "server-actix-session", Kind::Peer, USUAL);

pub(crate) fn all() -> Vec<Contestant> {
    vec![
        PLAIN,
        FLOOR,
        FLOOR_SCRIPTS,
        OURS,
        OURS_UNCOUNTED,
        OURS_CACHED,
        AXUM_LOGIN,
        AXUM_SESSION,
        ACTIX_SESSION,
    ]
}
