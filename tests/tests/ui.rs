//! What the compiler says of right and wrong uses of the macros.

#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn mistakes_are_refused_and_right_uses_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*/*.rs");
    cases.pass("ui/pass/*.rs");
}

/// Cases with more than one error, and why.
const MORE_THAN_ONE: &[(&str, usize, &str)] = &[
    ("auth_service_impl/two_mistakes_in_one_signature", 2, "two mistakes"),
    ("auth_service_struct/three_mistakes", 3, "three mistakes"),
    ("auth_service_impl/entity_without_attribute", 4, "each impl says that the entity is none"),
    (
        "auth_service_impl/two_blocks",
        6,
        "no half knows of the other: rustc reports each impl that is there twice",
    ),
    ("auth_service_impl/two_blocks_one_without_login", 4, "as above"),
    ("expose_endpoint/response_is_no_model", 2, "at the option, and at what the method returns"),
];

#[test]
fn a_mistake_is_one_error() {
    for file in messages() {
        let name = name_of(&file);
        let expected =
            MORE_THAN_ONE.iter().find(|(case, ..)| *case == name).map_or(1, |(_, errors, _)| *errors);
        let found = read(&file).lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(found, expected, "errors of {name}");
    }
}

#[test]
fn no_message_depends_on_the_machine() {
    const REFUSED: [&str; 4] = ["$RUST", "/root/", "/home/", "warning:"];
    for file in messages() {
        let text = read(&file);
        for refused in REFUSED {
            assert!(!text.contains(refused), "`{refused}` in {}", file.display());
        }
    }
}

/// The `.stderr` of each case.
fn messages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/fail");
    let mut files = Vec::new();
    for group in entries(&folder) {
        files.extend(
            entries(&group).into_iter().filter(|file| file.extension().is_some_and(|end| end == "stderr")),
        );
    }
    assert!(files.len() > 100, "found {} cases", files.len());
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

/// `credentials/no_identifier`
fn name_of(file: &Path) -> String {
    let (group, case) = (file.parent().unwrap().file_name().unwrap(), file.file_stem().unwrap());
    format!("{}/{}", group.display(), case.display())
}
