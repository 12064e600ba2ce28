//! `/login`: its form goes to `/user/login`, or, where somebody is signed in already, to `/user/reauthenticate`.

use askama::Template;
use auth_core::Authenticated;
use axum::extract::Query;
use serde::Deserialize;

use super::{Page, page};
use crate::users::User;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Where to go afterwards; the library goes there only if it is on this host.
    next: Option<String>,
    /// The name of the problem when it failed.
    error: Option<String>,
    /// Somebody has just signed up.
    new: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    viewer: Option<&'a User>,
    next: Option<String>,
    error: Option<&'static str>,
    new: bool,
}

pub(super) async fn show(user: Option<Authenticated<User>>, Query(asked): Query<Asked>) -> Page {
    // That it was too long ago is what the page says to whoever is signed in.
    let error = asked.error.as_deref().filter(|error| *error != "authentication-too-old").map(words);
    page(&SignInPage { viewer: user.as_deref(), next: asked.next, error, new: asked.new.is_some() })
}

fn words(error: &str) -> &'static str {
    match error {
        "invalid-credentials" => "No account has this e-mail address and password.",
        "too-many-logins" => "Too many attempts. Please wait a few minutes.",
        "busy" | "unavailable" => "We cannot answer right now. Please try again shortly.",
        _ => "That did not work. Please try again.",
    }
}
