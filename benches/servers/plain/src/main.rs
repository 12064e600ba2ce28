//! axum, and nobody is asked who they are.

use axum::{Json, Router, routing::get};
use contest::Profile;

async fn me() -> Json<Profile> {
    Json(Profile::of(1))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> contest::Outcome {
    contest::serve(Router::new().route("/me", get(me))).await
}
