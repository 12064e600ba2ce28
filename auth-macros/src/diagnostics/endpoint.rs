//! `#[expose_endpoint]`, and the signatures of methods.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{Attribute, Error, LitInt, LitStr, Type};

use super::{did_you_mean, either, error, shown};
use crate::contract::{Endpoint, Method, Role, VERBS};

const USAGE: &str = "#[expose_endpoint(get, \"/me\", response = Profile)]";

fn verbs() -> String {
    either(VERBS.iter().map(|(written, _)| *written))
}

pub(crate) fn alone() -> Error {
    let message = "`#[expose_endpoint]` does nothing by itself: `#[auth_service]` on the impl block reads it\n\
                   help: put `#[auth_service]` on the `impl` of the entity that has this method";
    Error::new(Span::call_site(), message)
}

pub(crate) fn twice(attr: &Attribute) -> Error {
    error(
        attr,
        "a method is one endpoint, found a second `#[expose_endpoint]`\nhelp: leave one out, or write a second method that calls this one",
    )
}

pub(crate) fn no_arguments(attr: &Attribute) -> Error {
    error(attr, format!("`#[expose_endpoint]` needs an HTTP method and a path\nhelp: write `{USAGE}`"))
}

pub(crate) fn no_verb(found: impl ToTokens) -> Error {
    let shown = shown(&found);
    error(found, format!("expected an HTTP method, {}, found `{shown}`\nhelp: write `{USAGE}`", verbs()))
}

pub(crate) fn no_path(found: &impl ToTokens, attr: &Attribute) -> Error {
    let found_tokens = found.to_token_stream();
    if found_tokens.is_empty() {
        return error(
            attr,
            format!("`#[expose_endpoint]` needs a path after the HTTP method\nhelp: write `{USAGE}`"),
        );
    }
    error(found, format!("expected a path in quotes, found `{}`\nhelp: write `{USAGE}`", shown(found)))
}

pub(crate) fn unknown_verb(verb: &Ident) -> Error {
    let near = did_you_mean(&verb.to_string(), VERBS.iter().map(|(written, _)| *written));
    error(verb, format!("unknown HTTP method `{verb}`{near}\nhelp: write {}", verbs()))
}

pub(crate) fn contract_verb(verb: &Ident, method: &Method, endpoint: &Endpoint) -> Error {
    let expected = endpoint.verb;
    let why = match method.role {
        Role::Authenticate => "its endpoint shows the session, and changes nothing",
        _ => "it changes the session, which no other method may",
    };
    error(
        verb,
        format!(
            "`{}` is always a {expected}, found `{verb}`\nhelp: {why}: write `{}`",
            method.name,
            expected.to_lowercase()
        ),
    )
}

pub(crate) fn path(path: &LitStr, why: &str, example: &str) -> Error {
    error(
        path,
        format!(
            "`{}` cannot be the path of an endpoint: {why}\nhelp: write it like `\"{example}\"`",
            path.value()
        ),
    )
}

pub(crate) fn parameter_not_taken(path: &LitStr, names: &[&str], method: &Ident) -> Error {
    let (first, example) = (names.first().copied().unwrap_or_default(), taking(names));
    error(
        path,
        format!(
            "no argument of `{method}` takes the parameter `{{{first}}}`\nhelp: add an argument like `{example}`, or take the parameter out of the path"
        ),
    )
}

pub(crate) fn other_count(ty: &Type, path: &LitStr, names: &[&str]) -> Error {
    let count = names.len();
    let plural = if count == 1 { "parameter" } else { "parameters" };
    error(
        ty,
        format!(
            "the path `{}` has {count} {plural}, found `{}`\nhelp: write it like `{}`",
            path.value(),
            shown(ty),
            taking(names)
        ),
    )
}

pub(crate) fn no_parameters(ty: &Type, path: &LitStr) -> Error {
    error(
        ty,
        format!(
            "the path `{}` has no parameters, found `{}`\nhelp: leave the argument out, or write the path like `\"{}/{{id}}\"`",
            path.value(),
            shown(ty),
            path.value().trim_end_matches('/')
        ),
    )
}

/// `Path(id): Path<Uuid>`, `Path((order, item)): Path<(Uuid, Uuid)>`
fn taking(names: &[&str]) -> String {
    match names {
        [name] => format!("Path({name}): Path<Uuid>"),
        names => format!("Path(({})): Path<({})>", names.join(", "), vec!["Uuid"; names.len()].join(", ")),
    }
}

pub(crate) fn old_parameter(path: &LitStr, found: &str, expected: &str) -> Error {
    error(
        path,
        format!(
            "`{found}` is no parameter in axum 0.8\nhelp: write `\"{}\"`",
            path.value().replace(found, expected)
        ),
    )
}

pub(crate) fn same_path(path: impl ToTokens, verb: &str, text: &str, other: &str) -> Error {
    error(path, format!("`{verb} {text}` is there already: {other}\nhelp: give one of them another path"))
}

pub(crate) fn other_parameter(path: impl ToTokens, text: &str, other: &str) -> Error {
    error(
        path,
        format!(
            "`{text}` and `{other}` are the same path with other names, which axum refuses\nhelp: name the parameters alike in both"
        ),
    )
}

pub(crate) fn status(status: &LitInt) -> Error {
    error(
        status,
        format!(
            "`status` says that all went well, 200 to 299, found `{status}`\nhelp: for a failure, return an error"
        ),
    )
}

pub(crate) fn status_of_nothing(status: &LitInt) -> Error {
    error(
        status,
        format!(
            "an endpoint without `response` answers 204 No Content, found `status = {status}`\nhelp: add `response = …`, or leave `status` out"
        ),
    )
}

