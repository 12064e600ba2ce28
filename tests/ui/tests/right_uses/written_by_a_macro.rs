use auth_core::{Credentials, LoginError, Secret, auth_service, expose_response};
use serde::Deserialize;

macro_rules! entity {
    ($name:ident, $id:ty, $form:ty, $welcome:ident, $service:literal, $login:block) => {
        #[auth_service($service)]
        pub struct $name {
            #[auth(id)]
            id: $id,
        }

        #[auth_service]
        impl $name {
            #[expose_endpoint(post, "/login", response = $welcome)]
            async fn login(form: $form) -> Result<$name, LoginError> {
                let _ = form;
                $login
            }
        }

        #[expose_response($name::login)]
        struct $welcome {
            id: $id,
        }
    };
}

#[derive(Deserialize, Credentials)]
struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

entity!(User, u64, SignIn, Welcome, "auth.cookies.memory", { Ok(User { id: 1 }) });
entity!(Account, String, SignIn, Hello, "auth.cookies.memory", { Err(LoginError::InvalidCredentials) });

#[test]
fn builds() {
    let _ = |form: SignIn| (form.email, form.password);
    let _ = User::auth_routes::<auth_core::Auth<User>, _>;
    let _ = Account::auth_routes::<auth_core::Auth<Account>, _>;
}
