use auth_core::auth_service;

#[auth_service("auth.cookies.memory")]
// mistake:
pub struct User {
    #[auth(id)]
    id: u64,
    email: String,
}
// mended: pub struct User {
// mended:     #[auth(id)]
// mended:     id: u64,
// mended:     email: String,
// mended: }
// mended:
// mended: #[derive(serde::Deserialize, auth_core::Credentials)]
// mended: struct SignIn {
// mended:     #[auth(identifier)]
// mended:     email: String,
// mended: }
// mended:
// mended: #[auth_service]
// mended: impl User {
// mended:     async fn login(form: SignIn) -> Result<Self, auth_core::LoginError> {
// mended:         Ok(User { id: 1, email: form.email })
// mended:     }
// mended: }

fn main() {}