pub(crate) fn status_without_body(status: &LitInt) -> Error {
    error(
        status,
        format!(
            "an answer with status {status} has no body, so the response would be lost\nhelp: use 200 or 201, or leave `response` out"
        ),
    )
}

pub(crate) fn rule_of_contract(at: impl ToTokens, option: &str, method: &Method) -> Error {
    let why = match method.role {
        Role::Login => "nobody is signed in yet",
        _ => "every session may",
    };
    error(
        at,
        format!(
            "`{option}` is for endpoints of the entity's own; at `{}`, {why}\nhelp: leave `{option}` out",
            method.name
        ),
    )
}

fn expected(method: &Method) -> String {
    format!("expected `{}`", method.signature)
}

/// The method as a person calls it.
fn called(method: &Method) -> &'static str {
    if method.role == Role::Own { "an endpoint" } else { method.name }
}

pub(crate) fn not_async(at: impl ToTokens, method: &Method) -> Error {
    error(at, format!("`{}` must be async\nnote: {}\nhelp: write `async fn`", method.name, expected(method)))
}

pub(crate) fn generic(at: impl ToTokens, name: &Ident) -> Error {
    error(
        at,
        format!(
            "`{name}` is called by generated code, so it cannot be generic\nhelp: write out the types; arguments are extractors that own what they hold"
        ),
    )
}

pub(crate) fn qualified(at: &impl ToTokens, name: &Ident) -> Error {
    error(
        at,
        format!(
            "`{name}` is called by generated code, so it cannot be `{}`\nhelp: write a plain `async fn`",
            shown(at)
        ),
    )
}

pub(crate) fn receiver(at: impl ToTokens, name: &Ident, method: &Method) -> Error {
    let fix = match method.role {
        Role::Login => "the first argument is what the client sends: `form: SignIn`",
        Role::Authenticate => "there is no entity yet: take `session: Session<Self>`",
        Role::Logout => "the entity is not loaded: take `session: Session<Self>`",
        Role::Refresh | Role::Own => "take `user: Authenticated<Self>`",
    };
    let found = shown(&at);
    error(at, format!("an endpoint has no receiver, found `{found}` in `{name}`\nhelp: {fix}"))
}

pub(crate) fn too_many_arguments(at: impl ToTokens, method: &Method) -> Error {
    let most = method.most_arguments;
    error(
        at,
        format!(
            "{} takes at most {most} arguments\nhelp: put several extractors into one struct with `impl FromRequestParts`",
            called(method)
        ),
    )
}

pub(crate) fn no_credentials(at: &Ident) -> Error {
    error(
        at,
        format!(
            "`login` takes the credentials as its first argument\nnote: {}\nhelp: write a struct with `#[derive(Deserialize, Credentials)]`",
            expected(&crate::contract::LOGIN)
        ),
    )
}

pub(crate) fn borrowed(ty: &Type) -> Error {
    error(
        ty,
        format!(
            "an argument owns what it holds, found `{}`\nhelp: arguments are extractors, such as `State<Db>` or `Path<Uuid>`",
            shown(ty)
        ),
    )
}

pub(crate) fn impl_trait(ty: &Type) -> Error {
    error(
        ty,
        format!(
            "an argument has a type with a name, found `{}`\nhelp: write out the type; arguments are extractors, such as `State<Db>`",
            shown(ty)
        ),
    )
}

pub(crate) fn lifetime(lifetime: &impl ToTokens) -> Error {
    error(
        lifetime,
        format!(
            "the types of an endpoint own what they hold, found the lifetime `{}`\nhelp: use an owned type, such as `String`",
            shown(lifetime)
        ),
    )
}

pub(crate) fn cycle(ty: &Type) -> Error {
    error(
        ty,
        format!(
            "`authenticate` is what makes `{0}`, so it cannot ask for one\nhelp: take `session: Session<Self>`, and load the entity by `session.principal()`",
            shown(ty)
        ),
    )
}

pub(crate) fn returns_nothing(at: &Ident, method: &Method) -> Error {
    error(at, format!("`{}` returns nothing\nnote: {}", method.name, expected(method)))
}

pub(crate) fn returns_no_result(ty: &Type, method: &Method) -> Error {
    error(
        ty,
        format!(
            "`{}` must return a `Result`, found `{}`\nnote: {}",
            method.name,
            shown(ty),
            expected(method)
        ),
    )
}

pub(crate) fn returns_impl_trait(ty: &Type, method: &Method) -> Error {
    error(
        ty,
        format!(
            "{} returns a type with a name, found `{}`\nnote: {}",
            called(method),
            shown(ty),
            expected(method)
        ),
    )
}

pub(crate) fn returns_no_response(at: &Ident, response: &Type) -> Error {
    let response = shown(response);
    error(
        at,
        format!(
            "`{at}` returns nothing, but its endpoint says `response = {response}`\nhelp: return `{response}` or `Result<{response}, E>`, or leave `response` out"
        ),
    )
}

pub(crate) fn returns_without_response(said: &Type) -> Error {
    let said_text = shown(said);
    error(
        said,
        format!(
            "an endpoint without `response` answers with nothing, but the method returns `{said_text}`\nhelp: add `response = {said_text}` to `#[expose_endpoint]`, and `#[expose_response]` to the struct"
        ),
    )
}

pub(crate) fn too_many_with_rule(at: impl ToTokens, most: usize) -> Error {
    error(
        at,
        format!(
            "an endpoint with `require` or `fresh` takes at most {most} arguments\nhelp: put several extractors into one struct with `impl FromRequestParts`"
        ),
    )
}
