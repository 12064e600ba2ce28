//! A case that must not compile has its message in the `.stderr` beside it, and says in comments how it is mended:
//!
//! ```text
//! #[auth_service("auth.cookies.memory", idle = "1w")]
//! // mended: #[auth_service("auth.cookies.memory", idle = "7d")]
//! ```
//!
//! What is mended is the line above, or all lines since one that says `// mistake:`.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Has a folder for each macro, and one for the schema.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fail")
}

/// A program that must not compile.
pub struct Case {
    pub group: String,
    pub title: String,
    source: PathBuf,
}

/// Lines with a mistake, and those that replace them.
pub struct Part {
    /// What begins a comment there: `//`, or `#` in a schema.
    pub comment: &'static str,
    pub mistake: Vec<String>,
    pub mended: Vec<String>,
}

/// All cases, in the order of their names.
pub fn all() -> Vec<Case> {
    let mut groups: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    groups.sort();
    let case = |group: &Path, source: PathBuf| Case {
        group: group.file_name().unwrap().display().to_string(),
        title: source.file_stem().unwrap().display().to_string(),
        source,
    };
    groups
        .iter()
        .flat_map(|group| files(group, "rs").into_iter().map(move |source| case(group, source)))
        .collect()
}

/// The files of a folder with an ending, sorted.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == ending))
        .collect();
    files.sort();
    files
}

impl Case {
    /// `credentials/no_identifier`
    pub fn name(&self) -> String {
        format!("{}/{}", self.group, self.title)
    }

    pub fn text(&self) -> String {
        fs::read_to_string(&self.source).unwrap()
    }

    pub fn message(&self) -> String {
        fs::read_to_string(self.source.with_extension("stderr")).unwrap()
    }

    /// The schema that belongs to the case.
    pub fn schema(&self) -> Option<(PathBuf, String)> {
        let path = self.source.with_extension("yaml");
        let text = fs::read_to_string(&path).ok()?;
        Some((path, text))
    }

    /// What is wrong in the program and in its schema.
    pub fn parts(&self) -> Vec<Part> {
        let mut found = parts(&self.text(), "//");
        found.extend(self.schema().iter().flat_map(|(_, text)| parts(text, "#")));
        found
    }

    pub fn mended(&self) -> String {
        mend(&self.text(), "//")
    }
}

/// Splits a text at its mended parts: `keep` gets the lines between, `mend` each part.
fn split(text: &str, comment: &str, mut keep: impl FnMut(&[&str]), mut mend: impl FnMut(&[&str], &[&str])) {
    let (mistake, mended) = (format!("{comment} mistake:"), format!("{comment} mended:"));
    let lines: Vec<&str> = text.lines().collect();
    let says = |line: &&str, mark: &str| line.trim_start().starts_with(mark);
    let mut from = 0;
    while let Some(end) = (from..lines.len()).find(|&i| says(&lines[i], &mended)) {
        let begin = (from..end).rev().find(|&i| says(&lines[i], &mistake));
        let (kept, first) = begin.map_or((end - 1, end - 1), |begin| (begin, begin + 1));
        let after = (end..lines.len()).find(|&i| !says(&lines[i], &mended)).unwrap_or(lines.len());
        keep(&lines[from..kept]);
        mend(&lines[first..end], &lines[end..after]);
        from = after;
    }
    keep(&lines[from..]);
}

fn parts(text: &str, comment: &'static str) -> Vec<Part> {
    let mut parts = Vec::new();
    split(
        text,
        comment,
        |_| {},
        |mistake, mended| {
            parts.push(Part {
                comment,
                mistake: mistake.iter().map(|line| (*line).to_owned()).collect(),
                mended: uncommented(mended, comment),
            });
        },
    );
    parts
}

/// The text with all parts mended.
pub fn mend(text: &str, comment: &str) -> String {
    let lines = std::cell::RefCell::new(Vec::new());
    split(
        text,
        comment,
        |kept| lines.borrow_mut().extend(kept.iter().map(|line| (*line).to_owned())),
        |_, mended| lines.borrow_mut().extend(uncommented(mended, comment)),
    );
    lines.take().join("\n")
}

/// `    id: u64,` of `    // mended: id: u64,`; nothing of a single empty one, whose line is taken out.
fn uncommented(lines: &[&str], comment: &str) -> Vec<String> {
    let mark = format!("{comment} mended:");
    let lines = lines.iter().filter_map(|line| {
        let (indent, text) = line.split_once(&mark)?;
        Some(format!("{indent}{}", text.strip_prefix(' ').unwrap_or(text)).trim_end().to_owned())
    });
    let lines: Vec<String> = lines.collect();
    if lines == [""] { Vec::new() } else { lines }
}
