//! Tools from `PyPI`, in a folder of their own below `target`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::gate;
use crate::invocation::{Invocation, workspace_root};

const REQUIREMENTS: &str = "tests/openapi/conformance/requirements.txt";

pub(super) struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Installs them unless those that are wanted are there.
    pub(super) fn ready() -> Result<Self, String> {
        let tools = Tools { folder: gate::target()?.join("conformance") };
        let wanted = fs::read_to_string(workspace_root().join(REQUIREMENTS))
            .map_err(|error| format!("{REQUIREMENTS}: {error}"))?;
        let installed = tools.folder.join("installed.txt");
        if fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
            return Ok(tools);
        }
        let requirements =
            format!("install --quiet --disable-pip-version-check --requirement {REQUIREMENTS}");
        for line in [
            Invocation::new(&format!("python3 -m venv {}", tools.folder.display())),
            tools.line("pip", &requirements),
        ] {
            println!("{line}");
            line.run().map_err(|end| format!("`{line}` {end}"))?;
        }
        fs::write(&installed, wanted).map_err(|error| format!("{}: {error}", installed.display()))?;
        Ok(tools)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn line(&self, tool: &str, arguments: &str) -> Invocation {
        Invocation::new(&format!("{} {arguments}", self.folder.join("bin").join(tool).display()))
    }
}
