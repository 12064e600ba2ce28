//! Serves the program on a free port, says where, and ends when its standard input does; with `document`, shows its
//! document and nothing else.
#![allow(clippy::print_stdout, reason = "who started it reads where it is")]

use std::error::Error;
use std::net::SocketAddr;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some("document") {
        println!("{}", auth_tests_openapi::document().to_pretty_json()?);
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let service = auth_tests_openapi::routes().into_make_service_with_connect_info::<SocketAddr>();
    let input = async { tokio::io::stdin().read_to_end(&mut Vec::new()).await };
    tokio::select! {
        served = axum::serve(listener, service) => served?,
        ended = input => drop(ended?),
    }
    Ok(())
}
