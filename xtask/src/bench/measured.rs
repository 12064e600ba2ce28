//! Runs what is measured, and what is made of the figures.

use std::{
    cell::Cell,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use serde_json::Value;

use super::generated::{Package, Workspace, module};

/// The figures of both packages of a size, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    pub(super) entities: usize,
    pub(super) annotated: Vec<f64>,
    pub(super) plain: Vec<f64>,
}

impl Series {
    pub(super) fn of(entities: usize) -> Self {
        Series { entities, ..Series::default() }
    }

    /// The median of the differences of each round.
    pub(super) fn difference(&self) -> f64 {
        let differences: Vec<f64> = self.annotated.iter().zip(&self.plain).map(|(a, p)| a - p).collect();
        median(&differences)
    }
}

/// What each entity costs of those by which two packages differ.
pub(super) fn per_entity(series: &[Series], from: usize, to: usize) -> Option<f64> {
    let of = |entities| series.iter().find(|one| one.entities == entities).map(Series::difference);
    let count = f64::from(u32::try_from(to.checked_sub(from)?).ok()?);
    Some((of(to)? - of(from)?) / count)
}

pub(super) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    match (sorted.get(low), sorted.get(high)) {
        (Some(low), Some(high)) => f64::midpoint(*low, *high),
        _ => f64::NAN,
    }
}

/// Runs cargo and the compiler in the generated workspace.
pub(super) struct Bench<'a> {
    workspace: &'a Workspace,
    /// Each change makes another program.
    version: Cell<usize>,
}

/// The compiler, as cargo calls it for a package of the workspace.
pub(super) struct Compiler {
    arguments: Vec<OsString>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(workspace: &'a Workspace) -> Self {
        Bench { workspace, version: Cell::new(0) }
    }

    /// `cargo check` of a package of which nothing is known.
    pub(super) fn full_check(&self, package: &Package) -> Result<f64, String> {
        let path = self.workspace.root_module(package);
        let touched = fs::read(&path).and_then(|source| fs::write(&path, source));
        touched.map_err(|error| format!("{} cannot be touched: {error}", path.display()))?;
        timed(self.check(package).env("CARGO_INCREMENTAL", "0"))
    }

    /// `cargo check` of a package in which one entity was changed since the last time.
    pub(super) fn check_after_a_change(&self, package: &Package) -> Result<f64, String> {
        self.version.set(self.version.get() + 1);
        let (number, path) = (package.entities / 2, self.workspace.module(package, package.entities / 2));
        let written = fs::write(&path, module(package.kind, number, self.version.get()));
        written.map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        timed(self.check(package).env("CARGO_INCREMENTAL", "1"))
    }

    /// The compiler up to the end of expansion and name resolution: it stops there when nothing is asked of it but the
    /// list of the files that it read.
    pub(super) fn expand(&self, compiler: &Compiler, package: &Package) -> Result<f64, String> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command
            .args(["--crate-name", "measured", "--crate-type", "lib", "--edition", "2024"])
            .args(["--emit", "dep-info", "--out-dir"])
            .arg(&self.workspace.root)
            .args(&compiler.arguments)
            .arg(self.workspace.root_module(package))
            .env("CARGO_MANIFEST_DIR", self.workspace.folder(package))
            .env("CARGO_PKG_NAME", package.to_string())
            .env("CARGO_CRATE_NAME", "measured");
        timed(&mut command)
    }

    /// With the dependencies that cargo has built.
    pub(super) fn compiler(&self) -> Result<Compiler, String> {
        let mut check = self.cargo();
        let output = check
            .args(["--workspace", "--message-format", "json"])
            .env("CARGO_INCREMENTAL", "0")
            .output()
            .map_err(|error| format!("cargo could not be started: {error}"))?;
        let lines = String::from_utf8_lossy(&output.stdout);
        let artifacts = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut arguments = vec!["-L".into(), self.dependencies()];
        for artifact in artifacts {
            let name = artifact["target"]["name"].as_str().unwrap_or_default();
            if let ("auth_core" | "axum" | "serde", Some(file)) = (name, metadata_file(&artifact)) {
                arguments.extend(["--extern".into(), format!("{name}={file}").into()]);
            }
        }
        if arguments.len() < 8 {
            return Err("cargo did not tell where it built auth-core, axum and serde".to_owned());
        }
        Ok(Compiler { arguments })
    }

    fn check(&self, package: &Package) -> Command {
        let mut command = self.cargo();
        command.arg("--package").arg(package.to_string());
        command
    }

    fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.workspace.root);
        command.args(["check", "--quiet", "--offline", "--target-dir"]).arg(self.target());
        command
    }

    fn target(&self) -> PathBuf {
        self.workspace.root.join("target")
    }

    fn dependencies(&self) -> OsString {
        let mut argument = OsString::from("dependency=");
        argument.push(self.target().join("debug/deps"));
        argument
    }
}

/// The file of a dependency that was checked; one that was built, for a macro to run with, has another file too.
fn metadata_file(artifact: &Value) -> Option<&str> {
    let [file] = artifact["filenames"].as_array()?.as_slice() else { return None };
    file.as_str().filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "rmeta"))
}

/// How many milliseconds a command takes that must succeed.
fn timed(command: &mut Command) -> Result<f64, String> {
    let begin = Instant::now();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    let elapsed = begin.elapsed();
    if output.status.success() {
        return Ok(elapsed.as_secs_f64() * 1000.0);
    }
    Err(format!("{command:?} ended with {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert!((median(&[9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn what_the_empty_packages_differ_by_is_no_entitys() {
        let series = [
            Series { entities: 0, annotated: vec![12.0, 14.0], plain: vec![10.0, 12.0] },
            Series { entities: 10, annotated: vec![130.0, 90.0], plain: vec![28.0, 28.0] },
        ];
        assert!(per_entity(&series, 0, 10).is_some_and(|each| (each - 8.0).abs() < f64::EPSILON));
        assert_eq!(per_entity(&series, 0, 50), None);
    }
}
