//! A field's type has no schema, and the document is asked for.

use sessions::{Authenticated, Credentials, LoginError, auth_service, expose_response};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Shade(u8);

#[auth_service("auth.cookies.memory")]
struct Ghost {
    #[auth(id)]
    id: u64,
    shade: Shade,
}

#[derive(Deserialize, Credentials)]
struct Call {
    #[auth(identifier)]
    name: u64,
}

#[expose_response]
struct Seen {
    shade: Option<Shade>,
}

#[auth_service]
impl Ghost {
    async fn login(form: Call) -> Result<Self, LoginError> {
        Ok(Ghost { id: form.name, shade: Shade(1) })
    }

    #[expose_endpoint(get, "/seen", response = Seen)]
    fn seen(ghost: Authenticated<Self>) -> Seen {
        Seen { shade: Some(ghost.shade.clone()) }
    }
}

fn main() {
    let _ = Ghost::openapi();
}
