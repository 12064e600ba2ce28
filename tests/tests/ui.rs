//! What the compiler says of right and wrong uses of the macros.
//!
//! A case that must fail has its message in the `.stderr` beside it, and says in comments how it is mended:
//!
//! ```text
//! #[auth_service("auth.cookies.memory", idle = "1w")]
//! // mended: #[auth_service("auth.cookies.memory", idle = "7d")]
//! ```
//!
//! What is mended is the line above, or all lines since one that says `// mistake:`. The page "Compile errors" of the
//! documentation is made of the cases. `TRYBUILD=overwrite UPDATE_EXPECT=1 cargo test -p auth-tests --test ui` rewrites
//! the messages and the page.

#![allow(clippy::unwrap_used)]

#[path = "ui/cases.rs"]
mod cases;
#[path = "ui/page.rs"]
mod page;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use cases::Case;

/// Names a schema, for programs that are built elsewhere.
const VARIABLE: &str = "AUTH_SCHEMA";

#[test]
fn mistakes_are_refused_and_right_uses_compile() {
    in_a_process_of_its_own("compile_with_a_schema", &cases::folder().join("schema/schema.yaml"));
    {
        let cases = trybuild::TestCases::new();
        cases.compile_fail("ui/fail/*/*.rs");
        cases.pass("ui/pass/*.rs");
    }
    if page::is_being_rewritten() {
        page::check();
    }
}

#[test]
#[ignore = "started by the test above, with the schema in its environment"]
fn compile_with_a_schema() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/schema/*.rs");
    cases.pass("ui/schema/pass/*.rs");
}

#[test]
fn what_is_mended_compiles() {
    let folder = mended();
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    let cases = cases::all();
    for (path, text) in cases.iter().filter_map(Case::schema) {
        fs::write(folder.join(path.file_name().unwrap()), cases::mend(&text, "#")).unwrap();
    }
    let module =
        |(i, case): (usize, &Case)| format!("mod case_{i} {{ // {}\n{}\n}}\n", case.name(), case.mended());
    let modules: String = cases.iter().enumerate().map(module).collect();
    let program = format!("#![allow(warnings)]\n{modules}fn main() {{}}\n");
    fs::write(folder.join("mended.rs"), program).unwrap();
    fs::copy(cases::folder().join("schema/schema.yaml"), folder.join("schema.yaml")).unwrap();
    in_a_process_of_its_own("compile_mended", &folder.join("schema.yaml"));
}

#[test]
#[ignore = "started by the test above, with the schema in its environment"]
fn compile_mended() {
    trybuild::TestCases::new().pass(mended().join("mended.rs"));
}

fn mended() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("mended")
}

/// Runs a test of this file with a schema in the environment, where the macros look for it.
fn in_a_process_of_its_own(test: &str, schema: &Path) {
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(VARIABLE, schema)
        .status()
        .unwrap();
    assert!(status.success(), "{test}: {status}");
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
    let pass = ["pass", "schema/pass"].map(|folder| cases::files(&cases::folder().join(folder), "rs").len());
    assert!(pass.iter().sum::<usize>() >= 25, "found {pass:?} right uses");
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
