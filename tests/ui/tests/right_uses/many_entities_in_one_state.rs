#![deny(warnings, unused)]
use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service};
use axum::{Router, extract::FromRef};
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
pub struct User {
    #[auth(id)]
    id: u64,
    email: String,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }

    #[expose_endpoint(post, "/impersonate")]
    async fn impersonate(_admin: Authenticated<Admin>, user: Option<Authenticated<Self>>) {
        let _ = user.map(|user| user.email.len());
    }
}

#[auth_service("auth.cookies.redis")]
struct Admin {
    #[auth(id)]
    id: u64,
    email: String,
}

#[auth_service]
impl Admin {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        if form.password.expose().is_empty() {
            return Err(LoginError::InvalidCredentials);
        }
        Ok(Self { id: 1, email: form.email })
    }

    #[expose_endpoint(get, "/mail")]
    async fn mail(admin: Authenticated<Self>) {
        let _ = admin.email.len();
    }
}

#[derive(Clone, FromRef)]
struct App {
    users: Auth<User>,
    admins: Auth<Admin>,
}

#[test]
fn builds() {
    let app = App { users: Auth::in_memory(), admins: Auth::in_memory() };
    let _: Router = Router::new().merge(User::auth_routes()).merge(Admin::auth_routes()).with_state(app);
}
