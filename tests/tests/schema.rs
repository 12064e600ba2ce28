//! A schema as cargo sees it: where it is found, and that a program is built again when it changes.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

const PROGRAM: &str = r#"
use auth_core::{AuthEntity, Credentials, LoginError, auth_router, auth_service};
use serde::Deserialize;

#[auth_service]
pub struct User {
    #[auth(id)]
    id: u64,
}

#[derive(Deserialize, Credentials)]
pub struct SignIn {
    #[auth(identifier)]
    number: u64,
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        Ok(User { id: form.number })
    }
}

pub fn routes() -> auth_core::__private::Router<auth_core::Auth<User>> {
    auth_router!()
}

fn main() {
    let _ = routes();
    println!("{}", User::SPEC.path);
}
"#;

/// A workspace of one program, which names no schema.
struct Program {
    folder: TempDir,
    schema: Option<PathBuf>,
}

impl Program {
    fn new() -> Self {
        let program = Program { folder: TempDir::new().unwrap(), schema: None };
        let root = root();
        let core = root.join("auth-core");
        let core = core.display();
        program.write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"app\"]\nresolver = \"3\"\n[profile.dev]\ndebug = \"line-tables-only\"\n[profile.dev.package.\"*\"]\ndebug = false\n",
        );
        program.write(
            "app/Cargo.toml",
            &format!(
                "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nauth-core = {{ path = \"{core}\" }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n"
            ),
        );
        program.write("app/src/main.rs", PROGRAM);
        fs::copy(root.join("Cargo.lock"), program.path("Cargo.lock")).unwrap();
        program
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn cargo(&self, command: &str) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args([command, "--offline", "--color=never"])
            .current_dir(self.path("app"))
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("schema"))
            .env_remove("AUTH_SCHEMA")
            .env_remove("RUSTFLAGS");
        if let Some(schema) = &self.schema {
            cargo.env("AUTH_SCHEMA", schema);
        }
        cargo.output().unwrap()
    }

    /// The path that the program has for its user.
    #[track_caller]
    fn path_of_user(&self) -> String {
        let output = self.cargo("run");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    #[track_caller]
    fn is_built_again(&self) -> bool {
        let said = self.cargo("build").stderr;
        String::from_utf8_lossy(&said).contains("Compiling app")
    }

    #[track_caller]
    fn error(&self) -> String {
        let output = self.cargo("build");
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error")).collect();
        assert_eq!(errors.len(), 2, "one, and cargo's own: {said}");
        errors[0].to_owned()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn schema(path: &str) -> String {
    format!("entities:\n  User:\n    service: auth.cookies.memory\n    path: {path}\n")
}

#[test]
fn a_schema_is_found_and_a_change_of_it_is_noticed() {
    let mut program = Program::new();
    assert!(!program.cargo("build").status.success(), "neither id nor schema");

    program.write("schema.yaml", &schema("/root"));
    assert_eq!(program.path_of_user(), "/root", "in the workspace");
    assert!(!program.is_built_again(), "nothing changed");

    program.write("schema.yaml", &schema("/changed"));
    assert_eq!(program.path_of_user(), "/changed");

    program.write("schema.yaml", &schema("changed"));
    assert_eq!(
        program.error(),
        "error: schema.yaml:4:11: `changed` cannot be the path of an entity: a path begins with `/`"
    );

    program.write("app/schema.yaml", &schema("/app"));
    assert_eq!(program.path_of_user(), "/app", "nearer");

    program.write("elsewhere.yaml", &schema("/variable"));
    program.schema = Some(program.path("elsewhere.yaml"));
    assert_eq!(program.path_of_user(), "/variable");
    assert!(!program.is_built_again(), "nothing changed");
    program.schema = None;
    assert_eq!(program.path_of_user(), "/app", "the variable is gone");

    program.write(
        ".cargo/config.toml",
        "[env]\nAUTH_SCHEMA = { value = \"elsewhere.yaml\", relative = true }\n",
    );
    assert_eq!(program.path_of_user(), "/variable", "in the configuration");
    assert!(!program.is_built_again(), "nothing changed");
}
