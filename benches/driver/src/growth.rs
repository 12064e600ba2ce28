//! How the store behaves as it grows: sessions by the million, sessions of one principal, processes, nodes.

mod nodes;
mod one_principal;
mod plan;
pub(crate) mod processes;
mod sessions;
mod sizes;
mod snapshots;

use crate::{Outcome, machine};

/// Measures, and gives the sections of docs/scale.md.
pub(crate) async fn run() -> Outcome<String> {
    let machine = machine::described()?;
    let (sizes, filled) = sizes::measure().await?;
    let one_principal = one_principal::measure().await?;
    let (processes, served) = processes::measure().await?;
    let (nodes, evenness) = nodes::measure().await?;
    let snapshots = snapshots::measure().await?;
    let plan = plan::drawn_up(&plan::Measured { filled, served, evenness });
    Ok([
        format!("{machine}."),
        titled("Sessions", &sizes),
        titled("Sessions of one principal", &one_principal),
        titled("Processes", &processes),
        titled("Nodes of a Cluster", &nodes),
        titled("One snapshot for all sessions of a principal", &snapshots),
        titled("A hundred million users a day", &plan),
    ]
    .join("\n\n"))
}

fn titled(title: &str, text: &str) -> String {
    format!("### {title}\n\n{text}")
}
