//! `/signup`.

use askama::Template;
use auth_core::Secret;
use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;

use super::{Page, again, page};
use crate::{
    app::App,
    passwords::{self, SHORTEST_PASSWORD},
    users::User,
};

#[derive(Default, Template)]
#[template(path = "sign_up.html")]
struct SignUpPage {
    viewer: Option<User>,
    email: String,
    email_error: Option<&'static str>,
    password_error: Option<&'static str>,
}

pub(super) async fn show() -> Page {
    page(&SignUpPage::default())
}

#[derive(Deserialize)]
pub(super) struct NewUser {
    email: String,
    password: Secret,
}

/// The answer does not tell whether the address was taken. A program that can send e-mail tells its owner, and opens no
/// account before a letter was answered.
pub(super) async fn sign_up(State(app): State<App>, Form(new): Form<NewUser>) -> Page {
    let email_error = (!is_address(&new.email)).then_some("Enter an address such as ann@example.com.");
    let password_error = passwords::weakness(&new.password, &new.email);
    if email_error.is_some() || password_error.is_some() {
        return again(&SignUpPage { email: new.email, email_error, password_error, ..SignUpPage::default() });
    }
    let password_hash = app.passwords.hash(&new.password).await?;
    User::sign_up(&app.database, &new.email, &password_hash).await?;
    Ok(Redirect::to("/login?new").into_response())
}

/// Whether it can be one; only a letter to it shows whether it is.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 254
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}
