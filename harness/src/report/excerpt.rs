//! What lies behind a violation: the records around it, and the copy of its session that each node was seen to hold
//! before and after.

use serde::Serialize;

use super::rows::Row;
use crate::history::{FaultPhase, History, NodeObservation, Outcome, RecordKind, ReplicaRole, Seen, SessionReplica};
use crate::model::{NodeName, SessionId};
use crate::verdict::{self, Status};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// What was violated.
    pub name: String,
    /// One sentence that says how.
    pub because: String,
    /// The record that shows it, as an index into the history.
    pub record: Option<usize>,
    /// The records around it, one a line; those that are evidence begin with `>`.
    pub lines: Vec<String>,
    /// The session, by the stem of its id, where the violation is about one.
    pub session: Option<String>,
    /// What each node was seen to hold of it.
    pub copies: Vec<NodeCopies>,
}

/// What a node was seen to hold of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeCopies {
    /// The node.
    pub node: NodeName,
    /// The last look at it that ended before the violation.
    pub before: Option<Copy>,
    /// The first look that began after it.
    pub after: Option<Copy>,
}

/// What one look showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copy {
    /// The record of the look.
    pub record: usize,
    /// The copy in words, or that there was none.
    pub shown: String,
}

/// The excerpts of all violations that count, in the order of the rows.
pub fn excerpts(rows: &[Row<'_>], nodes: &[NodeName], history: &History) -> Vec<Excerpt> {
    let violated = rows.iter().filter(|row| row.counts() == Some(Status::Violated));
    violated.map(|row| Excerpt::of(row, nodes, history)).collect()
}

/// The records around the first violation that counts; none where there is no violation.
pub fn around_the_first(rows: &[Row<'_>], history: &History) -> Vec<String> {
    let violated = rows.iter().filter(|row| row.counts() == Some(Status::Violated));
    let first = violated.min_by_key(|row| evidence(row, history).first().copied().unwrap_or(usize::MAX));
    first.map(|row| verdict::around(&evidence(row, history), history)).unwrap_or_default()
}

impl Excerpt {
    fn of(row: &Row<'_>, nodes: &[NodeName], history: &History) -> Self {
        let evidence = evidence(row, history);
        let record = row.evidence.first().copied();
        let session = record.and_then(|record| session_of(record, row, history)).map(|id| id.stem().to_owned());
        let copies = match (&session, record) {
            (Some(stem), Some(record)) => nodes.iter().map(|node| copies(node, stem, record, history)).collect(),
            _ => vec![],
        };
        let (name, because) = (row.name.clone(), row.because.to_owned());
        Self { name, because, record, lines: verdict::around(&evidence, history), session, copies }
    }
}

/// The records that a row rests on. A measure that is too high names none: then the ends of its operations are taken, or
/// else all faults.
pub(super) fn evidence(row: &Row<'_>, history: &History) -> Vec<usize> {
    if !row.evidence.is_empty() {
        return row.evidence.to_vec();
    }
    let of = |wanted: &dyn Fn(&RecordKind) -> bool| -> Vec<usize> {
        let records = history.records.iter().enumerate().filter(|(_, record)| wanted(&record.kind));
        records.map(|(index, _)| index).collect()
    };
    if row.rests_on.is_empty() {
        return of(&|kind| matches!(kind, RecordKind::Fault { phase: FaultPhase::Hit { .. }, .. }));
    }
    of(&|kind| matches!(kind, RecordKind::Complete { operation, .. } if row.rests_on.contains(operation)))
}

/// The session that a violation is about: the one that its request was sent with, or else the one that was answered.
fn session_of<'a>(record: usize, row: &Row<'_>, history: &'a History) -> Option<&'a SessionId> {
    let operation = match &history.records.get(record)?.kind {
        RecordKind::Invoke { operation, .. } | RecordKind::Complete { operation, .. } => *operation,
        _ => *row.rests_on.first()?,
    };
    let sent = history.records.iter().find_map(|record| match &record.kind {
        RecordKind::Invoke { operation: of, session, .. } if *of == operation => session.as_ref(),
        _ => None,
    });
    sent.or_else(|| {
        history.records.iter().find_map(|record| match &record.kind {
            RecordKind::Complete { operation: of, outcome: Outcome::Ok { reply } } if *of == operation => {
                reply.counter.as_ref()?.session.as_ref()
            }
            _ => None,
        })
    })
}

fn copies(node: &NodeName, stem: &str, record: usize, history: &History) -> NodeCopies {
    let at = history.records[record].at;
    let looks = || {
        history.records.iter().enumerate().filter_map(move |(index, record)| match &record.kind {
            RecordKind::Observe(look) if look.node == *node => Some((index, record.at, look)),
            _ => None,
        })
    };
    let copy = |index: usize, look: &NodeObservation| {
        let shown = shown(look, stem)?;
        Some(Copy { record: index, shown })
    };
    let before =
        looks().filter(|(_, ended, _)| *ended <= at).filter_map(|(index, _, look)| copy(index, look)).next_back();
    let after = looks().filter(|(.., look)| at <= look.asked).find_map(|(index, _, look)| copy(index, look));
    NodeCopies { node: node.clone(), before, after }
}

/// What a look says of a session; `None` where sessions were not asked for.
fn shown(look: &NodeObservation, stem: &str) -> Option<String> {
    let state = match &look.seen {
        Seen::State(state) => state,
        Seen::Dead(why) => return Some(format!("no answer: {why}")),
    };
    let contexts = || state.contexts.iter().filter(|context| look.question.covers(&context.path));
    let held: Vec<String> = contexts()
        .flat_map(|context| &context.sessions)
        .filter(|replica| replica.id.stem() == stem)
        .map(in_words)
        .collect();
    match held.is_empty() {
        true if contexts().next().is_none() => None,
        true => Some("no copy".to_owned()),
        false => Some(held.join("; ")),
    }
}

fn in_words(replica: &SessionReplica) -> String {
    let role = match replica.role {
        ReplicaRole::Primary => "primary",
        ReplicaRole::Replica => "replica",
        ReplicaRole::Backup => "backup",
        ReplicaRole::Proxy => "proxy",
        ReplicaRole::Local => "local",
    };
    let valid = if replica.valid { "" } else { ", invalid" };
    let attributes: Vec<String> =
        replica.attributes.iter().map(|(name, attribute)| format!("{name} {}", attribute.value)).collect();
    let attributes = if attributes.is_empty() { "no attributes".to_owned() } else { attributes.join(", ") };
    format!("{} ({role}{valid}): {attributes}", replica.id)
}

#[cfg(test)]
mod tests {
    use super::super::rows::rows;
    use super::super::sample::{plan, violated};
    use super::*;
    use crate::verdict::Expectation;

    #[test]
    fn a_violation_comes_with_its_records_and_the_copy_of_each_node() {
        let (summary, history) = violated();
        let nodes: Vec<NodeName> = plan().topology.names().cloned().collect();
        let excerpts = excerpts(&rows(&summary.verdict), &nodes, &history);
        let [lost] = &excerpts[..] else { panic!("one violation counts: {excerpts:?}") };
        assert_eq!((lost.name.as_str(), lost.session.as_deref()), ("acknowledged-writes-survive", Some("AB12")));
        assert!(lost.lines.iter().any(|line| line.starts_with('>')), "{lost:?}");
        let [n1, n2] = &lost.copies[..] else { panic!("two nodes: {lost:?}") };
        assert_eq!((&n1.before, &n1.after), (&None, &None), "nobody looked at n1");
        let shown = |copy: &Option<Copy>| copy.as_ref().map(|copy| copy.shown.clone()).unwrap_or_default();
        assert!(shown(&n2.before).contains("count 1") && shown(&n2.after).contains("count 2"), "{n2:?}");
    }

    #[test]
    fn a_violated_expectation_has_an_excerpt_too() {
        let (mut summary, history) = violated();
        summary.verdict.guarantees.clear();
        let (what, because) = ("step 4: count 2".to_owned(), "#3 showed count 1".to_owned());
        let (rests_on, evidence) = (vec![], vec![12]);
        let expectation = Expectation { what, status: Status::Violated, because, rests_on, evidence };
        summary.verdict.expectations = vec![expectation];
        let rows = rows(&summary.verdict);
        assert_ne!(around_the_first(&rows, &history), Vec::<String>::new());
        let excerpts = excerpts(&rows, &[], &history);
        assert_eq!(excerpts[0].name, "expected: step 4: count 2");
        assert_eq!(excerpts[0].session.as_deref(), Some("AB12"));
    }
}
