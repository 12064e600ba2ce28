//! `#[auth_service("…")]` on a struct.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Error, LitBool, LitInt, LitStr, Path};

use super::{all, did_you_mean, either, error};
use crate::contract::{LEVELS, Level, Service, service_ids, transport_and_store};

pub(crate) fn no_item(keyword: &Ident) -> Error {
    error(
        keyword,
        format!("`#[auth_service]` goes on a struct or on its inherent `impl` block, found `{keyword}`"),
    )
}

pub(crate) fn no_struct(keyword: &Ident, name: &Ident) -> Error {
    error(
        keyword,
        format!(
            "an entity is a struct with named fields, found the {keyword} `{name}`\nhelp: {}",
            example(name)
        ),
    )
}

pub(crate) fn no_named_fields(at: impl ToTokens, name: &Ident, found: &str) -> Error {
    error(
        at,
        format!("an entity is a struct with named fields, found a {found} struct\nhelp: {}", example(name)),
    )
}

fn example(name: &Ident) -> String {
    format!("struct {name} {{ #[auth(id)] id: Uuid, … }}")
}

pub(crate) fn generic(generics: impl ToTokens, name: &Ident) -> Error {
    error(
        generics,
        format!(
            "an entity is one type, found generics on `{name}`\nhelp: sessions are kept for concrete types; annotate a struct that has its types filled in"
        ),
    )
}

pub(crate) fn no_service() -> Error {
    let ids = all(service_ids());
    let message = format!(
        "`#[auth_service]` on a struct names a service\nhelp: the services are {ids}: `#[auth_service(\"auth.cookies.redis\")]`"
    );
    Error::new(Span::call_site(), message)
}

pub(crate) fn no_service_before(options: &TokenStream) -> Error {
    let ids = all(service_ids());
    let first = options.clone().into_iter().next();
    error(
        first,
        format!(
            "`#[auth_service]` on a struct begins with the id of a service\nhelp: the services are {ids}"
        ),
    )
}

pub(crate) fn unknown_service(id: &LitStr) -> Error {
    let found = id.value();
    let near = did_you_mean(&found, service_ids());
    error(
        id,
        format!(
            "unknown service `{found}`{near}\nhelp: the services are {}; one of your own is named with its marker: `service = my_store::CookiesSqlite`",
            all(service_ids())
        ),
    )
}

pub(crate) fn no_service_id(id: &LitStr) -> Error {
    error(
        id,
        format!(
            "`{}` cannot be the id of a service\nhelp: it is `auth.<transport>.<store>`, such as `auth.cookies.sqlite`",
            id.value()
        ),
    )
}

pub(crate) fn service_of_ours(marker: &Path, service: &Service) -> Error {
    error(
        marker,
        format!(
            "`{}` is a service of {} already\nhelp: leave `service` out, or give your service an id of its own",
            service.id, service.package
        ),
    )
}

/// What is wrong with two services of one entity, if anything is.
pub(crate) fn unfit_services(first: &LitStr, second: &LitStr) -> Option<Error> {
    let (one, other) = (first.value(), second.value());
    let (one, other) = (transport_and_store(&one)?, transport_and_store(&other)?);
    if one.1 != other.1 {
        return Some(error(
            second,
            format!(
                "both services keep the entity's sessions, found one store `{}` and another `{}`\nhelp: write `\"auth.{}.{}\"`",
                one.1, other.1, other.0, one.1
            ),
        ));
    }
    (one.0 == other.0).then(|| {
        error(
            second,
            format!(
                "a second service is another way for sessions to travel, found `{}` twice\nhelp: leave one of them out",
                one.0
            ),
        )
    })
}

pub(crate) fn needs_cookies(option: &LitStr, key: &str) -> Error {
    error(
        option,
        format!(
            "`{key}` is for sessions that travel in cookies, and the service is one of bearer tokens\nhelp: leave `{key}` out, or name a second service, such as `\"auth.cookies.redis\"`"
        ),
    )
}

pub(crate) fn page(page: &LitStr) -> Error {
    error(
        page,
        format!(
            "`{}` cannot be a page on this host: it is a path of visible ASCII, without a query\nhelp: write it like `\"/login\"`",
            page.value()
        ),
    )
}

pub(crate) fn forms_without_a_page(forms: &LitBool) -> Error {
    error(
        forms,
        "a form is answered with a page, and there is none to go back to\nhelp: say where people sign in: `login_page = \"/login\"`",
    )
}

pub(crate) fn assurance(text: &LitStr) -> Error {
    let names = || LEVELS.iter().map(|level| level.name);
    let found = text.value();
    let near = did_you_mean(&found, names());
    error(
        text,
        format!(
            "unknown level `{found}`{near}\nhelp: the levels of NIST SP 800-63B-4 are {}",
            either(names())
        ),
    )
}

