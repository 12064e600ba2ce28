//! Tables, and a plot.

use super::{LEVELS, Measured, Operation};
use crate::{
    Outcome,
    contestants::{Contestant, FLOOR, Kind, OURS, OURS_CACHED, PLAIN},
    machine,
    markdown::Table,
    plot::{Bar, Panel, Tone, page},
    statistics::{COLUMNS, Sample, median, ratio},
};

/// What differs by less may be the machine.
const NOISE: f64 = 0.08;

/// At so many connections the plot is.
const PLOTTED: usize = 1;

struct Goal {
    what: &'static str,
    operation: Operation,
    of: Contestant,
    to: Contestant,
    least: f64,
}

const GOALS: [Goal; 4] = [
    Goal {
        what: "a request, of one `GET` by hand",
        operation: Operation::Request,
        of: OURS,
        to: FLOOR,
        least: 1.0,
    },
    Goal {
        what: "a request with the near cache, of axum without sessions",
        operation: Operation::Request,
        of: OURS_CACHED,
        to: PLAIN,
        least: 0.97,
    },
    Goal { what: "a login, of one `SET`", operation: Operation::Login, of: OURS, to: FLOOR, least: 0.9 },
    Goal {
        what: "a refresh, of one `RENAME`",
        operation: Operation::Refresh,
        of: OURS,
        to: FLOOR,
        least: 0.9,
    },
];

impl Operation {
    fn title(self) -> &'static str {
        match self {
            Operation::Request => "A request by who is signed in",
            Operation::Login => "A login",
            Operation::Refresh => "A refresh",
        }
    }
}

impl Measured {
    fn samples(&self, contestant: &Contestant, level: usize) -> Option<&[Sample]> {
        let row = self.rows.iter().find(|(one, _)| one == contestant);
        row.map(|(_, levels)| levels[level].as_slice())
    }
}

pub(super) fn section(measured: &[Measured], rounds: usize, load_before: &str) -> Outcome<String> {
    let machine = machine::described()?;
    let mut parts = vec![
        format!("{machine}; load before {load_before}; medians of {rounds} rounds."),
        "![Requests, logins and refreshes in a second](performance-http.svg)".to_owned(),
        "### Goals".to_owned(),
        goals(measured),
        "### Where a peer is ahead".to_owned(),
        ahead(measured),
    ];
    for one in measured {
        parts.extend([format!("### {}", one.operation.title()), table(one)]);
    }
    Ok(parts.join("\n\n"))
}

fn goals(measured: &[Measured]) -> String {
    let mut table = Table::new(&["throughput of", "goal", "at 1", "at 64", "at 512 connections"]);
    for goal in &GOALS {
        let of = measured.iter().find(|one| one.operation == goal.operation);
        let cell = |level| {
            let one = of?;
            Some(ratio(one.samples(&goal.of, level)?, one.samples(&goal.to, level)?, |sample| sample.rate))
        };
        let cells = (0..LEVELS.len()).map(|level| {
            cell(level).map_or("not measured".to_owned(), |ratio| {
                let verdict = if ratio >= goal.least {
                    ""
                } else if ratio >= goal.least - NOISE {
                    ", below it by less than the noise"
                } else {
                    ", **below it**"
                };
                format!("{ratio:.2}{verdict}")
            })
        });
        let head = [goal.what.to_owned(), format!("≥ {:.2}", goal.least)];
        table.push(head.into_iter().chain(cells));
    }
    table.to_string()
}

/// Each figure in which a peer is better than this library with its defaults.
fn ahead(measured: &[Measured]) -> String {
    let mut table =
        Table::new(&["operation", "connections", "peer", "figure", "this library, of the peer's"]);
    let mut is_empty = true;
    for one in measured {
        let peers = one.rows.iter().filter(|(contestant, _)| contestant.kind == Kind::Peer);
        for (peer, levels) in peers {
            for (level, theirs) in levels.iter().enumerate() {
                let Some(ours) = one.samples(&OURS, level) else { continue };
                for (number, (name, figure)) in COLUMNS.iter().enumerate() {
                    let ratio = ratio(ours, theirs, *figure);
                    let is_ahead = if number == 0 { ratio < 1.0 } else { ratio > 1.0 };
                    if !is_ahead {
                        continue;
                    }
                    is_empty = false;
                    let noise = if (ratio - 1.0).abs() < NOISE { ", which is noise" } else { "" };
                    table.push([
                        one.operation.title().to_owned(),
                        LEVELS[level].to_string(),
                        peer.name.to_owned(),
                        (*name).to_owned(),
                        format!("{ratio:.2}{noise}"),
                    ]);
                }
            }
        }
    }
    if is_empty { "Nowhere.".to_owned() } else { table.to_string() }
}

fn table(measured: &Measured) -> String {
    let mut table =
        Table::new(&["connections", "", "in a second", "of by hand", "p50", "p99", "processor", "5xx"]);
    for (level, connections) in LEVELS.iter().enumerate() {
        for (contestant, levels) in &measured.rows {
            let samples = &levels[level];
            let of = |figure: fn(&Sample) -> f64| median(samples.iter().map(figure));
            let floor = measured.samples(&FLOOR, level).map(|floor| ratio(samples, floor, |one| one.rate));
            table.push([
                connections.to_string(),
                contestant.name.to_owned(),
                format!("{:.0}", of(|sample| sample.rate)),
                floor.map_or(String::new(), |ratio| format!("{ratio:.2}")),
                format!("{:.0} µs", of(|sample| sample.p50)),
                format!("{:.0} µs", of(|sample| sample.p99)),
                format!("{:.1} µs", of(|sample| sample.cpu)),
                samples.iter().map(|sample| sample.failed).sum::<usize>().to_string(),
            ]);
        }
    }
    table.to_string()
}

pub(super) fn plot(measured: &[Measured]) -> String {
    let panels: Vec<Panel> = measured
        .iter()
        .map(|one| Panel {
            title: format!("{}, in a second, at {} connections", one.operation.title(), LEVELS[PLOTTED]),
            bars: one
                .rows
                .iter()
                .map(|(contestant, levels)| Bar {
                    name: contestant.name.to_owned(),
                    value: median(levels[PLOTTED].iter().map(|sample| sample.rate)),
                    tone: match contestant.kind {
                        Kind::Floor => Tone::Quiet,
                        Kind::Ours => Tone::Accent,
                        Kind::Peer => Tone::Usual,
                    },
                })
                .collect(),
        })
        .collect();
    page("Requests, logins and refreshes in a second: longer is better", &panels)
}
