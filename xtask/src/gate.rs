//! `cargo xtask test`: what every change must pass, on a laptop and on a build server alike.

use std::path::PathBuf;

use serde_json::Value;

use crate::invocation::Invocation;
use crate::setup;
use crate::step::{self, Step};

/// Sets the machine up, then takes the steps up to the first that fails.
pub(crate) fn run() -> Result<(), String> {
    step::heading("setup");
    step::timed(setup::run)
        .map_err(|message| format!("step `setup`: {message}; to run it alone: cargo xtask setup"))?;
    let steps = steps(&metadata()?)?;
    step::run_all(&steps)?;
    println!("\npassed: setup and {} steps", steps.len());
    Ok(())
}

/// The crates that users add to their programs, with any choice of features.
pub(crate) const LIBRARIES: [&str; 3] = ["auth-core", "auth-macros", "auth-redis"];

fn steps(metadata: &Value) -> Result<Vec<Step>, String> {
    let mut steps = workspace_steps();
    for library in LIBRARIES {
        steps.extend(feature_steps(library, &features(library, metadata)?));
    }
    steps.push(Step::new("api", Invocation::new("cargo xtask api")));
    steps.push(Step::new("package", Invocation::new("cargo xtask package")));
    Ok(steps)
}

fn workspace_steps() -> Vec<Step> {
    let doc = Invocation::new("cargo doc --workspace --no-deps --all-features");
    let clippy = "cargo clippy --workspace --all-targets --all-features -- -D warnings";
    vec![
        Step::new("fmt", Invocation::new("cargo fmt --all --check")),
        Step::new("clippy", Invocation::new(clippy)),
        Step::new("doc", doc.with_env("RUSTDOCFLAGS", "-D warnings")),
        Step::new("test", Invocation::new("cargo test --workspace --all-features")),
    ]
}

/// A library must build bare, and with each feature alone: one that leans on another must enable it.
fn feature_steps(library: &str, features: &[String]) -> Vec<Step> {
    let bare = format!("cargo check -p {library} --no-default-features");
    let mut steps = vec![Step::new(format!("{library} without features"), Invocation::new(&bare))];
    steps.extend(features.iter().map(|feature| {
        let alone = format!("{bare} --features {feature}");
        Step::new(format!("{library} with only {feature}"), Invocation::new(&alone))
    }));
    steps
}

/// The features of a library, but for `default`, which only names others.
fn features(library: &str, metadata: &Value) -> Result<Vec<String>, String> {
    let features = package(library, metadata)?["features"].as_object();
    let names = features.into_iter().flat_map(|features| features.keys());
    Ok(names.filter(|feature| *feature != "default").cloned().collect())
}

pub(crate) fn version(library: &str, metadata: &Value) -> Result<String, String> {
    Ok(package(library, metadata)?["version"].as_str().unwrap_or_default().to_owned())
}

fn package<'a>(library: &str, metadata: &'a Value) -> Result<&'a Value, String> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    packages
        .iter()
        .find(|package| package["name"] == library)
        .ok_or_else(|| format!("the workspace has no package `{library}`: correct `LIBRARIES` in xtask"))
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> Result<PathBuf, String> {
    let metadata = metadata()?;
    let folder = metadata["target_directory"].as_str().ok_or("`cargo metadata` names no target folder")?;
    Ok(PathBuf::from(folder))
}

pub(crate) fn metadata() -> Result<Value, String> {
    let json = Invocation::new("cargo metadata --no-deps --format-version 1")
        .read()
        .map_err(|end| format!("`cargo metadata` {end}"))?;
    serde_json::from_str(&json).map_err(|error| format!("`cargo metadata` wrote no valid JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Value {
        serde_json::json!({ "packages": [
            { "name": "auth-core", "features": { "default": ["password"], "password": [], "openapi": [] } },
            { "name": "auth-macros", "features": {} },
            { "name": "auth-redis", "features": { "tls": [] } },
            { "name": "xtask", "features": { "unseen": [] } },
        ] })
    }

    #[test]
    fn each_library_is_checked_bare_and_with_each_feature_alone() -> Result<(), String> {
        let lines: Vec<String> =
            steps(&workspace())?.iter().skip(4).map(|step| step.invocation.to_string()).collect();
        let expected = [
            "cargo check -p auth-core --no-default-features",
            "cargo check -p auth-core --no-default-features --features openapi",
            "cargo check -p auth-core --no-default-features --features password",
            "cargo check -p auth-macros --no-default-features",
            "cargo check -p auth-redis --no-default-features",
            "cargo check -p auth-redis --no-default-features --features tls",
            "cargo xtask api",
            "cargo xtask package",
        ];
        assert_eq!(lines, expected);
        Ok(())
    }

    #[test]
    fn the_quick_steps_come_first() -> Result<(), String> {
        let names: Vec<String> = steps(&workspace())?.into_iter().map(|step| step.name).collect();
        assert_eq!(names[..4], ["fmt", "clippy", "doc", "test"]);
        Ok(())
    }

    #[test]
    fn a_library_that_is_gone_is_named() {
        let result = steps(&serde_json::json!({ "packages": [] }));
        assert!(result.is_err_and(|message| message.contains("no package `auth-core`")));
    }
}
