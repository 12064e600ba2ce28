//! Whether the pages of the macros say what the macros read. Each list of options is compared where it stands.

/// The options that a table lists: those of the page's first table whose first column is headed so.
pub(crate) fn listed(page: &str, heading: &str) -> Vec<String> {
    let head = format!("| {heading} |");
    let rows = page.lines().skip_while(|line| !line.starts_with(&head)).skip(2);
    rows.map_while(|row| row.strip_prefix("| ")).map(option).collect()
}

/// `from` of a row that begins with `` `#[expose(from = session)]` | ``, `name` of one with ``[`name`](#name) | ``.
fn option(row: &str) -> String {
    let written = row.split('`').nth(1).unwrap_or_default();
    let inner = written.trim_start_matches("#[auth(").trim_start_matches("#[expose(");
    inner.trim_matches('"').split([' ', ')']).next().unwrap_or_default().to_owned()
}

/// Compares without regard to the order, which is the reader's.
#[track_caller]
pub(crate) fn assert_lists<'a>(page: &str, heading: &str, known: impl IntoIterator<Item = &'a str>) {
    let mut listed = listed(page, heading);
    let mut known: Vec<&str> = known.into_iter().collect();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known, "the table headed `{heading}` and what is read");
}

pub(crate) const AUTH_SERVICE: &str = include_str!("../../docs/auth_service.md");
pub(crate) const EXPOSE_ENDPOINT: &str = include_str!("../../docs/expose_endpoint.md");
pub(crate) const EXPOSE_RESPONSE: &str = include_str!("../../docs/expose_response.md");
pub(crate) const CREDENTIALS: &str = include_str!("../../docs/credentials.md");
const AUTH_ROUTER: &str = include_str!("../../docs/auth_router.md");
const COMPILE_ERRORS: &str = include_str!("../../docs/compile-errors.md");

/// Default, cost, example, what it becomes, what is refused: in this order for each.
#[test]
fn each_option_is_explained_in_the_same_order() {
    const POINTS: [&str; 5] = ["Default", "Cost", "Example", "Expands to", "Errors"];
    for page in [AUTH_SERVICE, EXPOSE_ENDPOINT] {
        for option in listed(page, "option") {
            let (_, section) = page.split_once(&format!("\n### `{option}`\n")).unwrap_or_default();
            let section = section.split("\n#").next().unwrap_or_default();
            let points = section.lines().filter_map(|line| line.strip_prefix("- **")?.split("**").next());
            assert_eq!(points.collect::<Vec<_>>(), POINTS, "{option}");
        }
    }
}

#[test]
fn errors_have_the_names_that_their_page_gives_them() {
    let mut named = 0;
    for page in [AUTH_SERVICE, EXPOSE_ENDPOINT, AUTH_ROUTER] {
        let lines = page.replace("\n  ", " ");
        for line in lines.lines().filter(|line| line.starts_with("- **Errors**") || line.starts_with("| ")) {
            for error in line.replace("**", "").split('*').skip(1).step_by(2) {
                assert!(COMPILE_ERRORS.contains(&format!("\n### {error}\n")), "{error}");
                named += 1;
            }
        }
    }
    assert!(named > 40, "found {named}");
}
