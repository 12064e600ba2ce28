//! The services and the methods of the contract, as data.

/// A service id, and the marker type that stands for it.
pub(crate) struct Service {
    pub(crate) id: &'static str,
    /// The package that has the marker.
    pub(crate) package: &'static str,
    pub(crate) marker: &'static str,
}

pub(crate) const CORE: &str = "auth-core";

pub(crate) const SERVICES: &[Service] = &[
    Service { id: "auth.cookies.redis", package: "auth-redis", marker: "CookiesRedis" },
    Service { id: "auth.cookies.memory", package: CORE, marker: "CookiesMemory" },
    Service { id: "auth.bearer.redis", package: "auth-redis", marker: "BearerRedis" },
    Service { id: "auth.bearer.memory", package: CORE, marker: "BearerMemory" },
];

/// What the second service of an entity is called among its options.
pub(crate) const SECOND_SERVICE: &str = "second service";

pub(crate) fn service_ids() -> Vec<&'static str> {
    SERVICES.iter().map(|service| service.id).collect()
}

/// `("cookies", "redis")` of `auth.cookies.redis`; `None` of what is no id.
pub(crate) fn transport_and_store(id: &str) -> Option<(&str, &str)> {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
    };
    let mut words = id.split('.');
    let parts = (words.next()?, words.next()?, words.next()?, words.next());
    match parts {
        ("auth", transport, store, None) if is_word(transport) && is_word(store) => Some((transport, store)),
        _ => None,
    }
}

/// A level of authentication assurance of NIST SP 800-63B-4: how long a session may live until credentials are checked
/// again.
pub(crate) struct Level {
    pub(crate) name: &'static str,
    pub(crate) idle: &'static str,
    pub(crate) absolute: &'static str,
}

/// Sections 2.1.3, 2.2.3 and 2.3.3. AAL1 has no limit of its own for idle sessions.
pub(crate) const LEVELS: &[Level] = &[
    Level { name: "aal1", idle: "30d", absolute: "30d" },
    Level { name: "aal2", idle: "1h", absolute: "24h" },
    Level { name: "aal3", idle: "15m", absolute: "12h" },
];

/// What a method of the impl block is to the contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Login,
    Authenticate,
    Logout,
    Refresh,
    /// An endpoint of the entity's own.
    Own,
}

/// A method of the contract.
pub(crate) struct Method {
    pub(crate) role: Role,
    pub(crate) name: &'static str,
    /// How it is written.
    pub(crate) signature: &'static str,
    /// The endpoint that it is, if any.
    pub(crate) endpoint: Option<Endpoint>,
    /// How many arguments it can have.
    pub(crate) most_arguments: usize,
}

/// An endpoint of the contract.
pub(crate) struct Endpoint {
    /// In capitals, as in [`VERBS`].
    pub(crate) verb: &'static str,
    pub(crate) path: &'static str,
    /// The type in auth-core that it answers with unless told otherwise.
    pub(crate) response: &'static str,
}

/// As many extractors as `Args` of auth-core has tuples for.
const MOST_EXTRACTORS: usize = 12;

pub(crate) const LOGIN: Method = Method {
    role: Role::Login,
    name: "login",
    signature: "async fn login(form: SignIn, …) -> Result<Self, LoginError>",
    endpoint: Some(Endpoint { verb: "POST", path: "/login", response: "LoginResponse" }),
    most_arguments: MOST_EXTRACTORS + 1,
};
pub(crate) const AUTHENTICATE: Method = Method {
    role: Role::Authenticate,
    name: "authenticate",
    signature: "async fn authenticate(session: Session<Self>, …) -> Result<Option<Self>, E>",
    endpoint: Some(Endpoint { verb: "GET", path: "/session", response: "SessionInfo" }),
    most_arguments: MOST_EXTRACTORS,
};
pub(crate) const LOGOUT: Method = Method {
    role: Role::Logout,
    name: "logout",
    signature: "async fn logout(session: Session<Self>, …) -> Result<(), E>",
    endpoint: Some(Endpoint { verb: "POST", path: "/logout", response: "LogoutResponse" }),
    most_arguments: MOST_EXTRACTORS,
};
pub(crate) const REFRESH: Method = Method {
    role: Role::Refresh,
    name: "refresh",
    signature: "async fn refresh(session: Session<Self>, …) -> Result<(), E>",
    endpoint: Some(Endpoint { verb: "POST", path: "/refresh", response: "RefreshResponse" }),
    most_arguments: MOST_EXTRACTORS,
};
/// Any method with `#[expose_endpoint]`: its last argument may take the body.
pub(crate) const OWN: Method = Method {
    role: Role::Own,
    name: "",
    signature: "async fn me(user: Authenticated<Self>, …) -> Profile",
    endpoint: None,
    most_arguments: MOST_EXTRACTORS + 1,
};

/// All of the contract.
pub(crate) const METHODS: [&Method; 4] = [&LOGIN, &AUTHENTICATE, &LOGOUT, &REFRESH];

/// The method of the contract with this name.
pub(crate) fn method(name: &str) -> &'static Method {
    METHODS.into_iter().find(|method| method.name == name).unwrap_or(&OWN)
}

/// The endpoints that every entity has and no method stands for, with what they do.
pub(crate) const OWN_ENDPOINTS: &[(&str, &str, &str)] = &[
    ("GET", "/sessions", "it lists the user's sessions"),
    ("DELETE", "/sessions", "it ends the user's other sessions"),
    ("DELETE", "/sessions/{id}", "it ends one of the user's sessions"),
    ("POST", "/reauthenticate", "it checks credentials again"),
];

/// HTTP methods as they are written, and as HTTP does.
pub(crate) const VERBS: &[(&str, &str)] =
    &[("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")];

/// What stands beside the response model where sessions travel in bearer tokens.
pub(crate) const BESIDE_A_MODEL: &[&str] = &["access_token", "token_type"];

/// What a session knows, and a response model can list.
pub(crate) const SESSION_FACTS: &[&str] =
    &["session_id", "created_at", "authenticated_at", "expires_at", "idle_expires_at"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::documentation::{AUTH_SERVICE, assert_lists};

    #[test]
    fn each_method_is_documented() {
        assert_lists(AUTH_SERVICE, "method", METHODS.iter().map(|method| method.name));
    }
}
