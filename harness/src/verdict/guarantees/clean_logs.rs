//! No node logs a WARNING or SEVERE but those that are known to be harmless, each only near what explains it.

use std::time::Duration;

use super::super::records::{names, stopped_log};
use super::super::timeline::FOREVER;
use super::super::view::View;
use super::harmless_lines::{HARMLESS, Near};
use super::judgement::{Breach, Judgement};
use crate::history::{Event, LogLine, Nanos, RecordKind};
use crate::model::NodeName;

/// How long what happened explains what is logged: membership takes up to 10 s to evict, and a log is read a little later
/// than it is written.
const NEAR: Duration = Duration::from_secs(30);

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let (starts, faults) = (starts(view), faults(view));
    let (mut kinds, mut harmless) = (Vec::new(), 0);
    for (index, record) in view.history.records.iter().enumerate() {
        let RecordKind::Log(line) = &record.kind else { continue };
        if !matches!(line.level.as_str(), "WARNING" | "SEVERE") {
            continue;
        }
        let near = |near| {
            about(view, line, index).into_iter().all(|about| {
                covers(&starts, record.at, about) || (near == Near::Fault && covers(&faults, record.at, about))
            })
        };
        let allowed = view.plan.harmless.iter().any(|text| line.message.contains(text));
        match HARMLESS.iter().find(|known| line.message.contains(known.text)) {
            _ if allowed => harmless += 1,
            Some(known) if near(known.near) => harmless += 1,
            known => Kind::add(&mut kinds, line, (index, record.at), known.is_some()),
        }
    }
    if let Some(violated) = Judgement::violated(Kind::breaches(kinds)) {
        return violated;
    }
    if let Some(silent) = stopped_log(view) {
        return Judgement::unknown(silent);
    }
    if let Some(level) = other_language(view) {
        return Judgement::unknown(format!(
            "the logs name their levels in another language ({level}): a WARNING or SEVERE has another name there"
        ));
    }
    Judgement::holds(format!("{harmless} lines of level WARNING or SEVERE, all known to be harmless where they were"))
}

/// A level that is none of `java.util.logging`'s own names.
fn other_language<'a>(view: &View<'a>) -> Option<&'a str> {
    const LEVELS: [&str; 7] = ["SEVERE", "WARNING", "INFO", "CONFIG", "FINE", "FINER", "FINEST"];
    view.history.records.iter().find_map(|record| match &record.kind {
        RecordKind::Log(line) if !LEVELS.contains(&line.level.as_str()) => Some(line.level.as_str()),
        _ => None,
    })
}

/// How much of a message is shown.
const SHOWN: usize = 200;
/// How many kinds of lines a reason names.
const NAMED: usize = 3;

/// Lines of one kind: they differ in numbers and names only.
struct Kind<'a> {
    form: String,
    first: &'a LogLine,
    /// The records, and when the first was.
    records: Vec<usize>,
    at: Nanos,
    /// Whether one of them is known to be harmless elsewhere.
    known: bool,
}

impl<'a> Kind<'a> {
    fn add(kinds: &mut Vec<Self>, line: &'a LogLine, (record, at): (usize, Nanos), known: bool) {
        let form = form(line);
        match kinds.iter_mut().find(|kind| kind.form == form) {
            Some(kind) => kind.records.push(record),
            None => kinds.push(Self { form, first: line, records: vec![record], at, known }),
        }
    }

    /// One breach a kind, the worst first: what is SEVERE, then what was logged most often, then what was first.
    fn breaches(mut kinds: Vec<Self>) -> Vec<Breach> {
        kinds.sort_by_key(|kind| (kind.first.level != "SEVERE", std::cmp::Reverse(kind.records.len()), kind.at));
        let others: Vec<String> = kinds.iter().take(NAMED).skip(1).map(Self::in_words).collect();
        let at = kinds.iter().map(|kind| kind.at).min().unwrap_or_default();
        let breach = |(place, kind): (usize, &Self)| {
            let because = std::iter::once(kind.in_words()).chain(others.iter().filter(|_| place == 0).cloned());
            let because = because.collect::<Vec<_>>().join("; ");
            let first = Breach::shown(at, kind.records[0], because);
            kind.records[1..].iter().fold(first, |breach, record| breach.beside(*record))
        };
        // What was named with the worst is not counted once more.
        kinds.iter().enumerate().filter(|(place, _)| *place == 0 || NAMED <= *place).map(breach).collect()
    }

