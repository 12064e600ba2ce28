//! What the compiler says of wrong uses of the macros.
//!
//! `TRYBUILD=overwrite UPDATE_EXPECT=1 cargo test -p auth-tests-ui` rewrites the messages and the page "Compile errors" of
//! the documentation, which is made of the cases.

mod page;

use std::{env, process::Command};

use auth_tests_ui::cases::{self, Case};

/// To all other cases the build script names a schema, and cargo hands it on to the tests.
const WITHOUT_A_SCHEMA: [&str; 3] = [
    "auth_router/no_schema",
    "auth_service_struct/options_without_a_service",
    "auth_service_struct/service_is_missing",
];

#[test]
fn mistakes_are_refused() {
    assert!(env::var_os("AUTH_SCHEMA").is_some(), "`cargo test` sets it");
    refused(|case| !WITHOUT_A_SCHEMA.contains(&case));
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "mistakes_without_a_schema", "--ignored", "--nocapture"])
        .env_remove("AUTH_SCHEMA")
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    if page::is_being_rewritten() {
        page::check();
    }
}

#[test]
#[ignore = "started by the test above, with no schema in its environment"]
fn mistakes_without_a_schema() {
    refused(|case| WITHOUT_A_SCHEMA.contains(&case));
}

fn refused(chosen: impl Fn(&str) -> bool) {
    let tests = trybuild::TestCases::new();
    for case in cases::all().iter().map(Case::name).filter(|name| chosen(name)) {
        tests.compile_fail(format!("fail/{case}.rs"));
    }
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
];

#[test]
fn a_mistake_is_one_error() {
    for case in cases::all() {
        let name = case.name();
        let expected =
            MORE_THAN_ONE.iter().find(|(known, ..)| *known == name).map_or(1, |(_, errors, _)| *errors);
        let found = case.message().lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(found, expected, "errors of {name}");
    }
}

#[test]
fn there_are_many_cases_and_each_says_how_it_is_mended() {
    let cases = cases::all();
    assert!(cases.len() > 150, "found {} mistakes", cases.len());
    let unmended: Vec<_> = cases.iter().filter(|case| case.parts().is_empty()).map(Case::name).collect();
    assert!(unmended.is_empty(), "{unmended:?}");
}

#[test]
fn no_message_depends_on_the_machine() {
    const REFUSED: [&str; 5] = ["$RUST", "/root/", "/home/", "/tmp/", "warning:"];
    for case in cases::all() {
        for refused in REFUSED {
            assert!(!case.message().contains(refused), "`{refused}` in {}", case.name());
        }
    }
}

#[test]
fn the_page_of_the_documentation_is_made_of_the_cases() {
    if !page::is_being_rewritten() {
        page::check();
    }
}
