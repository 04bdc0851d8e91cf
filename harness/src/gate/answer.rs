//! The answer of a gate, from what its runs showed.

use super::choice::Role;
use super::compare::compare;
use super::result::{GateReport, Side, Tested};
use crate::verdict::Status;

impl GateReport {
    /// The answer to one side, or to two that were compared.
    pub fn of(side: Side, against: Option<Side>) -> Self {
        let (lost, gained) = against.as_ref().map(|against| compare(against, &side)).unwrap_or_default();
        let mut red = vec![];
        let mut open = vec![];
        if !side.lint.errors.is_empty() {
            red.push(format!("the linter found {}", counted(side.lint.errors.len(), "error")));
        }
        for run in &side.runs {
            let said = run.because.clone().or_else(|| run.worst().map(Tested::line));
            let line = format!("{}: {}", run.name, said.unwrap_or_else(|| "it was not decided".to_owned()));
            match (run.role, run.status) {
                (_, Status::Holds) => {}
                (Role::Decides, Status::Violated) => red.push(line),
                (Role::Control, _) | (Role::Decides, Status::Unknown) => open.push(line),
            }
        }
        red.extend(lost.iter().map(|change| format!("lost: {}, {}", change.guarantee, change.now)));
        let others = against.iter().flat_map(|against| &against.runs).filter(|run| run.status == Status::Unknown);
        open.extend(others.map(|run| format!("{} of what it is compared with was not decided", run.name)));
        open.extend(side.left_out.iter().map(|left| format!("left out: {left}")));
        for setting in side.effective.iter().filter(|setting| setting.differs) {
            let line = format!("not as the files claim: {}", setting.line());
            if setting.of_replication { red.push(line) } else { open.push(line) }
        }
        if side.deciding().next().is_none() {
            open.push("nothing was run".to_owned());
        }
        let status = match (red.is_empty(), open.is_empty()) {
            (false, _) => Status::Violated,
            (true, false) => Status::Unknown,
            (true, true) => Status::Holds,
        };
        let because = red.into_iter().chain(open).collect();
        Self { format: 1, status, because, side, against, lost, gained }
    }
}

/// `1 error`, `2 errors`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
