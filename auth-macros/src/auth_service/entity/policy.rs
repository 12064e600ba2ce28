//! How long sessions live: what is asked for, within what is allowed.

use syn::{LitInt, LitStr};

use super::args::Args;
use crate::{
    contract::{LEVELS, Level},
    diagnostics::{Errors, entity},
    syntax::duration,
};

/// Lifetimes in seconds, and how many sessions; 0 for the default.
#[derive(Clone, Copy)]
pub(super) struct Policy {
    pub(super) idle: u64,
    pub(super) absolute: u64,
    pub(super) max_sessions: u16,
}

const DEFAULT_IDLE: &str = "30m";
const DEFAULT_ABSOLUTE: &str = "24h";
/// RFC 6265bis, section 5.5.
const LONGEST: u64 = 400 * 86_400;

/// A lifetime: what was written or is the default, in seconds.
struct Lifetime<'a> {
    key: &'static str,
    written: Option<&'a LitStr>,
    text: String,
    seconds: u64,
}

/// `None` for the defaults, and where something is wrong.
pub(super) fn policy(args: &Args, errors: &mut Errors) -> Option<Policy> {
    let level = args.assurance.as_ref().map(|text| {
        let level = LEVELS.iter().find(|level| level.name == text.value());
        level.ok_or_else(|| args.located("assurance", entity::assurance(text)))
    });
    let level = level.map(|level| errors.take(level));
    let within = level.flatten();
    let idle =
        lifetime("idle", args.idle.as_ref(), DEFAULT_IDLE, within.map(|level| level.idle), args, errors);
    let absolute = lifetime(
        "absolute",
        args.absolute.as_ref(),
        DEFAULT_ABSOLUTE,
        within.map(|level| level.absolute),
        args,
        errors,
    );
    let max_sessions = args.max_sessions.as_ref().and_then(|number| {
        errors.take(checked_limit(number).map_err(|wrong| args.located("max_sessions", wrong)))
    });
    let (idle, absolute) = (idle?, absolute?);
    if !check_level(within, [&idle, &absolute], args, errors) {
        return None;
    }
    if idle.seconds > absolute.seconds
        && let Some(written) = [&idle, &absolute].into_iter().find(|lifetime| lifetime.written.is_some())
        && let Some(at) = written.written
    {
        let wrong = entity::idle_over_absolute(at, &idle.text, &absolute.text);
        errors.push(args.located(written.key, wrong));
    }
    let is_default =
        level.is_none() && args.idle.is_none() && args.absolute.is_none() && args.max_sessions.is_none();
    (!is_default).then_some(Policy {
        idle: idle.seconds,
        absolute: absolute.seconds,
        max_sessions: max_sessions.unwrap_or(0),
    })
}

/// What is written, or the default, or what the level allows where that is less.
fn lifetime<'a>(
    key: &'static str,
    written: Option<&'a LitStr>,
    default: &str,
    most: Option<&str>,
    args: &Args,
    errors: &mut Errors,
) -> Option<Lifetime<'a>> {
    let seconds = |text: &str| duration(text).unwrap_or(LONGEST);
    let (text, seconds) = if let Some(text) = written {
        let checked = checked_duration(text).map_err(|wrong| args.located(key, wrong));
        (text.value(), errors.take(checked)?)
    } else {
        let text = most.filter(|most| seconds(most) < seconds(default)).unwrap_or(default);
        (text.to_owned(), seconds(text))
    };
    Some(Lifetime { key, written, text, seconds })
}

/// Whether the lifetimes are within what the level allows.
fn check_level(level: Option<&Level>, lifetimes: [&Lifetime; 2], args: &Args, errors: &mut Errors) -> bool {
    let Some(level) = level else { return true };
    let before = errors.len();
    for lifetime in lifetimes {
        let most = if lifetime.key == "idle" { level.idle } else { level.absolute };
        if let Some(at) = lifetime.written
            && duration(most).is_some_and(|most| lifetime.seconds > most)
        {
            let wrong = entity::over_level(at, lifetime.key, level, most);
            errors.push(args.located(lifetime.key, wrong));
        }
    }
    errors.len() == before
}

fn checked_duration(text: &LitStr) -> syn::Result<u64> {
    match duration(&text.value()) {
        None => Err(entity::no_duration(text)),
        Some(0) => Err(entity::too_short(text)),
        Some(seconds) if seconds > LONGEST => Err(entity::too_long(text)),
        Some(seconds) => Ok(seconds),
    }
}

fn checked_limit(number: &LitInt) -> syn::Result<u16> {
    match number.base10_parse() {
        Ok(limit @ 1..=100) => Ok(limit),
        _ => Err(entity::max_sessions(number)),
    }
}
