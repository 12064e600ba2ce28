//! A program of three entities, one for each way in which sessions travel, and its OpenAPI document.
#![allow(clippy::must_use_candidate, clippy::unused_async, reason = "there is nothing to wait for")]

mod device;
mod member;
mod staff;

use auth_core::{Auth, MemoryStore, auth_openapi, auth_router};
use axum::{Json, Router, extract::FromRef, routing::get};
use utoipa::openapi::{Info, OpenApi, Paths};

pub use device::Device;
pub use member::Member;
pub use staff::Staff;

/// The password of everyone.
pub const PASSWORD: &str = "open sesame";

#[derive(Clone, FromRef)]
struct App {
    members: Auth<Member>,
    devices: Auth<Device>,
    staff: Auth<Staff>,
}

/// The program, and its document at `/openapi.json`.
pub fn routes() -> Router {
    // Who tries out everything signs in more often than people do.
    let app = App {
        members: Auth::new(MemoryStore::new()).with_throttle(None),
        devices: Auth::new(MemoryStore::new()).with_throttle(None),
        staff: Auth::new(MemoryStore::new()).with_throttle(None),
    };
    auth_router!("schema.yaml").with_state(app).route("/openapi.json", get(async || Json(document())))
}

/// The program's own document, with that of its entities.
pub fn document() -> OpenApi {
    let mut document = OpenApi::new(Info::new("A program that describes itself", "1.0.0"), Paths::new());
    document.merge(auth_openapi!("schema.yaml"));
    document
}
