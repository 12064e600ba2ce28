//! `/password`: a change of it, for somebody who has signed in a few minutes ago; others are sent to do so and come back.

use askama::Template;
use auth_core::{Authenticated, Fresh, Secret};
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

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    viewer: Option<&'a User>,
    password_error: Option<&'static str>,
}

pub(super) async fn show(user: Fresh<User>) -> Page {
    page(&PasswordPage { viewer: Some(&user), password_error: None })
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    password: Secret,
}

/// All other sessions end: whoever knew the old password is out.
pub(super) async fn change(user: Fresh<User>, State(app): State<App>, Form(new): Form<NewPassword>) -> Page {
    let password_error = passwords::weakness(&new.password, &user.email);
    if password_error.is_some() {
        return again(&PasswordPage { viewer: Some(&user), password_error });
    }
    let password_hash = app.passwords.hash(&new.password).await?;
    let changed = user.set_password_hash(&app.database, password_hash).await?;
    // From here on the old stamp ends every session; this one gets the new stamp.
    let user = Fresh::into_authenticated(user);
    app.users.restamp(Authenticated::session(&user), &changed).await?;
    // At once, and not at their next request: the list of devices is right.
    app.users.end_others(Authenticated::session(&user)).await?;
    Ok(Redirect::to("/devices?changed").into_response())
}
