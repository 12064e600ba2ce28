use auth_core::auth_service;

#[auth_service("auth.cookies.memory")]
fn user() {}
// mended: pub struct User {
// mended:     #[auth(id)]
// mended:     id: u64,
// mended: }
// mended:
// mended: #[derive(serde::Deserialize, auth_core::Credentials)]
// mended: struct SignIn {
// mended:     #[auth(identifier)]
// mended:     id: u64,
// mended: }
// mended:
// mended: #[auth_service]
// mended: impl User {
// mended:     async fn login(form: SignIn) -> Result<Self, auth_core::LoginError> {
// mended:         Ok(User { id: form.id })
// mended:     }
// mended: }

fn main() {}
