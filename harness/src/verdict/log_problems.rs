//! The last line of a node's log that reports a failure, as long as nothing is known that makes it harmless.

use std::collections::BTreeMap;
use std::time::Duration;

use super::guarantees::harmless_lines::{HARMLESS, Near};
use crate::history::{Event, FaultPhase, History, LogClass, LogLine, Nanos, RecordKind};
use crate::model::NodeName;

/// How long what happened explains what is logged: as for the guarantee `clean-logs`.
const NEAR: Duration = Duration::from_secs(30);

/// Since when something was going on that explains lines, and until when it does.
type Span = (Nanos, Option<Nanos>);

/// The last line of a node that reports a failure, whatever it may mean. A line that healthy servers log near the start of a
/// node, or near a fault, is none there.
pub fn last_problem<'h>(history: &'h History, node: &NodeName) -> Option<&'h LogLine> {
    unexplained(history, history.records.iter().rev().map(|record| (record.at, &record.kind)))
        .find(|line| line.node == *node)
}

/// The lines that report a failure, in their order, without those that healthy servers log near the start of a node, or near a
/// fault.
pub fn log_problems(history: &History) -> impl Iterator<Item = &LogLine> {
    unexplained(history, history.records.iter().map(|record| (record.at, &record.kind)))
}

fn unexplained<'h>(
    history: &'h History,
    records: impl Iterator<Item = (Nanos, &'h RecordKind)>,
) -> impl Iterator<Item = &'h LogLine> {
    let mut spans: Option<(Vec<Span>, Vec<Span>)> = None;
    records.filter_map(move |(at, record)| {
        let RecordKind::Log(line) = record else { return None };
        if !reports_a_failure(line) {
            return None;
        }
        let Some(known) = HARMLESS.iter().find(|known| line.message.contains(known.text)) else { return Some(line) };
        let (starts, faults) = spans.get_or_insert_with(|| self::spans(history));
        let covered = |spans: &[Span]| {
            spans.iter().any(|(from, until)| *from <= at && until.is_none_or(|until| at <= until.after(NEAR)))
        };
        let explained = covered(starts) || (known.near == Near::Fault && covered(faults));
        (!explained).then_some(line)
    })
}

/// Whether a line reports a failure, whatever it may mean.
fn reports_a_failure(line: &LogLine) -> bool {
    matches!(line.level.as_str(), "WARNING" | "SEVERE") || line.class == LogClass::AddressInUse
}

/// The starts of nodes and apps, and the faults, each until it was undone; what ends a node is over when it has hit.
fn spans(history: &History) -> (Vec<Span>, Vec<Span>) {
    let (mut starts, mut faults): (Vec<Span>, BTreeMap<u32, Span>) = (vec![], BTreeMap::new());
    let mut deaths = vec![];
    for record in &history.records {
        let at = record.at;
        match &record.kind {
            RecordKind::Event(
                Event::NodeStarts { .. } | Event::NodeReady { .. } | Event::WarDropped { .. } | Event::Deployed { .. },
            ) => starts.push((at, Some(at))),
            RecordKind::Event(Event::NodeDied { .. }) => deaths.push((at, Some(at))),
            RecordKind::Fault { fault, kind, phase, .. } => {
                let span = faults.entry(*fault).or_insert((at, None));
                match phase {
                    FaultPhase::Asked => {}
                    FaultPhase::Hit { .. } if kind.is_undone_in_place() => {}
                    FaultPhase::Hit { .. } | FaultPhase::Missed { .. } | FaultPhase::Healed { .. } => span.1 = Some(at),
                }
            }
            _ => {}
        }
    }
    (starts, faults.into_values().chain(deaths).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Record;
    use crate::model::FaultKind;

    const TRANSFER: &str =
        "In reply to the 'Get all session data' message a 'No matching context manager' message came";

    fn at(seconds: u64, kind: RecordKind) -> Record {
        Record { at: Nanos(seconds * 1_000_000_000), kind }
    }

    fn line(level: &str, message: &str) -> RecordKind {
        RecordKind::Log(LogLine {
            node: NodeName::nth(0),
            node_time: String::new(),
            level: level.to_owned(),
            logger: "x".to_owned(),
            message: message.to_owned(),
            class: LogClass::OtherWarning,
        })
    }

    fn shown(records: Vec<Record>) -> Option<String> {
        let history = History { records };
        last_problem(&history, &NodeName::nth(0)).map(|line| line.message.clone())
    }

    #[test]
    fn what_a_healthy_start_logs_is_no_problem_and_anything_else_is() {
        let starts = || at(1, RecordKind::Event(Event::NodeStarts { node: NodeName::nth(1) }));
        assert_eq!(shown(vec![starts(), at(2, line("WARNING", TRANSFER))]), None);
        assert_eq!(shown(vec![starts(), at(60, line("WARNING", TRANSFER))]).as_deref(), Some(TRANSFER));
        let asked_in_vain = || at(2, line("WARNING", "Received 0 replies, probably a timeout."));
        assert_eq!(shown(vec![starts(), asked_in_vain()]), None, "a peer that starts as well, on a busy machine");
        assert!(shown(vec![asked_in_vain()]).is_some(), "nobody starts");
        assert_eq!(shown(vec![starts(), at(2, line("INFO", "all is well"))]), None);
        let both = vec![starts(), at(2, line("SEVERE", "out of memory")), at(3, line("WARNING", TRANSFER))];
        assert_eq!(shown(both).as_deref(), Some("out of memory"));
    }

    #[test]
    fn what_a_fault_explains_is_no_problem_as_long_as_it_does() {
        let fault = |phase| RecordKind::Fault { fault: 1, kind: FaultKind::Pause, node: NodeName::nth(1), phase };
        let failing = || line("WARNING", "Member send is failing for:[tcp://n2]");
        let begins = || at(1, fault(FaultPhase::Hit { proof: "stopped".to_owned() }));
        assert_eq!(shown(vec![begins(), at(100, failing())]), None, "it lasts");
        let healed = || at(10, fault(FaultPhase::Healed { effect: None }));
        assert_eq!(shown(vec![begins(), healed(), at(20, failing())]), None);
        assert!(shown(vec![begins(), healed(), at(100, failing())]).is_some());
        let history = History {
            records: vec![begins(), at(2, line("SEVERE", "x")), at(3, failing()), at(4, line("SEVERE", "y"))],
        };
        let all: Vec<&str> = log_problems(&history).map(|line| line.message.as_str()).collect();
        assert_eq!(all, ["x", "y"]);
        assert!(shown(vec![at(1, failing())]).is_some());
    }
}
