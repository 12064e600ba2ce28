//! `/devices`: where somebody is signed in, with buttons to end that.

use askama::Template;
use auth_core::{Authenticated, ListedSession};
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{Page, moment, page};
use crate::{app::App, users::User};

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The password has just been changed.
    changed: Option<String>,
}

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage<'a> {
    viewer: Option<&'a User>,
    changed: bool,
    devices: Vec<Device>,
}

struct Device {
    id: Uuid,
    agent: String,
    network: String,
    since: String,
    seen: String,
    current: bool,
}

impl Device {
    fn new(session: ListedSession, current: Uuid) -> Self {
        Device {
            id: session.info.session_id,
            agent: session.agent.unwrap_or_else(|| "Unknown browser".to_owned()),
            network: session.network.unwrap_or_else(|| "unknown network".to_owned()),
            since: moment(session.info.created_at),
            seen: moment(session.last_seen_at),
            current: session.info.session_id == current,
        }
    }
}

pub(super) async fn show(
    user: Authenticated<User>,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Page {
    let current = Authenticated::session(&user).info().session_id;
    let sessions = app.users.sessions(&user.id).await?;
    let mut devices: Vec<_> = sessions.into_iter().map(|session| Device::new(session, current)).collect();
    devices.sort_by_key(|device| !device.current);
    page(&DevicesPage { viewer: Some(&user), changed: asked.changed.is_some(), devices })
}

/// Only ever one of the user's own: it is looked for among these.
pub(super) async fn end(
    user: Authenticated<User>,
    State(app): State<App>,
    Path(session): Path<Uuid>,
) -> Page {
    app.users.end(&user.id, session).await?;
    Ok(Redirect::to("/devices").into_response())
}

pub(super) async fn end_others(user: Authenticated<User>, State(app): State<App>) -> Page {
    app.users.end_others(Authenticated::session(&user)).await?;
    Ok(Redirect::to("/devices").into_response())
}
