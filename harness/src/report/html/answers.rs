//! What apps other than the counter answered: one row for each node, request and status, with the first and the last body.

use std::collections::HashMap;

use serde::Serialize;

use crate::history::body::beginning;
use crate::history::{History, OperationId, Outcome, RecordKind, Reply};
use crate::model::NodeName;

/// So much of a body is shown; the record has the rest.
const SHOWN: usize = 240;
/// The most rows.
const MOST: usize = 200;

/// See the module.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Answers<'a> {
    rows: Vec<Answer<'a>>,
    /// How many rows there are that are not among those.
    left_out: usize,
}

/// Answers of one node to one request with one status.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    target: &'a str,
    node: &'a NodeName,
    status: u16,
    count: usize,
    first: Body,
    /// The last one, where it differs from the first.
    last: Option<Body>,
}

/// The body of one answer.
#[derive(Debug, Clone, Serialize)]
struct Body {
    record: usize,
    /// Its beginning; `None` where none was kept.
    text: Option<String>,
}

impl Body {
    fn of(record: usize, reply: &Reply) -> Self {
        Self { record, text: reply.body.as_ref().map(|body| beginning(body, SHOWN)) }
    }
}

impl<'a> Answers<'a> {
    /// All of a history, in order of their first appearance.
    pub(super) fn of(history: &'a History) -> Self {
        let mut asked: HashMap<OperationId, (&NodeName, &str)> = HashMap::new();
        let mut places: HashMap<(&str, &NodeName, u16), usize> = HashMap::new();
        let mut rows: Vec<Answer<'a>> = Vec::new();
        for (index, record) in history.records.iter().enumerate() {
            match &record.kind {
                RecordKind::Invoke { operation, node, target, request: None, .. } => {
                    asked.insert(*operation, (node, target));
                }
                RecordKind::Complete { operation, outcome } => {
                    let (Outcome::Ok { reply } | Outcome::Unknown { reply: Some(reply), .. }) = outcome else {
                        continue;
                    };
                    let Some((node, target)) = asked.remove(operation) else { continue };
                    let body = Body::of(index, reply);
                    let place = *places.entry((target, node, reply.status)).or_insert_with(|| {
                        rows.push(Answer {
                            target,
                            node,
                            status: reply.status,
                            count: 0,
                            first: body.clone(),
                            last: None,
                        });
                        rows.len() - 1
                    });
                    let row = &mut rows[place];
                    row.count += 1;
                    row.last = Some(body).filter(|body| body.text != row.first.text);
                }
                _ => {}
            }
        }
        let left_out = rows.len().saturating_sub(MOST);
        rows.truncate(MOST);
        Self { rows, left_out }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::history::{Nanos, Record};
    use crate::model::ClientName;

    #[test]
    fn answers_of_an_app_are_counted_by_node_request_and_status() {
        let node = NodeName::nth(0);
        let mut history = History::default();
        for (number, status, body) in [(1, 200, "one"), (2, 200, "one"), (3, 500, "broken"), (4, 200, "two")] {
            let operation = OperationId(number);
            let client = ClientName::new("alice").expect("a good name");
            let (target, session) = ("GET /shop/cart".to_owned(), None);
            let invoke = RecordKind::Invoke { operation, client, node: node.clone(), request: None, target, session };
            let (headers, body) = (BTreeMap::new(), Some(body.to_owned()));
            let reply = Reply { status, headers, body, ..Reply::default() };
            let complete = RecordKind::Complete { operation, outcome: Outcome::Ok { reply } };
            history.records.extend([invoke, complete].map(|kind| Record { at: Nanos(u64::from(number)), kind }));
        }
        let answers = Answers::of(&history);
        let of =
            |row: &Answer<'_>| (row.status, row.count, row.first.record, row.last.as_ref().map(|last| last.record));
        assert_eq!(answers.rows.iter().map(of).collect::<Vec<_>>(), [(200, 3, 1, Some(7)), (500, 1, 5, None)]);
    }
}
