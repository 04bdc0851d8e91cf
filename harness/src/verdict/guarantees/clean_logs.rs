//! No node logs a WARNING or SEVERE but those that are known to be harmless, each only near what explains it.

use std::time::Duration;

use super::super::records::silent_log;
use super::super::timeline::FOREVER;
use super::super::view::View;
use super::harmless_lines::{HARMLESS, Near};
use super::judgement::{Breach, Judgement};
use crate::history::{Event, LogLine, Nanos, RecordKind};

/// How long what happened explains what is logged: membership takes up to 10 s to evict, and a log is read a little later
/// than it is written.
const NEAR: Duration = Duration::from_secs(30);

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let (starts, faults) = (starts(view), faults(view));
    let (mut breaches, mut harmless) = (Vec::new(), 0);
    for (index, record) in view.history.records.iter().enumerate() {
        let RecordKind::Log(line) = &record.kind else { continue };
        if !matches!(line.level.as_str(), "WARNING" | "SEVERE") {
            continue;
        }
        let near = |near| match near {
            Near::Start => covers(&starts, record.at),
            Near::Fault => covers(&faults, record.at) || covers(&starts, record.at),
        };
        match HARMLESS.iter().find(|known| line.message.contains(known.text)) {
            Some(known) if near(known.near) => harmless += 1,
            known => breaches.push(breach(line, index, record.at, known.is_some())),
        }
    }
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    if let Some(silent) = silent_log(view) {
        return Judgement::unknown(silent);
    }
    Judgement::holds(format!("{harmless} lines of level WARNING or SEVERE, all known to be harmless where they were"))
}

fn breach(line: &LogLine, record: usize, at: Nanos, known: bool) -> Breach {
    let far = if known { ", which is harmless only near a fault or a start" } else { "" };
    let message: String = line.message.chars().take(200).collect();
    let because = format!("{} logged {} {}: {message}{far}", line.node, line.level, line.logger);
    Breach::shown(at, record, because)
}

type Spans = Vec<(Nanos, Nanos)>;

fn covers(spans: &Spans, at: Nanos) -> bool {
    spans.iter().any(|(from, until)| *from <= at && at <= *until)
}

fn after(at: Nanos) -> Nanos {
    Nanos(at.0.saturating_add(u64::try_from(NEAR.as_nanos()).unwrap_or(u64::MAX)))
}

/// The starts of nodes and the deployments.
fn starts(view: &View<'_>) -> Spans {
    let starts = view.events().filter_map(|(_, at, event)| match event {
        Event::NodeStarts { .. } | Event::NodeReady { .. } | Event::WarDropped { .. } | Event::Deployed { .. } => {
            Some((at, after(at)))
        }
        _ => None,
    });
    starts.collect()
}

/// The faults, each until it was undone; what ends a node is over at once. Behind the last step all nodes are ended, in no
/// order; what a node logged before, and is read only then, counts like any other line.
fn faults(view: &View<'_>) -> Spans {
    let steps = view.events().filter(|(_, _, event)| matches!(event, Event::StepEnds { .. })).map(|(_, at, _)| at);
    let end = steps.max().map(|over| (over, FOREVER));
    let faults = view.timeline.faults.iter().map(|fault| {
        let lasts = fault.kind.is_undone_in_place();
        let ends = fault.healed.or_else(|| if lasts { None } else { Some(fault.hit().unwrap_or(fault.asked)) });
        (fault.asked, ends.map_or(FOREVER, after))
    });
    faults.chain(view.timeline.deaths.iter().map(|(at, ..)| (*at, after(*at)))).chain(end).collect()
}
