use auth_core::auth_router;
use axum::Router;

fn main() {
    let _: Router<()> = auth_router!();
    // mended: let _: Router<()> = Router::new(); // or write a schema.yaml
}
