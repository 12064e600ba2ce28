//! `cargo xtask setup`: sees to it that this machine has what the tests need.

use crate::installer::{Machine, Package};
use crate::needs::{NEEDS, Need, Presence, Source};

/// Looks for each need in turn, and installs what is missing.
pub(crate) fn run() -> Result<(), String> {
    NEEDS.iter().try_for_each(meet)
}

fn meet(need: &Need) -> Result<(), String> {
    if need.presence() == Presence::Missing {
        install(need)?;
    }
    let Need { program, min, why, .. } = need;
    match need.presence() {
        Presence::Ready(found) => {
            println!("found {program} {found}, at least {min} is needed: {why}");
            Ok(())
        }
        Presence::TooOld(found) => {
            Err(format!("found {program} {found}, expected at least {min} ({why}); upgrade it by hand"))
        }
        Presence::Missing => {
            Err(format!("found no {program} after installing it; add its folder to the search path"))
        }
    }
}

fn install(need: &Need) -> Result<(), String> {
    match &need.source {
        Source::Rustup { component } => {
            let Need { program, why, .. } = need;
            Err(format!("found no {program} ({why}); add it with `rustup component add {component}`"))
        }
        Source::System(package) => install_package(need, package),
    }
}

fn install_package(need: &Need, package: &Package) -> Result<(), String> {
    let Need { program, min, why, .. } = need;
    let lines = Machine::here().install(package).ok_or_else(|| {
        format!("found no {program} ({why}), and no way to install it; install {min} or newer by hand")
    })?;
    println!("installing {program}, which is missing here: {why}");
    for line in lines {
        println!("  {line}");
        line.run().map_err(|end| format!("`{line}` {end}"))?;
    }
    Ok(())
}
