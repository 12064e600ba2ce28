//! `cargo xtask bench …`. Here, `compile`: what an entity costs while compiling.
//!
//! Packages with some entities each, and packages with the same structs and functions without our attributes, are
//! written to a folder below `target/` and checked in turn, so that a machine that slows down slows down all of them.
//! What an entity costs is the difference.

mod build;
mod document;
mod driver;
mod generated;
mod measured;
mod request;

use std::{fs, path::PathBuf};

pub(crate) use self::{
    build::build,
    driver::{bytes, growth, http},
    request::request,
};
use self::{
    generated::{Kind, Package, Workspace},
    measured::{Bench, Series, median, per_entity},
};
use crate::{gate::target, invocation::Invocation, step};

/// How many entities the packages have.
const SIZES: [usize; 4] = [0, 1, 10, 50];
/// How often each figure is taken; what is reported is the median.
const ROUNDS: usize = 9;

const CHECK_GOAL: f64 = 25.0;
const EXPANSION_GOAL: f64 = 3.0;

/// Measures, and prints tables that can go into a document.
pub(crate) fn compile() -> Result<(), String> {
    let workspace = Workspace::new(&folder()?, &SIZES);
    workspace.write().map_err(|error| format!("the packages to measure cannot be written: {error}"))?;
    let bench = Bench::new(&workspace);
    let mut report = vec![format!("{}; medians of {ROUNDS} runs.", machine()?)];

    step::heading("cargo check, everything in the package anew");
    let full = rounds(&SIZES, |package| bench.full_check(package))?;
    report.push(table("`cargo check` of the whole package, without incremental compilation", &full));
    report.push(verdict("added to `cargo check` by each entity", &full, CHECK_GOAL));

    step::heading("expansion");
    let compiler = bench.compiler()?;
    let expansion = rounds(&SIZES, |package| bench.expand(&compiler, package))?;
    report.push(table("The compiler up to the end of expansion and name resolution", &expansion));
    report.push(verdict("spent by each entity on expansion", &expansion, EXPANSION_GOAL));

    step::heading("cargo check, one entity changed");
    let changed = rounds(&SIZES[1..], |package| bench.check_after_a_change(package))?;
    report.push(table("`cargo check` with incremental compilation, after a change of one entity", &changed));

    println!("\n{}", report.join("\n\n"));
    only_syn_3()
}

/// Takes a figure of each package, of both kinds, in turn; the first round does not count.
fn rounds(sizes: &[usize], take: impl Fn(&Package) -> Result<f64, String>) -> Result<Vec<Series>, String> {
    let mut series: Vec<Series> = sizes.iter().map(|entities| Series::of(*entities)).collect();
    for round in 0..=ROUNDS {
        for one in &mut series {
            let figure = |kind| take(&Package { kind, entities: one.entities });
            let (annotated, plain) = (figure(Kind::Annotated)?, figure(Kind::Plain)?);
            if round > 0 {
                one.annotated.push(annotated);
                one.plain.push(plain);
            }
        }
        println!("round {round} of {ROUNDS}");
    }
    Ok(series)
}

fn table(title: &str, series: &[Series]) -> String {
    let rows: Vec<String> = series
        .iter()
        .map(|one| {
            let (annotated, plain) = (median(&one.annotated), median(&one.plain));
            format!("| {} | {annotated:.0} ms | {plain:.0} ms | {:.0} ms |", one.entities, one.difference())
        })
        .collect();
    format!(
        "{title}:\n\n| entities | annotated | plain | difference |\n| ---: | ---: | ---: | ---: |\n{}",
        rows.join("\n")
    )
}

fn verdict(what: &str, series: &[Series], goal: f64) -> String {
    let each = |from, to| per_entity(series, from, to).unwrap_or(f64::NAN);
    format!(
        "{:.1} ms {what} of 50, the loading of the macros included (goal: below {goal} ms). Between 1 and 10 entities, \
         {:.1} ms; between 10 and 50, {:.1} ms.",
        each(0, 50),
        each(1, 10),
        each(10, 50),
    )
}

fn folder() -> Result<PathBuf, String> {
    Ok(target()?.join("bench-compile"))
}

fn machine() -> Result<String, String> {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(format!(
        "{} cores of {}, {}, load before {}",
        cores,
        model.map_or("an unknown kind", |(_, model)| model),
        Invocation::new("rustc --version").read()?.trim(),
        load.split(' ').next().unwrap_or("unknown"),
    ))
}

/// Two versions of syn are twice the wait for a clean build.
fn only_syn_3() -> Result<(), String> {
    let line = "cargo tree -p auth-core --all-features -e normal,build --prefix none";
    let tree = Invocation::new(line).read()?;
    let older = tree.lines().find(|line| line.starts_with("syn v") && !line.starts_with("syn v3"));
    if let Some(older) = older {
        return Err(format!("`{line}` has {older}"));
    }
    println!("\n`{line}`: no syn but syn 3.");
    Ok(())
}
