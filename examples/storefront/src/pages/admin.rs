//! `/admin`: who has an account, with buttons to end sessions and to disable it.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};

use super::{Page, page};
use crate::{
    app::App,
    users::{Admin, User},
};

#[derive(Template)]
#[template(path = "admin.html")]
struct UsersPage<'a> {
    viewer: Option<&'a User>,
    users: Vec<Listed>,
}

struct Listed {
    user: User,
    sessions: usize,
    /// Nobody locks the door with themselves outside.
    own: bool,
}

pub(super) async fn show(Admin(admin): Admin, State(app): State<App>) -> Page {
    let mut users = Vec::new();
    for user in User::all(&app.database).await? {
        let sessions = app.users.sessions(&user.id).await?.len();
        users.push(Listed { sessions, own: user.id == admin.id, user });
    }
    page(&UsersPage { viewer: Some(&admin), users })
}

pub(super) async fn end_sessions(_: Admin, State(app): State<App>, Path(user): Path<i64>) -> Page {
    app.users.end_all(&user).await?;
    Ok(Redirect::to("/admin").into_response())
}

pub(super) async fn disable(Admin(admin): Admin, State(app): State<App>, Path(user): Path<i64>) -> Page {
    if user != admin.id {
        User::set_disabled(&app.database, user, true).await?;
        app.users.end_all(&user).await?;
    }
    Ok(Redirect::to("/admin").into_response())
}

pub(super) async fn enable(_: Admin, State(app): State<App>, Path(user): Path<i64>) -> Page {
    User::set_disabled(&app.database, user, false).await?;
    Ok(Redirect::to("/admin").into_response())
}
