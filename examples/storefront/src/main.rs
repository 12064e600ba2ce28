//! A shop: people sign in on its pages, suppliers' programs at its API. `cargo run -p storefront`, and open what it prints.
#![allow(clippy::print_stdout)] // it talks to whoever runs it

mod accounts;
mod api;
mod app;
mod database;
mod demo;
mod docs;
mod headers;
mod pages;
mod passwords;
mod redis;
mod shop;
mod telemetry;
mod users;

use std::{env, error::Error, net::SocketAddr};

use auth_core::{Auth, password::Passwords};
use auth_redis::RedisStore;
use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use app::App;
use redis::Redis;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let metrics = telemetry::start()?;
    let redis = Redis::from_env().await?;
    let store = RedisStore::connect(redis.url()).await?;
    let database = database::open().await?;
    let passwords = Passwords::new();
    let demo = demo::fill(&database, &passwords).await?;
    let app = App { users: Auth::new(store.clone()), accounts: Auth::new(store), database, passwords };

    // Before anybody knows where it is.
    let end = asked_to_end()?;
    let site = listen("PORT", 3000).await?;
    let operator = listen("METRICS_PORT", 9464).await?;
    println!("Open http://localhost:{}", site.local_addr()?.port());
    println!("Metrics: http://{}/metrics", operator.local_addr()?);
    println!(
        "{}",
        demo.as_deref()
            .unwrap_or("The database is an older one: its users have the passwords that they had.")
    );

    let (database, operators) = (app.database.clone(), telemetry::routes(metrics, app.users.clone()));
    tokio::try_join!(serve(site, app::routes(app), end.clone()), serve(operator, operators, end))?;
    database.close().await;
    redis.end().await?;
    Ok(())
}

/// On this machine only: what others reach is a proxy with TLS.
async fn listen(variable: &str, otherwise: u16) -> Result<TcpListener, Box<dyn Error>> {
    let port = env::var(variable).map_or(Ok(otherwise), |port| port.parse())?;
    Ok(TcpListener::bind(("127.0.0.1", port)).await?)
}

/// Becomes `true` when the program is asked to end, from now on.
fn asked_to_end() -> std::io::Result<watch::Receiver<bool>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("shutting down");
        tell.send_replace(true);
    });
    Ok(told)
}

/// Serves until `end` is true, and then what has begun.
async fn serve(listener: TcpListener, routes: Router, mut end: watch::Receiver<bool>) -> std::io::Result<()> {
    let asked_to_end = async move { _ = end.wait_for(|end| *end).await };
    // The address of the client: logins are counted by it.
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, routes).with_graceful_shutdown(asked_to_end).await
}
