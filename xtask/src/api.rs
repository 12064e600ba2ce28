//! What users can name: a listing of each library, so that a change to it is seen in the diff.

use std::fs;
use std::path::{Path, PathBuf};

use crate::gate::{self, LIBRARIES};
use crate::invocation::{Invocation, workspace_root};

/// Where the listings are.
const LISTINGS: &str = "docs/api";

/// Fails where a library is not what its listing says.
pub(crate) fn check() -> Result<(), String> {
    let mut changed = Vec::new();
    for library in LIBRARIES {
        let (listing, file) = (listing(library)?, file(library));
        let kept = fs::read_to_string(&file).unwrap_or_default();
        for line in difference(&kept, &listing) {
            println!("{line}");
            changed.push(library);
        }
    }
    changed.dedup();
    if changed.is_empty() {
        return Ok(());
    }
    Err(format!(
        "what users can name of {} is not what {LISTINGS} says; if that is meant: cargo xtask bless",
        changed.join(", ")
    ))
}

/// Rewrites the listings.
pub(crate) fn bless() -> Result<(), String> {
    for library in LIBRARIES {
        let file = file(library);
        fs::write(&file, listing(library)?).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn file(library: &str) -> PathBuf {
    workspace_root().join(LISTINGS).join(format!("{library}.txt"))
}

/// One line for each item. Derived traits are left out, and what follows from the fields of a type: `Send`, for one.
fn listing(library: &str) -> Result<String, String> {
    let json = describe(library)?;
    let api = public_api::Builder::from_rustdoc_json(&json)
        .omit_auto_derived_impls(true)
        .omit_auto_trait_impls(true)
        .omit_blanket_impls(true)
        .build()
        .map_err(|error| format!("{}: {error}", json.display()))?;
    let mut lines: Vec<String> = api.items().map(ToString::to_string).collect();
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// Has rustdoc describe it as JSON. The format is no stable feature; the compiler, which is pinned, has it all the same
/// when it is told so, which other builds must not see: they would be done again.
fn describe(library: &str) -> Result<PathBuf, String> {
    let target = gate::target()?.join("api");
    let line = format!(
        "cargo rustdoc --quiet --package {library} --lib --all-features --target-dir {} -- -Z unstable-options \
         --output-format json --cap-lints allow",
        target.display()
    );
    let line = Invocation::new(&line).with_env("RUSTC_BOOTSTRAP", "1");
    println!("{line}");
    line.run().map_err(|end| format!("`{line}` {end}"))?;
    Ok(Path::new(&target).join("doc").join(format!("{}.json", library.replace('-', "_"))))
}

/// The lines that only one of them has.
fn difference<'a>(kept: &'a str, found: &'a str) -> Vec<String> {
    let only = |sign: char, these: &'a str, those: &'a str| {
        let those: Vec<&str> = those.lines().collect();
        these.lines().filter(move |line| !those.contains(line)).map(move |line| format!("{sign} {line}"))
    };
    only('-', kept, found).chain(only('+', found, kept)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_what_went_is_shown() {
        let lines = difference("a\nb\nc\n", "a\nc\nd\n");
        assert_eq!(lines, ["- b", "+ d"]);
        assert!(difference("a\n", "a\n").is_empty());
    }
}
