//! Problems that nodes log: the likely cause of a run's failure, and what only one of two sides logs.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::ProblemChange;
use super::choice::Role;
use super::matter::without_numbers;
use super::result::Side;
use crate::history::{History, LogLine, RecordKind};
use crate::verdict;

/// How many lines are shown.
const MOST: usize = 3;
/// The longest part of a line that is shown.
const MOST_CHARACTERS: usize = 240;
/// Exceptions that name a cause in what is replicated, and not its consequences.
const CAUSES: [&str; 5] = [
    "InvalidClassException",
    "NotSerializableException",
    "ClassNotFoundException",
    "NoClassDefFoundError",
    "GeneralSecurityException",
];

/// What the nodes logged of failures, each once, the likely cause first; not what a fault of the run itself explains.
pub fn logged(history: &History) -> Vec<String> {
    let mut lines: Vec<(usize, String)> = vec![];
    for line in verdict::log_problems(history) {
        let cause = CAUSES.iter().position(|cause| line.message.contains(cause));
        let rank = cause.unwrap_or(if line.level == "SEVERE" { CAUSES.len() } else { CAUSES.len() + 1 });
        let text = format!("{} logged: {}", line.node, short(&line.message));
        if !lines.iter().any(|(_, known)| without_numbers(known) == without_numbers(&text)) {
            lines.push((rank, text));
        }
    }
    lines.sort_by_key(|(rank, _)| *rank);
    lines.into_iter().take(MOST).map(|(_, text)| text).collect()
}

/// What the nodes logged at SEVERE or WARNING, each once, whichever node it was.
pub fn problems(history: &History) -> BTreeSet<String> {
    bad(history).map(|line| format!("{} {}", line.level, without_numbers(&short(&line.message)))).collect()
}

fn bad(history: &History) -> impl Iterator<Item = &LogLine> {
    let lines = history.records.iter().filter_map(|record| match &record.kind {
        RecordKind::Log(line) => Some(line),
        _ => None,
    });
    lines.filter(|line| matches!(line.level.as_str(), "SEVERE" | "WARNING"))
}

/// A message up to where it is long enough; ids of sessions are others in each run.
fn short(message: &str) -> String {
    let words = message.split_whitespace().map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_hexdigit());
        if bare.len() >= 16 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()) { "…" } else { word }
    });
    let text = words.collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The problems that only one side logged.
pub(super) fn changes(before: &Side, now: &Side) -> Vec<ProblemChange> {
    let (old, new) = (counted(before), counted(now));
    let only = |here: &Counted, there: &Counted, is_new: bool| {
        let missing = here.1.iter().filter(|(problem, _)| !there.1.contains_key(*problem));
        let change = |(problem, runs): (&String, &usize)| ProblemChange {
            problem: problem.clone(),
            is_new,
            runs: *runs,
            of: here.0,
        };
        missing.map(change).collect::<Vec<_>>()
    };
    [only(&new, &old, true), only(&old, &new, false)].concat()
}

type Counted = (usize, BTreeMap<String, usize>);

fn counted(side: &Side) -> Counted {
    let mut all = BTreeMap::new();
    let runs: Vec<_> = side.runs.iter().filter(|run| run.role == Role::Decides).collect();
    for problem in runs.iter().flat_map(|run| &run.problems) {
        *all.entry(problem.clone()).or_insert(0) += 1;
    }
    (runs.len(), all)
}