pub(crate) fn over_level(at: &LitStr, option: &str, level: &Level, most: &str) -> Error {
    let Level { name, .. } = level;
    let what = if option == "idle" {
        format!("a session may be idle for {most} at most")
    } else {
        format!("a session ends after {most} at the latest")
    };
    error(
        at,
        format!(
            "at `{name}` {what} (NIST SP 800-63B-4), found `{}`\nhelp: write `{option} = \"{most}\"` or less, or leave `{option}` out",
            at.value()
        ),
    )
}

pub(crate) fn no_crate(id: &LitStr, service: &Service) -> Error {
    let package = service.package;
    error(
        id,
        format!(
            "`{}` needs the crate {package}, and it is no dependency\nhelp: cargo add {package}",
            service.id
        ),
    )
}

pub(crate) fn no_id(name: &Ident, candidate: Option<&Ident>) -> Error {
    let field = candidate.map_or("id: Uuid".to_owned(), |field| format!("{field}: …"));
    error(
        name,
        format!(
            "no field of `{name}` is marked as its id\nhelp: write `#[auth(id)] {field}`: sessions are all and ended by it"
        ),
    )
}

pub(crate) fn two_ids(second: &Ident, first: &str) -> Error {
    error(
        second,
        format!(
            "two fields are marked `#[auth(id)]`, `{first}` already is\nhelp: an entity has one id; leave the other mark out"
        ),
    )
}

pub(crate) fn id_skipped(skip: &Ident) -> Error {
    error(skip, "the id is always kept in a session, so it cannot be marked `skip`\nhelp: leave `skip` out")
}

pub(crate) fn kept_and_skipped(keep: &Ident) -> Error {
    error(
        keep,
        "`keep` and `skip` contradict each other\nhelp: `skip` leaves the field out of sessions, `keep` keeps one that is named like a secret",
    )
}

pub(crate) fn cfg_on_field(attr: &Attribute) -> Error {
    super::cfg_inside(attr, "a field of an entity")
}

pub(crate) fn name(name: &LitStr, longest: usize) -> Error {
    error(
        name,
        format!(
            "`{}` cannot be the name of an entity\nhelp: it begins with a letter, and consists of `a`-`z`, `0`-`9` and `_`, {longest} at the most: `name = \"user\"`",
            name.value()
        ),
    )
}

pub(crate) fn cookie_prefixed(cookie: &LitStr, rest: &str) -> Error {
    error(
        cookie,
        format!("the prefix `__Host-` is added to a cookie's name\nhelp: write `cookie = \"{rest}\"`"),
    )
}

pub(crate) fn cookie(cookie: &LitStr, longest: usize) -> Error {
    error(
        cookie,
        format!(
            "`{}` cannot be the name of a cookie\nhelp: it consists of letters, digits and `!#$%&'*+-.^_|~` (RFC 6265), {longest} at the most: `cookie = \"user\"`",
            cookie.value()
        ),
    )
}

pub(crate) fn path(path: &LitStr, wrong: &str) -> Error {
    error(
        path,
        format!(
            "`{}` cannot be the path of an entity: {wrong}\nhelp: write `path = \"/user\"`; its endpoints are below it",
            path.value()
        ),
    )
}

pub(crate) fn no_duration(text: &LitStr) -> Error {
    error(
        text,
        format!(
            "`{}` is no duration\nhelp: write a number and a unit: `30s`, `15m`, `12h` or `7d`",
            text.value()
        ),
    )
}

pub(crate) fn too_short(text: &LitStr) -> Error {
    error(
        text,
        format!(
            "`{}` is too short: a second is the least\nhelp: write a number and a unit: `30s`, `15m`, `12h` or `7d`",
            text.value()
        ),
    )
}

pub(crate) fn too_long(text: &LitStr) -> Error {
    error(
        text,
        format!(
            "a session cannot live for `{}`: browsers keep a cookie for 400 days at most (RFC 6265bis)\nhelp: write `absolute = \"400d\"` or less",
            text.value()
        ),
    )
}

/// At the option that is there, against the other one or its default.
pub(crate) fn idle_over_absolute(at: &LitStr, idle: &str, absolute: &str) -> Error {
    error(
        at,
        format!(
            "a session ends after {absolute} in any case, so it cannot be idle for {idle}\nhelp: `idle` is at most `absolute`; the defaults are `idle = \"30m\"`, `absolute = \"24h\"`"
        ),
    )
}

pub(crate) fn max_sessions(number: &LitInt) -> Error {
    error(
        number,
        format!(
            "`max_sessions` is 1 to 100, found `{number}`\nhelp: at one more login, the oldest session ends"
        ),
    )
}
