//! The program under test once more, in a process of its own, with its sessions in the Redis that its argument names, and
//! without a near cache. It says where it listens, and ends with its standard input.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::unwrap_used, reason = "a part of a test")]

use std::io::Read;

use auth_core::Auth;
use auth_redis::RedisStore;
use auth_tests::Server;
use auth_tests::app::{App, User};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).expect("an argument names a Redis");
    let store = RedisStore::connect(url).await.unwrap();
    let app = App::new(store.clone(), store);
    let rename =
        axum::Router::new().route("/rename/{id}/{email}", post(rename)).with_state(app.users.clone());
    let server = Server::start(app.routes().merge(rename)).await;
    println!("{}", server.address());
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()).ok());
    ended.await.ok();
}

/// Gives all sessions of a user another address, as a change in the database would be followed by.
async fn rename(State(users): State<Auth<User>>, Path((id, email)): Path<(u64, String)>) -> StatusCode {
    match users.update(&User::renamed(id, &email)).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
