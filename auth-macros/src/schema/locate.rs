//! Where the schema is.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use syn::LitStr;

use crate::diagnostics::schema as say;

/// The variable that names a schema: for tools that build elsewhere, such as trybuild.
pub(super) const VARIABLE: &str = "AUTH_SCHEMA";
const NAME: &str = "schema.yaml";

/// A schema that was found.
#[derive(Clone)]
pub(crate) struct File {
    /// How messages name it: never by an absolute path.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// The schema that an attribute asks for, or that is there; `None` where there is none.
pub(super) fn locate(asked: Option<&LitStr>) -> syn::Result<Option<File>> {
    let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let variable = env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let root = root(&here);
    if let Some(asked) = asked {
        let folders = [Some(here.as_path()), variable.as_deref().and_then(Path::parent)];
        let mut paths = folders.into_iter().flatten().map(|folder| folder.join(asked.value()));
        return match paths.find(|path| path.is_file()) {
            Some(path) => read(path, asked.value()).map(Some),
            None => Err(say::no_file(asked)),
        };
    }
    if let Some(path) = variable {
        // Cargo makes it absolute where it stands in `.cargo/config.toml`.
        let path = here.join(path);
        let name = shown(&path, &root);
        return if path.is_file() { read(path, name).map(Some) } else { Err(say::variable(VARIABLE, &name)) };
    }
    let paths =
        here.ancestors().take_while(|folder| folder.starts_with(&root)).map(|folder| folder.join(NAME));
    match { paths }.find(|path| path.is_file()) {
        Some(path) => {
            let name = shown(&path, &root);
            read(path, name).map(Some)
        }
        None => Ok(None),
    }
}

fn read(path: PathBuf, name: String) -> syn::Result<File> {
    match fs::read_to_string(&path) {
        Ok(text) => Ok(File { name, path, text }),
        Err(error) => Err(say::unreadable(&name, &error)),
    }
}

/// The root of the workspace: the nearest folder whose manifest says so, or else the crate's own.
fn root(here: &Path) -> PathBuf {
    let says_so = |folder: &&Path| {
        fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.lines().any(is_workspace_table))
    };
    here.ancestors().find(says_so).unwrap_or(here).to_path_buf()
}

/// `[workspace]`, or `[workspace.package]`.
fn is_workspace_table(line: &str) -> bool {
    line.trim().strip_prefix("[workspace").is_some_and(|rest| rest.starts_with([']', '.']))
}

/// The path below the workspace, as cargo shows paths; or the name alone.
fn shown(path: &Path, root: &Path) -> String {
    let below = path.strip_prefix(root).ok().or(path.file_name().map(Path::new));
    below.unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_known_by_its_table() {
        for (line, expected) in [
            ("[workspace]", true),
            ("  [workspace.package]", true),
            ("[workspaces]", false),
            ("version.workspace = true", false),
            ("# [workspace]", false),
        ] {
            assert_eq!(is_workspace_table(line), expected, "{line}");
        }
    }

    #[test]
    fn this_crate_is_in_a_workspace() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(Some(root(here).as_path()), here.parent());
        assert_eq!(
            shown(&here.join("schema.yaml"), &root(here)),
            Path::new("auth-macros/schema.yaml").display().to_string()
        );
        assert_eq!(shown(Path::new("/somewhere/schema.yaml"), &root(here)), "schema.yaml");
    }
}
