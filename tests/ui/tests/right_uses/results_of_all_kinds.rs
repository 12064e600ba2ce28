//! Sync and async, each with each form of result.
use auth_core::{
    Auth, Authenticated, Credentials, LoginError, Problem, Secret, auth_service, expose_response,
};
use axum::{Json, Router, http::StatusCode};
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

    #[expose_endpoint(get, "/a_plain", response = Profile)]
    async fn a_plain(user: Authenticated<Self>) -> Profile {
        Profile { email: user.email.clone() }
    }

    #[expose_endpoint(get, "/a_json", response = Profile)]
    async fn a_json(user: Authenticated<Self>) -> Json<Profile> {
        Json(Profile { email: user.email.clone() })
    }

    #[expose_endpoint(get, "/a_result", response = Profile)]
    async fn a_result(user: Authenticated<Self>) -> Result<Profile, StatusCode> {
        Ok(Profile { email: user.email.clone() })
    }

    #[expose_endpoint(get, "/a_result_of_json", response = Profile)]
    async fn a_result_of_json(user: Authenticated<Self>) -> Result<Json<Profile>, Problem> {
        Ok(Json(Profile { email: user.email.clone() }))
    }

    #[expose_endpoint(get, "/a_nothing")]
    async fn a_nothing(user: Authenticated<Self>) {
        let _ = user;
    }

    #[expose_endpoint(get, "/a_unit")]
    async fn a_unit(user: Authenticated<Self>) -> () {
        let _ = user;
    }

    #[expose_endpoint(get, "/a_result_of_nothing")]
    async fn a_result_of_nothing(user: Authenticated<Self>) -> Result<(), StatusCode> {
        let _ = user;
        Ok(())
    }

    #[expose_endpoint(get, "/s_plain", response = Profile)]
    fn s_plain(user: Authenticated<Self>) -> Profile {
        Profile { email: user.email.clone() }
    }

    #[expose_endpoint(get, "/s_json", response = Profile)]
    fn s_json(user: Authenticated<Self>) -> Json<Profile> {
        Json(Profile { email: user.email.clone() })
    }

    #[expose_endpoint(get, "/s_result", response = Profile)]
    fn s_result(user: Authenticated<Self>) -> Result<Profile, StatusCode> {
        Ok(Profile { email: user.email.clone() })
    }

    #[expose_endpoint(get, "/s_result_of_json", response = Profile)]
    fn s_result_of_json(user: Authenticated<Self>) -> Result<Json<Profile>, Problem> {
        Ok(Json(Profile { email: user.email.clone() }))
    }

    #[expose_endpoint(get, "/s_nothing")]
    fn s_nothing(user: Authenticated<Self>) {
        let _ = user;
    }

    #[expose_endpoint(get, "/s_unit")]
    #[allow(clippy::unused_unit)]
    fn s_unit(user: Authenticated<Self>) -> () {
        let _ = user;
    }

    #[expose_endpoint(get, "/s_result_of_nothing")]
    fn s_result_of_nothing(user: Authenticated<Self>) -> Result<(), StatusCode> {
        let _ = user;
        Ok(())
    }
}

#[expose_response]
struct Profile {
    email: String,
}

#[test]
fn builds() {
    let _: Router = User::auth_routes().with_state(Auth::<User>::in_memory());
}
