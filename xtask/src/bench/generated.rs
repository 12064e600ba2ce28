//! The packages that are measured, in a workspace of their own.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// A package by what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) kind: Kind,
    pub(super) entities: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Entities with our attributes.
    Annotated,
    /// The same without them: structs with the derives of serde, and functions.
    Plain,
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Annotated => "annotated",
            Kind::Plain => "plain",
        };
        write!(f, "{kind}-{}", self.entities)
    }
}

/// The workspace of all packages, of both kinds and these sizes.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    pub(super) root: PathBuf,
    packages: Vec<Package>,
}

impl Workspace {
    pub(super) fn new(root: &Path, sizes: &[usize]) -> Self {
        let both = |&entities| [Kind::Annotated, Kind::Plain].map(|kind| Package { kind, entities });
        Workspace { root: root.to_owned(), packages: sizes.iter().flat_map(both).collect() }
    }

    /// With the versions that this workspace has locked, so that nothing is fetched.
    pub(super) fn write(&self) -> io::Result<()> {
        let names: Vec<String> =
            self.packages.iter().map(|package| format!("{:?}", package.to_string())).collect();
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", names.join(", "));
        fs::create_dir_all(&self.root)?;
        fs::write(self.root.join("Cargo.toml"), manifest)?;
        fs::copy(ours().join("Cargo.lock"), self.root.join("Cargo.lock"))?;
        self.packages.iter().try_for_each(|package| self.write_package(package))
    }

    fn write_package(&self, package: &Package) -> io::Result<()> {
        let folder = self.folder(package);
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), manifest(package))?;
        fs::write(self.root_module(package), root_module(package))?;
        (0..package.entities)
            .try_for_each(|number| fs::write(self.module(package, number), module(package.kind, number, 0)))
    }

    pub(super) fn folder(&self, package: &Package) -> PathBuf {
        self.root.join(package.to_string())
    }

    pub(super) fn root_module(&self, package: &Package) -> PathBuf {
        self.folder(package).join("src/lib.rs")
    }

    pub(super) fn module(&self, package: &Package, number: usize) -> PathBuf {
        self.folder(package).join(format!("src/entity_{number}.rs"))
    }
}

fn ours() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

fn manifest(package: &Package) -> String {
    let core = ours().join("auth-core").display().to_string();
    format!(
        "[package]\nname = \"{package}\"\nedition = \"2024\"\n\n[dependencies]\n\
         auth-core = {{ path = {core:?} }}\n\
         axum = {{ version = \"0.8\", default-features = false, features = [\"json\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n"
    )
}

fn root_module(package: &Package) -> String {
    let modules = (0..package.entities).map(|number| format!("pub mod entity_{number};\n"));
    format!("#![allow(dead_code)]\n{}", modules.collect::<String>())
}

/// A module with one entity: login, credentials, an endpoint and its response. Another `version` is another program.
pub(super) fn module(kind: Kind, number: usize, version: usize) -> String {
    let source = match kind {
        Kind::Annotated => ANNOTATED,
        Kind::Plain => PLAIN,
    };
    source.replace("NUMBER", &number.to_string()).replace("VERSION", &version.to_string())
}

const ANNOTATED: &str = r#"use auth_core::{Auth, Authenticated, Credentials, LoginError, Secret, auth_service, expose_response};
use serde::Deserialize;

#[auth_service("auth.cookies.memory")]
#[derive(Clone)]
pub struct UserNUMBER {
    #[auth(id)]
    pub id: u64,
    pub email: String,
    pub name: String,
}

#[derive(Deserialize, Credentials)]
pub struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl UserNUMBER {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        match form.password.expose() {
            "VERSION" => Ok(UserNUMBER { id: 1, email: form.email, name: String::new() }),
            _ => Err(LoginError::InvalidCredentials),
        }
    }

    #[expose_endpoint(get, "/me", response = Profile)]
    async fn me(user: Authenticated<Self>) -> Profile {
        Profile { id: user.id, email: user.email.clone() }
    }
}

#[expose_response]
pub struct Profile {
    id: u64,
    email: String,
}

pub fn routes() -> axum::Router {
    UserNUMBER::auth_routes().with_state(Auth::<UserNUMBER>::in_memory())
}
"#;

const PLAIN: &str = r#"use auth_core::{LoginError, Secret};
use serde::{Deserialize, Serialize};

#[derive(Clone)]
pub struct UserNUMBER {
    pub id: u64,
    pub email: String,
    pub name: String,
}

#[derive(Deserialize)]
pub struct SignIn {
    email: String,
    password: Secret,
}

impl UserNUMBER {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        match form.password.expose() {
            "VERSION" => Ok(UserNUMBER { id: 1, email: form.email, name: String::new() }),
            _ => Err(LoginError::InvalidCredentials),
        }
    }

    async fn me(user: &Self) -> Profile {
        Profile { id: user.id, email: user.email.clone() }
    }
}

#[derive(Serialize)]
pub struct Profile {
    id: u64,
    email: String,
}

pub fn routes() -> axum::Router {
    axum::Router::new()
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_of_a_module_differs_in_one_word() {
        for kind in [Kind::Annotated, Kind::Plain] {
            let (one, two) = (module(kind, 7, 1), module(kind, 7, 2));
            let differing = one.lines().zip(two.lines()).filter(|(one, two)| one != two);
            assert_eq!(differing.count(), 1, "{kind:?}");
            assert!(one.contains("User7") && !one.contains("NUMBER"));
        }
    }

    #[test]
    fn a_package_is_named_for_what_is_in_it() {
        let package = Package { kind: Kind::Plain, entities: 10 };
        assert_eq!(package.to_string(), "plain-10");
        assert_eq!(root_module(&package).lines().count(), 11);
    }
}
