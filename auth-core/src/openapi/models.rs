//! What the library itself answers.

use serde_json::json;

use super::structs::{DateTime, Described, Field, FieldSchema, StructSchema, Uuid};
use crate::{
    auth::ListedSession,
    response::{LoginResponse, LogoutResponse, RefreshResponse},
    session::SessionInfo,
};

impl<K> Described<K> for () {
    fn described() -> Option<StructSchema> {
        None
    }
}

impl<K> Described<K> for LogoutResponse {
    fn described() -> Option<StructSchema> {
        None
    }
}

impl<K> Described<K> for LoginResponse {
    fn described() -> Option<StructSchema> {
        let schema = StructSchema::new("LoginResponse", "The session that was opened.")
            .with(field::<Uuid>("session_id", "The session's public id."))
            .with(field::<String>("principal", "The id of who signed in, as text."))
            .with(time("expires_at", "When the session ends, whatever happens."))
            .with(time("idle_expires_at", "When it ends unless it is used before."));
        Some(schema.ours(json!({
            "session_id": ID, "principal": "7", "expires_at": TOMORROW, "idle_expires_at": SOON,
        })))
    }
}

impl<K> Described<K> for RefreshResponse {
    fn described() -> Option<StructSchema> {
        let schema = StructSchema::new("RefreshResponse", "The session whose secret was rotated.")
            .with(field::<Uuid>("session_id", "The session's public id."))
            .with(time("expires_at", "When the session ends, whatever happens."))
            .with(time("idle_expires_at", "When it ends unless it is used before."));
        Some(schema.ours(json!({ "session_id": ID, "expires_at": TOMORROW, "idle_expires_at": SOON })))
    }
}

impl<K> Described<K> for SessionInfo {
    fn described() -> Option<StructSchema> {
        let schema = facts(StructSchema::new("SessionInfo", "What anyone may know of a session."));
        Some(schema.ours(json!({
            "session_id": ID, "created_at": NOW, "authenticated_at": NOW,
            "expires_at": TOMORROW, "idle_expires_at": SOON,
        })))
    }
}

impl<K> Described<K> for ListedSession {
    fn described() -> Option<StructSchema> {
        let schema = facts(StructSchema::new("ListedSession", "A session in a list."))
            .with(time("last_seen_at", "When it was last used, to a twentieth of the idle time."))
            .with(field::<String>("agent", "What it was opened with.").or_null())
            .with(field::<String>("network", "The network that it was opened from.").or_null())
            .with(field::<bool>("current", "Whether it is the session that asks."));
        Some(schema.ours(json!({
            "session_id": ID, "created_at": NOW, "authenticated_at": NOW,
            "expires_at": TOMORROW, "idle_expires_at": SOON, "last_seen_at": NOW,
            "agent": "Firefox on Linux", "network": "192.0.2.0/24", "current": true,
        })))
    }
}

const ID: &str = "8f14e45f-ceea-467f-a8b2-5d3c1d9f0e6a";
const NOW: &str = "2026-01-01T12:00:00Z";
const SOON: &str = "2026-01-01T12:30:00Z";
const TOMORROW: &str = "2026-01-02T12:00:00Z";

fn facts(schema: StructSchema) -> StructSchema {
    schema
        .with(field::<Uuid>("session_id", "The session's public id."))
        .with(time("created_at", "When the session was opened."))
        .with(time("authenticated_at", "When credentials were last checked."))
        .with(time("expires_at", "When the session ends, whatever happens."))
        .with(time("idle_expires_at", "When it ends unless it is used before."))
}

fn field<T: FieldSchema<()>>(name: &'static str, doc: &str) -> Field {
    Field::of::<T, ()>(name, doc)
}

fn time(name: &'static str, doc: &str) -> Field {
    field::<DateTime>(name, doc)
}
