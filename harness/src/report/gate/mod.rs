//! The page of a gate, in each of its forms.

mod html;
mod junit;
mod markdown;
mod text;

pub use html::html;
pub use junit::junit;
pub use markdown::markdown;
pub use text::text;

use crate::gate::{GateReport, MeasureChange, RunResult, Setting, Side, Tested};
use crate::verdict::Status;

/// The word of a status.
fn word(status: Status) -> &'static str {
    match status {
        Status::Holds => "holds",
        Status::Violated => "VIOLATED",
        Status::Unknown => "unknown",
    }
}

/// The word of a guarantee: one that is not promised is neither.
fn standing(tested: &Tested) -> &'static str {
    match tested.status {
        Status::Violated => "VIOLATED",
        _ if !tested.promised => "not promised",
        Status::Holds => "holds",
        Status::Unknown => "unknown",
    }
}

/// The answer in a sentence.
fn answer(status: Status, is_compared: bool) -> &'static str {
    match (status, is_compared) {
        (Status::Holds, false) => "safe: what the configuration promises was put to the test, and holds",
        (Status::Holds, true) => "safe: no guarantee is lost",
        (Status::Violated, _) => "NOT safe",
        (Status::Unknown, _) => "unknown: not everything could be decided",
    }
}

/// What the running servers have in effect: each value with the nodes that have it and what their files say.
fn effective(side: &Side) -> Vec<[String; 4]> {
    let mut rows: Vec<(&Setting, Vec<&str>)> = vec![];
    for setting in &side.effective {
        let same = |(row, _): &&mut (&Setting, Vec<&str>)| {
            let key = |it: &Setting| (it.element.clone(), it.name.clone(), it.claimed.clone(), it.found.clone());
            key(row) == key(setting)
        };
        match rows.iter_mut().find(same) {
            Some((_, nodes)) => nodes.push(setting.node.as_str()),
            None => rows.push((setting, vec![setting.node.as_str()])),
        }
    }
    let words = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    let row = |(setting, mut nodes): (&Setting, Vec<&str>)| {
        nodes.dedup();
        let mark = if setting.differs { " (differs)" } else { "" };
        let found = format!("{}{mark}", words(&setting.found));
        [format!("{} {}", setting.element, setting.name), nodes.join(", "), words(&setting.claimed), found]
    };
    rows.into_iter().map(row).collect()
}

/// What a team accepts, and what of it occurs no longer.
fn asides(report: &GateReport) -> impl Iterator<Item = (&'static str, &Vec<String>)> {
    let all = [("accepted", &report.accepted), ("accepted, and occurs no longer", &report.stale)];
    all.into_iter().filter(|(_, lines)| !lines.is_empty())
}

/// What is compared beside guarantees, one line each.
fn compared(report: &GateReport) -> Vec<String> {
    let problems = report.problems.iter().map(|problem| format!("logged {}", problem.line()));
    report.changes.iter().map(MeasureChange::line).chain(problems).collect()
}

/// Every guarantee of the runs that decide, each with its run.
fn guarantees(side: &Side) -> impl Iterator<Item = (&RunResult, &Tested)> {
    side.deciding().flat_map(|run| run.tested.iter().map(move |tested| (run, tested)))
}
