//! Tables of Markdown.

use std::fmt;

/// The first two columns hold words or what is counted by, the others figures.
pub(crate) struct Table {
    columns: usize,
    lines: Vec<String>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        let rule = head.iter().enumerate().map(|(column, _)| if column < 2 { "---" } else { "---:" });
        let rule = format!("| {} |", rule.collect::<Vec<_>>().join(" | "));
        Table { columns: head.len(), lines: vec![format!("| {} |", head.join(" | ")), rule] }
    }

    pub(crate) fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().collect();
        debug_assert_eq!(cells.len(), self.columns);
        self.lines.push(format!("| {} |", cells.join(" | ")));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}
