# use auth_core::{Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};
# #[auth_service(schema = "docs/schema.yaml")]
# struct Customer { #[auth(id)] id: u64, email: String }
# #[auth_service(schema = "docs/schema.yaml")]
# impl Customer {
#     async fn login(form: SignIn) -> Result<Self, LoginError> { Err(LoginError::InvalidCredentials) }
#     #[expose_endpoint(get, "/me")]
#     async fn me(customer: Authenticated<Self>) -> Profile { Profile { email: customer.email.clone() } }
# }
# #[expose_response]
# struct Profile { email: String }
# #[auth_service(schema = "docs/schema.yaml")]
# struct Supplier { #[auth(id)] id: u32 }
# #[auth_service(schema = "docs/schema.yaml")]
# impl Supplier {
#     async fn login(form: SignIn) -> Result<Self, LoginError> { Err(LoginError::InvalidCredentials) }
# }
# #[derive(serde::Deserialize, Credentials)]
# struct SignIn { #[auth(identifier)] email: String, #[auth(secret)] password: Secret }
