use auth_core::{Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};
use serde::{Deserialize, Serialize};

#[derive(Clone)]
#[auth_service("auth.cookies.memory")]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Its number.
    #[auth(id)]
    #[serde(rename = "number")]
    pub id: u64,
}

#[derive(Credentials, Deserialize)]
struct SignIn {
    #[auth(identifier)]
    #[serde(alias = "mail")]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
#[allow(clippy::unused_async)]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let _ = (form.email, form.password);
        Ok(User { id: 1 })
    }

    #[doc = "Who it is."]
    #[expose_endpoint(get, "/me", response = Profile)]
    #[must_use]
    async fn me(user: Authenticated<Self>) -> Profile {
        Profile { number: user.id, since: None }
    }
}

#[derive(Clone, PartialEq)]
#[expose_response]
#[derive(Debug)]
#[serde(rename_all = "camelCase")]
struct Profile {
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<time::OffsetDateTime>,
}

#[test]
fn builds() {
    let user = User { id: 1 };
    assert_eq!(format!("{:?}", user.clone()), "User { id: 1 }");
}
