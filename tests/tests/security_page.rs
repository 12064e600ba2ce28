//! Whether what the page "Security" names as proof is there.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use auth_tests::pages::{anchors, chapter, read, root};

/// The requirements of OWASP ASVS 5.0 that the project is held to.
const REQUIREMENTS: &str = "3.3.1 3.3.2 3.3.3 3.3.4 3.3.5 3.4.4 3.5.1 3.5.2 3.5.3 4.1.1 4.1.3 4.1.4 4.4.2 14.2.1 14.3.1 14.3.2 15.3.7 \
    2.4.1 6.3.1 6.1.1 6.2.8 6.2.9 6.3.5 6.3.7 6.3.8 6.8.1 \
    7.1.1 7.1.2 7.2.1 7.2.2 7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 7.4.5 7.5.1 7.5.3 7.5.2 \
    11.2.4 11.4.1 11.4.2 12.3.1 13.1.2 13.2.6 15.2.3 15.3.1 15.3.3 15.4.2 \
    16.2.5 16.3.1 16.3.2 16.3.3 16.3.4 16.4.1 16.5.1 16.5.2 16.5.3";

/// A row of the tables of requirements.
struct Row {
    requirements: Vec<String>,
    proofs: Vec<String>,
}

fn rows() -> Vec<Row> {
    let page = read("docs/security.md");
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = page.lines().map(cells).filter(|cells| {
        cells.len() == 4
            && cells[1].starts_with(|first: char| first.is_ascii_digit())
            && cells[1].contains('.')
    });
    rows.map(|cells| Row {
        requirements: cells[1].split(", ").map(str::to_owned).collect(),
        proofs: cells[2].split("<br>").skip(1).map(|proof| proof.trim_matches('`').to_owned()).collect(),
    })
    .collect()
}

#[test]
fn every_requirement_has_a_row_and_every_row_a_proof() {
    let rows = rows();
    let named: Vec<&String> = rows.iter().flat_map(|row| &row.requirements).collect();
    let expected: Vec<&str> = REQUIREMENTS.split_whitespace().collect();
    assert_eq!(named, expected);
    for row in rows {
        assert!(!row.proofs.is_empty(), "{:?} is shown by nothing", row.requirements);
    }
}

#[test]
fn every_proof_is_a_test_that_is_run_or_a_section_that_is_there() {
    let mut tests = 0;
    for proof in rows().into_iter().flat_map(|row| row.proofs) {
        if let Some(section) = proof.strip_prefix("guide::") {
            let (name, anchor) = section.split_once('#').unwrap();
            let page = chapter(name).unwrap_or_else(|| panic!("{proof}: no such chapter"));
            assert!(anchors(&page).iter().any(|found| found == anchor), "{proof}: no such section");
        } else {
            check_test(&proof);
            tests += 1;
        }
    }
    assert!(tests > 80, "found {tests}");
}

/// `http::a_test` of `auth-tests`, `auth-core::lib::session::token::a_test`
fn check_test(proof: &str) {
    let parts: Vec<&str> = proof.split("::").collect();
    let (package, suite, modules, name) = match &*parts {
        [suite, name] => (&"auth-tests", suite, [].as_slice(), name),
        [package, suite, modules @ .., name] => (package, suite, modules, name),
        _ => panic!("{proof} names no test"),
    };
    let folder = match *package {
        "auth-tests" => root().join("tests"),
        "auth-tests-openapi" => root().join("tests/openapi"),
        library => root().join(library),
    };
    let files = match *suite {
        "lib" => files_of(&folder.join("src").join(modules.join("/"))),
        suite => files_of(&folder.join("tests").join(suite)),
    };
    let found = files.iter().filter(|file| has_test(&fs::read_to_string(file).unwrap(), name)).count();
    assert_eq!(found, 1, "{proof}: tests of this name that are run, in {files:?}");
}

/// `module.rs`, and all in the folder `module`.
fn files_of(module: &Path) -> Vec<PathBuf> {
    let mut files = vec![module.with_extension("rs")];
    for folder in [module.to_owned(), module.join("tests")] {
        files.extend(fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()));
    }
    files.retain(|file| file.is_file() && file.extension().is_some_and(|extension| extension == "rs"));
    files
}

/// Whether a function of this name has `#[test]` or `#[tokio::test]` above it, and is not ignored.
fn has_test(text: &str, name: &str) -> bool {
    let function = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.iter().enumerate().filter(|(_, line)| line.contains(&function)).any(|(at, _)| {
        let above =
            lines[..at].iter().rev().take_while(|line| line.starts_with('#') || line.starts_with("//"));
        let attributes: Vec<_> = above.filter(|line| line.starts_with("#[")).collect();
        attributes.iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
            && !attributes.iter().any(|line| line.starts_with("#[ignore"))
    })
}
