use auth_core::auth_router;
use axum::Router;

fn main() {
    let _: Router<()> = auth_router!(schema.yaml);
    // mended: let _: Router<()> = Router::new(); // or `auth_router!("schema.yaml")`
}
