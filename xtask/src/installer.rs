//! How a package gets onto this system: decided from what the machine has, then plain command lines.

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;

use crate::invocation::Invocation;

/// One package under the names that the package managers have for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    pub(crate) apt: &'static str,
    pub(crate) brew: &'static str,
    /// The service that Debian's package starts, which no test wants.
    pub(crate) service: Option<&'static str>,
}

/// What of this machine decides how to install.
#[derive(Debug)]
pub(crate) struct Machine {
    tools: Vec<&'static str>,
    /// We run as root.
    root: bool,
    /// Someone is there to type a password.
    terminal: bool,
    /// Services are run by systemd.
    systemd: bool,
}

impl Machine {
    /// Looks at the machine that we run on.
    pub(crate) fn here() -> Self {
        Self {
            tools: ["apt-get", "brew", "sudo"].into_iter().filter(|tool| is_on_path(tool)).collect(),
            root: Invocation::new("id -u").read().is_ok_and(|id| id.trim() == "0"),
            terminal: io::stdin().is_terminal(),
            systemd: Path::new("/run/systemd/system").is_dir(),
        }
    }

    /// The command lines that install the package; none where we know no way to.
    pub(crate) fn install(&self, package: &Package) -> Option<Vec<Invocation>> {
        if self.has("apt-get") {
            return Some(self.apt(package, self.as_root()?));
        }
        self.has("brew").then(|| vec![Invocation::new(&format!("brew install {}", package.brew))])
    }

    fn apt(&self, package: &Package, sudo: &str) -> Vec<Invocation> {
        // Runlevel 1 is the one in which a package starts no service, but systemd does not ask for it.
        let quiet = "env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1";
        let stop = package.service.filter(|_| self.systemd);
        let lines = [
            Some(format!("{sudo} apt-get update")),
            Some(format!("{sudo} {quiet} apt-get install --yes --no-install-recommends {}", package.apt)),
            stop.map(|service| format!("{sudo} systemctl disable --now {service}")),
        ];
        lines.iter().flatten().map(|line| Invocation::new(line)).collect()
    }

    /// What goes before a command that only root may run; none where nothing helps.
    fn as_root(&self) -> Option<&'static str> {
        match (self.root, self.has("sudo"), self.terminal) {
            (true, _, _) => Some(""),
            (false, true, true) => Some("sudo"),
            // With no one to answer, a question for the password would wait for ever.
            (false, true, false) => Some("sudo -n"),
            (false, false, _) => None,
        }
    }

    fn has(&self, tool: &str) -> bool {
        self.tools.contains(&tool)
    }
}

fn is_on_path(tool: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIS: Package = Package { apt: "redis-server", brew: "redis", service: Some("redis.service") };

    fn debian() -> Machine {
        Machine { tools: vec!["apt-get"], root: true, terminal: false, systemd: false }
    }

    fn lines(machine: &Machine) -> Option<Vec<String>> {
        let invocations = machine.install(&REDIS)?;
        Some(invocations.iter().map(ToString::to_string).collect())
    }

    fn first_line(machine: &Machine) -> Option<String> {
        lines(machine)?.into_iter().next()
    }

    #[test]
    fn debian_updates_its_lists_then_installs_without_starting_a_service() {
        let expected = [
            "apt-get update",
            "env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
             apt-get install --yes --no-install-recommends redis-server",
        ];
        assert_eq!(lines(&debian()).unwrap_or_default(), expected);
    }

    #[test]
    fn under_systemd_the_service_is_stopped() {
        let lines = lines(&Machine { systemd: true, ..debian() }).unwrap_or_default();
        assert_eq!(lines.last().map(String::as_str), Some("systemctl disable --now redis.service"));
    }

    #[test]
    fn without_root_it_goes_through_sudo_which_asks_only_at_a_terminal() {
        let user = || Machine { tools: vec!["apt-get", "sudo"], root: false, ..debian() };
        assert_eq!(first_line(&user()).as_deref(), Some("sudo -n apt-get update"));
        let at_a_terminal = Machine { terminal: true, ..user() };
        assert_eq!(first_line(&at_a_terminal).as_deref(), Some("sudo apt-get update"));
    }

    #[test]
    fn a_mac_takes_it_from_brew() {
        let mac = Machine { tools: vec!["brew", "sudo"], root: false, ..debian() };
        assert_eq!(lines(&mac).unwrap_or_default(), ["brew install redis"]);
    }

    #[test]
    fn nothing_is_tried_without_the_rights_or_without_a_package_manager() {
        assert_eq!(lines(&Machine { root: false, ..debian() }), None);
        assert_eq!(lines(&Machine { tools: vec!["sudo"], ..debian() }), None);
    }
}
