//! With bearer tokens.

use auth_core::{Authenticated, Credentials, LoginError, Secret, Session, auth_service, expose_response};

use crate::PASSWORD;

/// A device that measures something.
#[auth_service]
pub struct Device {
    #[auth(id)]
    number: u32,
}

/// How a device signs in.
#[derive(serde::Deserialize, Credentials)]
pub struct SignIn {
    #[auth(identifier)]
    number: u32,
    #[auth(secret)]
    key: Secret,
}

/// Which device it is.
#[expose_response(Device::authenticate)]
pub struct Who {
    number: u32,
}

#[auth_service]
impl Device {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let is_right = form.key.expose() == PASSWORD;
        if is_right { Ok(Device { number: form.number }) } else { Err(LoginError::InvalidCredentials) }
    }

    /// Says which device it is.
    #[expose_endpoint(get, "/who", response = Who)]
    async fn authenticate(session: Session<Self>) -> Result<Option<Self>, std::io::Error> {
        Ok(Some(Device { number: *session.principal() }))
    }

    /// Is there for whoever listens.
    #[expose_endpoint(post, "/beats")]
    fn beat(_: Authenticated<Self>) {}
}
