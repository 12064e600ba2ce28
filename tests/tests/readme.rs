//! Whether the figures of README.md are those that were measured.
#![allow(clippy::unwrap_used, reason = "tests")]

use auth_tests::pages::read;

/// The cells of each row of the tables below a heading, up to the next one.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let below = page.split_once(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading:?}")).1;
    let lines = below.lines().take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// A cell of the row of `name`.
fn cell(rows: &[Vec<String>], name: &str, column: usize) -> String {
    let row = rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("no row {name:?}"));
    row[column].clone()
}

#[test]
fn what_the_readme_says_was_measured() {
    let (readme, measured) = (read("README.md"), read("docs/performance.md"));
    let at_64 = |heading: &str| {
        let rows = rows(&measured, heading).into_iter();
        rows.filter(|row| row[0] == "64").map(|row| row[1..].to_vec()).collect::<Vec<_>>()
    };
    let (request, login, refresh) =
        (at_64("### A request by who is signed in"), at_64("### A login"), at_64("### A refresh"));
    let bytes = rows(&measured, "## Bytes in Redis");
    let mut compared = 0;
    for row in rows(&readme, "## Measured").iter().skip(2).take_while(|row| row.len() == 6) {
        let name = row[0].as_str();
        let kept = if name == "this library, near cache" { "this library" } else { name };
        let expected = [
            cell(&request, name, 2),
            cell(&request, name, 5),
            cell(&login, name, 2),
            cell(&refresh, name, 2),
            cell(&bytes, kept, 3),
        ];
        assert_eq!(row[1..], expected, "{name}");
        compared += 1;
    }
    assert_eq!(compared, 6, "a contestant is missing");
}

#[test]
fn what_the_readme_says_of_a_build_was_measured() {
    let (readme, measured) = (read("README.md"), read("docs/performance.md"));
    let measured = rows(&measured, "## Cost of a build");
    let rows = rows(&readme, "## Measured");
    let build: Vec<_> = rows.iter().filter(|row| row.len() == 4 && row[3].ends_with("MB")).collect();
    assert_eq!(build.len(), 3);
    for row in build {
        assert!(measured.contains(row), "{row:?}");
    }
}
