//! With either.

use auth_core::{Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};

use crate::{Member, PASSWORD};

/// Who works for the club.
#[auth_service]
pub struct Staff {
    #[auth(id)]
    name: String,
}

/// How one of the staff signs in.
#[derive(serde::Deserialize, Credentials)]
pub struct SignIn {
    #[auth(identifier)]
    name: String,
    #[auth(secret)]
    password: Secret,
}

/// Who met whom.
#[expose_response]
pub struct Meeting {
    staff: String,
    guest: String,
}

#[auth_service]
impl Staff {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let is_right = form.password.expose() == PASSWORD;
        if is_right { Ok(Staff { name: form.name }) } else { Err(LoginError::InvalidCredentials) }
    }

    /// Meets a member.
    #[expose_endpoint(post, "/meetings", response = Meeting)]
    fn meet(staff: Authenticated<Self>, member: Authenticated<Member>) -> Meeting {
        Meeting { staff: staff.name.clone(), guest: member.email().to_owned() }
    }
}
