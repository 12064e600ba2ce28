use auth_core::auth_router;
use axum::Router;

fn main() {
    let _: Router<()> = auth_router!("router_of_nothing.yaml");
    // mended: let _: Router<()> = Router::new(); // or declare an entity
}
