//! `cargo xtask bench build`: what a program costs to build, by this library and by a peer.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    driver::{is_short, keep},
    machine, target,
};
use crate::{
    invocation::{Invocation, workspace_root},
    step,
};

/// A program, and where it is built.
struct Program {
    name: &'static str,
    place: Place,
    what: &'static str,
}

/// The folder that cargo runs in.
#[derive(Clone, Copy)]
enum Place {
    Ours(&'static str),
    /// A package that is written for it.
    Lean,
}

const PROGRAMS: [Program; 4] = [
    Program {
        name: "with-auth-redis",
        place: Place::Lean,
        what: "this library, without TLS to Redis and `schema.yaml`, which the next one has neither",
    },
    Program {
        name: "with-axum-login",
        place: Place::Ours("docs/comparison/with-axum-login"),
        what: "axum-login, tower-sessions, its Redis store",
    },
    Program { name: "with-auth-redis", place: Place::Ours("."), what: "this library, with its defaults" },
    Program { name: "quickstart-redis", place: Place::Ours("."), what: "`examples/quickstart-redis`" },
];

struct Cost {
    crates: usize,
    cpu: f64,
    bytes: u64,
}

/// Builds each from nothing, and writes what it took to a table of docs/performance.md.
pub(crate) fn build() -> Result<(), String> {
    let folder = target()?.join("bench-build");
    let mut rows = Vec::new();
    let most = if is_short() { 1 } else { PROGRAMS.len() };
    for program in &PROGRAMS[..most] {
        step::heading(program.name);
        let cost = program.cost(&folder)?;
        let (seconds, megabytes) = (cost.cpu, megabytes(cost.bytes));
        let row = format!("| {} | {} | {seconds:.0} s | {megabytes:.2} MB |", program.what, cost.crates);
        println!("{row}");
        rows.push(row);
    }
    let head = "| | crates | processor time | program, stripped |\n| --- | ---: | ---: | ---: |";
    let section = format!("{}.\n\n{head}\n{}", machine()?, rows.join("\n"));
    keep("performance.md", "build", &section)
}

impl Program {
    fn cost(&self, folder: &Path) -> Result<Cost, String> {
        // Cargo fetches what is missing here, which is no part of the build.
        let crates = self.crates()?;
        remove(folder)?;
        let before = children_cpu()?;
        let built = self.cargo("build --release --quiet --jobs 2", Some(folder))?.status();
        let built = built.map_err(|error| format!("cargo could not be started: {error}"))?;
        let cpu = children_cpu()? - before;
        if !built.success() {
            return Err(format!("{} does not build", self.name));
        }
        let bytes = stripped(&folder.join("release").join(self.name))?;
        remove(folder)?;
        Ok(Cost { crates, cpu, bytes })
    }

    /// All that is compiled, the program itself included.
    fn crates(&self) -> Result<usize, String> {
        let output = self.cargo("tree --edges normal,build --prefix none", None)?.output();
        let output = output.map_err(|error| format!("cargo could not be started: {error}"))?;
        let tree = String::from_utf8_lossy(&output.stdout);
        let crates: BTreeSet<&str> = tree.lines().filter_map(package).collect();
        if crates.is_empty() {
            return Err(format!("{}: {}", self.name, String::from_utf8_lossy(&output.stderr)));
        }
        Ok(crates.len())
    }

    fn cargo(&self, line: &str, target: Option<&Path>) -> Result<Command, String> {
        let folder = match self.place {
            Place::Ours(folder) => workspace_root().join(folder),
            Place::Lean => lean()?,
        };
        let mut command = Invocation::new(&format!("cargo {line} --package {}", self.name)).command();
        command.current_dir(folder).env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_RUSTC_WRAPPER");
        match target {
            Some(target) => command.env("CARGO_TARGET_DIR", target),
            None => command.env_remove("CARGO_TARGET_DIR"),
        };
        Ok(command)
    }
}

/// Writes a package of the same program, whose dependencies have no default features, with the versions that this
/// workspace has locked.
fn lean() -> Result<PathBuf, String> {
    let (root, folder) = (workspace_root(), target()?.join("bench-lean"));
    let path = |part: &str| root.join(part).display().to_string();
    let manifest = format!(
        "[package]\nname = \"with-auth-redis\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [[bin]]\nname = \"with-auth-redis\"\npath = {:?}\n\n[dependencies]\n\
         auth-core = {{ path = {:?}, default-features = false, features = [\"password\"] }}\n\
         auth-redis = {{ path = {:?}, default-features = false }}\n\
         axum = {{ version = \"0.8\", default-features = false, features = [\"http1\", \"json\", \"macros\", \"tokio\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"net\", \"rt-multi-thread\"] }}\n",
        path("docs/comparison/with-auth-redis/src/main.rs"),
        path("auth-core"),
        path("auth-redis"),
    );
    let written = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join("Cargo.toml"), manifest))
        .and_then(|()| fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")));
    written.map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// Name and version of a line such as `serde v1.0.228 (proc-macro) (*)`.
fn package(line: &str) -> Option<&str> {
    let (end, _) = line.match_indices(' ').nth(1).unwrap_or((line.len(), ""));
    line.contains(" v").then(|| &line[..end])
}

/// Seconds that all children took which have ended, and theirs: fields 16 and 17 of `/proc/self/stat`, in hundredths.
fn children_cpu() -> Result<f64, String> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| format!("/proc/self/stat: {error}"))?;
    hundredths(&stat)
        .map(|ticks| f64::from(ticks) / 100.0)
        .ok_or("/proc/self/stat has another form".to_owned())
}

fn hundredths(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(13).map(str::parse::<u32>);
    Some(fields.next()?.ok()? + fields.next()?.ok()?)
}

fn stripped(program: &Path) -> Result<u64, String> {
    let copy = program.with_extension("stripped");
    let status = Command::new("strip").arg("-o").args([&copy, program]).status();
    let status = status.map_err(|error| format!("`strip`, of binutils, could not be started: {error}"))?;
    if !status.success() {
        return Err(format!("`strip` ended with {status}"));
    }
    fs::metadata(&copy).map(|file| file.len()).map_err(|error| format!("{}: {error}", copy.display()))
}

fn remove(folder: &Path) -> Result<(), String> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

#[allow(clippy::cast_precision_loss, reason = "a program is smaller than 2^52 bytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_in_each_version() {
        assert_eq!(package("serde v1.0.228 (proc-macro) (*)"), Some("serde v1.0.228"));
        assert_eq!(package("serde v1.0.228"), Some("serde v1.0.228"));
        assert_eq!(package("[build-dependencies]"), None);
    }

    #[test]
    fn the_time_of_children_is_that_of_user_and_kernel() {
        let stat = "7 (x) S 1 7 7 0 -1 4194560 100 0 0 0 1 2 42 17 20 0 1 0 1 1 1";
        assert_eq!(hundredths(stat), Some(59));
        assert_eq!(hundredths("7 (x) S 1"), None);
    }
}
