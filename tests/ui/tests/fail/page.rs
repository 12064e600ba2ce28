//! The page "Compile errors", made of the cases.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use auth_tests_ui::cases::{self, Case, Part};

/// What each group is about.
const GROUPS: [(&str, &str); 7] = [
    ("auth_service_struct", "`#[auth_service]` on a struct"),
    ("auth_service_impl", "`#[auth_service]` on an impl block"),
    ("expose_endpoint", "`#[expose_endpoint]`"),
    ("expose_response", "`#[expose_response]`"),
    ("credentials", "`#[derive(Credentials)]`"),
    ("schema", "`schema.yaml`, and the routes of what it declares"),
    ("auth_router", "`auth_router!`"),
];

const BEGINNING: &str = "\
# Compile errors

What the macros refuse, the message, and what to write instead. Each is a case of the test suite: the messages are the
compiler's, and what is written instead compiles.
";

pub fn is_being_rewritten() -> bool {
    env::var_os("UPDATE_EXPECT").is_some()
}

/// Compares the page and the copy that is in the crate's documentation; or rewrites both.
pub fn check() {
    let page = page();
    for path in ["docs/compile-errors.md", "auth-core/docs/compile-errors.md"] {
        let path = root().join(path);
        if is_being_rewritten() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &page).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == page, "{} is stale: UPDATE_EXPECT=1 cargo test -p auth-tests-ui", path.display());
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    let cases = cases::all();
    let group = |(group, title): &(&str, &str)| {
        let sections: String = cases.iter().filter(|case| case.group == *group).map(section).collect();
        format!("\n## {title}\n{sections}")
    };
    let groups: String = GROUPS.iter().map(group).collect();
    format!("{BEGINNING}{groups}")
}

fn section(case: &Case) -> String {
    let parts = case.parts();
    let mended = blocks(&parts, "rust", |part| &part.mended);
    let instead =
        if mended.is_empty() { "Instead: leave it out.\n".to_owned() } else { format!("Instead:\n{mended}") };
    format!(
        "\n### {}\n{}\n```text\n{}\n```\n\n{instead}",
        sentence(&case.title),
        blocks(&parts, "rust,compile_fail", |part| &part.mistake),
        said(&case.message())
    )
}

/// What stands in the program, and what in its schema.
fn blocks(parts: &[Part], rust: &str, lines: fn(&Part) -> &[String]) -> String {
    let block = |(comment, language): (&str, &str)| {
        let parts = parts.iter().filter(|part| part.comment == comment);
        let texts: Vec<String> =
            parts.map(|part| unindented(lines(part))).filter(|text| !text.is_empty()).collect();
        let text = texts.join(&format!("\n{comment} …\n"));
        if text.is_empty() { text } else { format!("\n```{language}\n{text}\n```\n") }
    };
    [("//", rust), ("#", "yaml")].map(block).concat()
}

/// `login_is_not_async` as a person would write it.
fn sentence(title: &str) -> String {
    let text = title.replace('_', " ");
    let (first, rest) = text.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

fn unindented(lines: &[String]) -> String {
    let indent = |line: &String| line.len() - line.trim_start().len();
    let least = lines.iter().map(indent).min().unwrap_or_default();
    lines.iter().map(|line| &line[least..]).collect::<Vec<_>>().join("\n")
}

/// The words of a message: without the places, and without what rustc adds of its own.
fn said(message: &str) -> String {
    const RUSTC: [&str; 5] = ["this error originates", "see issue", "required", "the trait", "the full name"];
    let mut said = Vec::new();
    let mut in_header = false;
    for line in message.lines() {
        let text = line.trim_start();
        if line.starts_with("error") {
            in_header = true;
        } else if text.starts_with("--> ") {
            in_header = false;
        }
        if in_header {
            said.push(line.trim_end().to_owned());
        }
        let note =
            text.strip_prefix("= ").filter(|text| text.starts_with("note: ") || text.starts_with("help: "));
        let ours = note.filter(|note| !RUSTC.iter().any(|words| note[6..].starts_with(words)));
        said.extend(ours.map(|note| format!("       {note}")));
    }
    said.dedup();
    said.join("\n")
}
