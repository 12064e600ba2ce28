//! Whether the guide hangs together: chapters, links to sections, and the file that a chapter shows.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;

use auth_tests::pages::{anchors, chapter, read, root};

/// Chapters that are kept among the guide: not those that are pages of `docs/`, which have no blocks of Rust.
fn chapters() -> Vec<String> {
    let files = fs::read_dir(root().join("auth-core/src/guide")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".md").map(str::to_owned)).collect()
}

#[test]
fn every_chapter_is_shown_and_its_blocks_are_doc_tests() {
    let (shown, tested) = (read("auth-core/src/guide/mod.rs"), read("tests/src/lib.rs"));
    let chapters = chapters();
    assert!(chapters.len() >= 13, "{chapters:?}");
    for name in chapters {
        assert!(shown.contains(&format!("include_str!(\"{name}.md\")")), "{name}");
        assert!(shown.contains(&format!("//! | [`{name}`]")), "{name}");
        assert!(tested.contains(&format!("auth-core/src/guide/{name}.md")), "{name}");
    }
    for name in ["security", "costs", "faults"] {
        assert!(!chapter(name).unwrap().contains("```rust"), "{name} has blocks that nothing compiles");
    }
}

/// rustdoc looks up modules and items, but no sections.
#[test]
fn links_to_sections_go_somewhere() {
    let mut pages: Vec<String> = chapters().iter().map(|name| chapter(name).unwrap()).collect();
    pages.push(read("auth-core/src/lib.rs"));
    let mut links = 0;
    for page in &pages {
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let Some((to, anchor)) = link.split_once('#') else { continue };
            let target = match to {
                "" => page.clone(),
                "macro@crate::auth_service" => read("auth-macros/docs/auth_service.md"),
                "compile_errors" => read("docs/compile-errors.md"),
                to => chapter(to.strip_prefix("crate::guide::").unwrap_or_else(|| panic!("{link}"))).unwrap(),
            };
            assert!(anchors(&target).iter().any(|found| found == anchor), "{link}");
            links += 1;
        }
    }
    assert!(links > 10, "found {links}");
}

#[test]
fn no_block_of_rust_goes_uncompiled() {
    let mut folders =
        ["auth-core", "auth-macros", "auth-redis", "docs"].map(|name| root().join(name)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "md") {
                let text = fs::read_to_string(&path).unwrap();
                let ignored =
                    text.lines().find(|line| line.contains("```ignore") || line.contains("```rust,ignore"));
                assert_eq!(ignored, None, "{}", path.display());
            }
        }
    }
}

#[test]
fn the_schema_that_is_shown_is_the_one_that_is_read() {
    let shown = chapter("schema").unwrap();
    let block = shown.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(block, read("tests/schema.yaml"));
}

/// What a test of `auth-redis` has Redis allow, and nothing else.
#[test]
fn the_rights_in_redis_are_the_ones_that_are_tested() {
    let rights = |page: &str| {
        let (_, rest) = page.split_once("ACL SETUSER").unwrap();
        let block = rest.split(['`', '"']).next().unwrap();
        block.split_whitespace().filter(|word| word.starts_with('+')).map(str::to_owned).collect::<Vec<_>>()
    };
    let tested = rights(&read("auth-redis/tests/connecting.rs"));
    assert!(tested.len() > 20, "{tested:?}");
    assert_eq!(rights(&chapter("redis").unwrap()), tested);
    for same in ["auth-redis/src/lib.rs", "auth-redis/tests/near_cache.rs"] {
        assert_eq!(rights(&read(same)), tested, "{same}");
    }
}

/// The names and statuses of problems, which the library keeps to itself, as its source has them.
#[test]
fn every_problem_is_in_the_table_of_failures() {
    let (page, source) = (chapter("failures").unwrap(), read("auth-core/src/http/problem.rs"));
    let (_, rows) = source.split_once("fn row(self)").unwrap();
    let rows = rows.split("/// Its name").next().unwrap();
    let names: Vec<&str> = rows.split("(\"").skip(1).map(|row| row.split('"').next().unwrap()).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        assert!(page.contains(&format!("<br>`{name}` |")), "{name}");
    }
}
