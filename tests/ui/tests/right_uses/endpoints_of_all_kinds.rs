//! Endpoints without arguments, without async, without an answer, with a status, a guard and a parameter.

use auth_core::{
    Auth, Authenticated, Credentials, LoginError, Secret, Session, auth_service, expose_response,
};
use axum::{Json, Router, extract::Path, http::StatusCode};
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
struct User {
    #[auth(id)]
    id: u64,
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    number: u64,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let _ = form.password;
        Ok(User { id: form.number })
    }

    #[expose_endpoint(get, "/version", response = Version)]
    fn version() -> Version {
        Version { number: 1 }
    }

    #[expose_endpoint(post, "/versions", response = Version, status = 201)]
    async fn add(_user: Authenticated<Self>, Json(number): Json<u32>) -> Result<Json<Version>, StatusCode> {
        Ok(Json(Version { number }))
    }

    #[expose_endpoint(delete, "/versions/{number}", fresh = "10m")]
    async fn remove(_user: Authenticated<Self>, Path(_number): Path<u32>) -> Result<(), StatusCode> {
        Err(StatusCode::NOT_FOUND)
    }

    #[expose_endpoint(get, "/versions/{number}", response = Version, require = User::is_first)]
    fn show(Path(number): Path<u32>) -> Version {
        Version { number }
    }

    #[expose_endpoint(get, "/optional", response = Version)]
    async fn optional(user: Option<Authenticated<Self>>, _session: Option<Session<Self>>) -> Version {
        Version { number: if user.is_some() { 1 } else { 0 } }
    }

    fn is_first(&self) -> bool {
        self.id == 1
    }

    #[expose_endpoint(put, "/type")]
    async fn r#type(_user: Authenticated<Self>, _body: String) {}
}

#[expose_response]
struct Version {
    number: u32,
}

#[test]
fn builds() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