    fn in_words(&self) -> String {
        let Self { first: line, records, known, .. } = self;
        let far = if *known { ", which is harmless only near a fault or a start" } else { "" };
        let times = if records.len() > 1 { format!(" ({} such lines)", records.len()) } else { String::new() };
        let message: String = line.message.chars().take(SHOWN).collect();
        format!("{} logged {} {}: {message}{far}{times}", line.node, line.level, line.logger)
    }
}

/// What lines of one kind have in common: level, logger, and the message without what has digits in it or is in brackets.
fn form(line: &LogLine) -> String {
    let mut form = format!("{} {}", line.level, line.logger);
    let mut depth = 0_usize;
    for word in line.message.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '[' | ']')) {
        if depth == 0 && !word.contains(|c: char| c.is_ascii_digit()) {
            form.push_str(word);
        }
        depth = (depth + word.matches('[').count()).saturating_sub(word.matches(']').count());
    }
    form
}

/// From when to when something went on that explains lines, and on which node, where it is one.
type Spans<'a> = Vec<(Nanos, Nanos, Option<&'a NodeName>)>;

/// Whether an instant lies in one of some times that are about these nodes; about none in particular: in any.
fn covers(spans: &Spans<'_>, at: Nanos, about: Option<[&NodeName; 2]>) -> bool {
    let fits = |node: Option<&NodeName>| about.zip(node).is_none_or(|(about, node)| about.contains(&node));
    spans.iter().any(|(from, until, node)| *from <= at && at <= *until && fits(*node))
}

/// The node that a line names as a member, and the one that logged it; `None` where it names none alone, but each of those to
/// which it says that nothing was sent.
fn about<'a>(view: &View<'a>, line: &'a LogLine, record: usize) -> Vec<Option<[&'a NodeName; 2]>> {
    let named: Vec<_> = view.plan.topology.names().filter(|node| names(view, record, node)).collect();
    match named[..] {
        [_] => {}
        [_, ..] if line.message.contains("Faulty members") => {}
        _ => return vec![None],
    }
    named.into_iter().map(|node| Some([node, &line.node])).collect()
}

/// The starts of nodes and the deployments.
fn starts<'a>(view: &View<'a>) -> Spans<'a> {
    let starts = view.events().filter_map(|(_, at, event)| match event {
        Event::NodeStarts { node } | Event::NodeReady { node } => Some((at, at.after(NEAR), Some(node))),
        Event::WarDropped { .. } | Event::Deployed { .. } => Some((at, at.after(NEAR), None)),
        _ => None,
    });
    starts.collect()
}

/// The faults, each until it was undone; what ends a node is over at once. Behind the last step all nodes are ended, in no
/// order; what a node logged before, and is read only then, counts like any other line.
fn faults<'a>(view: &View<'a>) -> Spans<'a> {
    let steps = view.events().filter(|(_, _, event)| matches!(event, Event::StepEnds { .. })).map(|(_, at, _)| at);
    let end = steps.max().map(|over| (over, FOREVER, None));
    let faults = view.timeline.faults.iter().map(|fault| {
        let lasts = fault.kind.is_undone_in_place();
        let ends = fault.healed.or_else(|| if lasts { None } else { Some(fault.hit().unwrap_or(fault.asked)) });
        (fault.asked, ends.map_or(FOREVER, |end| end.after(NEAR)), Some(fault.node))
    });
    faults
        .chain(view.timeline.deaths.iter().map(|(at, node, ..)| (*at, at.after(NEAR), Some(*node))))
        .chain(end)
        .collect()
}
