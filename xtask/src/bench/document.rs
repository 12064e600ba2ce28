//! The parts of a document that a command writes: between `<!-- bench NAME -->` and `<!-- end -->`.

use std::fs;

use crate::invocation::workspace_root;

/// Puts a section into a document below `docs/`.
pub(super) fn write(document: &str, name: &str, section: &str) -> Result<(), String> {
    let path = workspace_root().join("docs").join(document);
    let text = fs::read_to_string(&path).map_err(|error| format!("docs/{document}: {error}"))?;
    let text = with_section(&text, name, section).ok_or_else(|| {
        format!("docs/{document} has no `<!-- bench {name} -->` with an `<!-- end -->` after it")
    })?;
    fs::write(&path, text).map_err(|error| format!("docs/{document}: {error}"))?;
    println!("\nwritten to docs/{document}");
    Ok(())
}

fn with_section(text: &str, name: &str, section: &str) -> Option<String> {
    let begin = format!("<!-- bench {name} -->");
    let (before, after) = text.split_once(&begin)?;
    let (_, after) = after.split_once("<!-- end -->")?;
    Some(format!("{before}{begin}\n\n{}\n\n<!-- end -->{after}", section.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_nothing_else() {
        let text = "a\n<!-- bench x -->\nold\n<!-- end -->\nb\n<!-- bench y -->\n<!-- end -->\n";
        let expected = "a\n<!-- bench x -->\n\nnew\n\n<!-- end -->\nb\n<!-- bench y -->\n<!-- end -->\n";
        assert_eq!(with_section(text, "x", "new\n").as_deref(), Some(expected));
        assert_eq!(with_section(expected, "x", "new").as_deref(), Some(expected));
        assert_eq!(with_section(text, "z", "new"), None);
    }
}
