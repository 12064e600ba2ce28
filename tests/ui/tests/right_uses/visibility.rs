use auth_core::{Auth, Credentials, LoginError, Secret, auth_service};
use axum::Router;
use serde::Deserialize;

mod outer {
    pub mod inner {
        use super::super::*;

        #[auth_service("auth.cookies.memory")]
        pub(super) struct Private {
            #[auth(id)]
            id: u64,
            pub(in super::super) email: String,
        }

        #[auth_service("auth.cookies.memory")]
        pub(crate) struct InCrate {
            #[auth(id)]
            pub(crate) id: u64,
            email: String,
        }

        #[auth_service("auth.cookies.memory")]
        struct Here {
            #[auth(id)]
            id: u64,
            email: String,
        }

        #[auth_service]
        impl Private {
            pub(super) async fn login(form: SignIn) -> Result<Self, LoginError> {
                if form.password.expose().is_empty() {
                    return Err(LoginError::InvalidCredentials);
                }
                Ok(Self { id: 1, email: form.email })
            }
        }

        #[auth_service]
        impl InCrate {
            pub async fn login(form: SignIn) -> Result<Self, LoginError> {
                if form.password.expose().is_empty() {
                    return Err(LoginError::InvalidCredentials);
                }
                Ok(Self { id: 1, email: form.email })
            }
        }

        #[auth_service]
        impl Here {
            async fn login(form: SignIn) -> Result<Self, LoginError> {
                if form.password.expose().is_empty() {
                    return Err(LoginError::InvalidCredentials);
                }
                Ok(Self { id: 1, email: form.email })
            }
        }

        pub fn here() -> Router {
            Here::auth_routes().with_state(Auth::<Here>::in_memory())
        }
    }

    pub fn private() -> Router {
        inner::Private::auth_routes().with_state(super::Auth::<inner::Private>::in_memory())
    }

    use super::Router;
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[test]
fn builds() {
    let _ = (outer::private(), outer::inner::here());
    let _: Router =
        outer::inner::InCrate::auth_routes().with_state(Auth::<outer::inner::InCrate>::in_memory());
}
