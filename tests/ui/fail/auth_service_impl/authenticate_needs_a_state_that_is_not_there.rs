use auth_core::{Auth, Credentials, LoginError, Secret, Session, auth_service};
use axum::{Router, extract::State};
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
        check(&form.password)?;
        Ok(User {
            id: 1,
            email: form.email,
        })
    }

    async fn authenticate(session: Session<Self>, _db: State<Db>) -> Result<Option<Self>, std::io::Error> {
        Ok(Some(User {
            id: *session.principal(),
            email: String::new(),
        }))
    }
}

fn check(password: &Secret) -> Result<(), LoginError> {
    if password.expose() == "open sesame" {
        Ok(())
    } else {
        Err(LoginError::InvalidCredentials)
    }
}

#[derive(Clone)]
struct Db;

fn main() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
    // mended: #[derive(Clone, axum::extract::FromRef)]
    // mended: struct App {
    // mended:     auth: Auth<User>,
    // mended:     db: Db,
    // mended: }
    // mended: let app = App { auth: Auth::in_memory(), db: Db };
    // mended: let _: Router = User::auth_routes().with_state(app);
}
