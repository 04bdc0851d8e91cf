//! The counter app's operations, each with its end.

use std::collections::HashMap;

use super::timeline::{FOREVER, Timeline, in_time};
use crate::history::{CounterReply, History, Nanos, OperationId, Outcome, RecordKind, Reply};
use crate::model::plan::AppRequest;
use crate::model::{ClientName, NodeName, SessionId};

/// A request to the counter app.
#[derive(Debug)]
pub(super) struct Operation<'a> {
    pub(super) id: OperationId,
    pub(super) client: &'a ClientName,
    pub(super) node: &'a NodeName,
    pub(super) request: AppRequest,
    /// The path that was asked for, without its query.
    pub(super) path: &'a str,
    /// The id in the client's cookie.
    pub(super) sent: Option<&'a SessionId>,
    pub(super) invoked: Nanos,
    /// `None` while it is open.
    pub(super) completed: Option<Nanos>,
    pub(super) fate: Fate<'a>,
    /// Until when it may have changed something: to its complete answer, of whatever status; where none came, while its
    /// node's process lives.
    pub(super) acts_until: Nanos,
    /// The record of its end, or of its invocation while it is open.
    pub(super) record: usize,
}

/// What became of an operation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate<'a> {
    /// The app answered.
    Landed(&'a Reply, &'a CounterReply),
    /// It had no effect.
    Nothing,
    /// It may have landed, or may still land: unknown, still open, or answered by something else than the app.
    Perhaps(Option<&'a Reply>),
}

impl<'a> Operation<'a> {
    /// The app's answer.
    pub(super) fn answer(&self) -> Option<&'a CounterReply> {
        match self.fate {
            Fate::Landed(_, counter) => Some(counter),
            Fate::Nothing | Fate::Perhaps(_) => None,
        }
    }

    /// The session id that its answer gives, by the app's word or by a cookie.
    pub(super) fn received(&self) -> Option<&'a str> {
        let (reply, counter) = match self.fate {
            Fate::Landed(reply, counter) => (reply, Some(counter)),
            Fate::Perhaps(Some(reply)) => (reply, reply.counter.as_ref()),
            Fate::Nothing | Fate::Perhaps(None) => return None,
        };
        match counter {
            Some(counter) => counter.session.as_ref().map(SessionId::as_str),
            None => reply.set_cookie.last().and_then(|cookie| cookie_value(cookie)),
        }
    }

    /// As in `#6 (count on n2)`.
    pub(super) fn name(&self) -> String {
        format!("{} ({} on {})", self.id, self.request.page().trim_end_matches(".jsp"), self.node)
    }
}

/// The value in `NAME=VALUE; Path=…`.
pub(super) fn cookie_value(cookie: &str) -> Option<&str> {
    let (_, value) = cookie.split(';').next()?.split_once('=')?;
    Some(value.trim().trim_matches('"'))
}

/// The part of a session id before its first dot.
pub(super) fn stem(id: &str) -> &str {
    id.split_once('.').map_or(id, |(stem, _)| stem)
}

/// The part of a session id behind its first dot, where there is one.
pub(super) fn route(id: &str) -> Option<&str> {
    id.split_once('.').map(|(_, route)| route)
}

/// The path in `GET /shop/cart?page=2`.
pub(super) fn path(target: &str) -> &str {
    let path = target.split_once(' ').map_or(target, |(_, path)| path);
    path.split(['?', '#', ';']).next().unwrap_or(path)
}

/// All operations of the counter app by the instant of their invocation. A second end of an operation is left out here;
/// it is an assumption that there is none.
pub(super) fn operations<'a>(history: &'a History, timeline: &Timeline<'_>) -> Vec<Operation<'a>> {
    let mut operations: Vec<Operation<'_>> = Vec::new();
    let mut by_id = HashMap::new();
    for index in in_time(history) {
        let record = &history.records[index];
        match &record.kind {
            RecordKind::Invoke { operation, client, node, request: Some(request), target, session } => {
                by_id.entry(*operation).or_insert(operations.len());
                operations.push(Operation {
                    id: *operation,
                    client,
                    node,
                    request: *request,
                    path: path(target),
                    sent: session.as_ref(),
                    invoked: record.at,
                    completed: None,
                    fate: Fate::Perhaps(None),
                    acts_until: FOREVER,
                    record: index,
                });
            }
            RecordKind::Complete { operation, outcome } => {
                let known = by_id.get(operation).and_then(|index: &usize| operations.get_mut(*index));
                if let Some(operation) = known.filter(|operation| operation.completed.is_none()) {
                    operation.completed = Some(record.at);
                    operation.record = index;
                    operation.fate = fate(outcome);
                    if is_complete(outcome) {
                        operation.acts_until = record.at;
                    }
                }
            }
            _ => {}
        }
    }
    for operation in &mut operations {
        if matches!(operation.fate, Fate::Landed(..) | Fate::Nothing) || operation.acts_until != FOREVER {
            continue;
        }
        if timeline.dead(operation.node, operation.invoked, operation.completed.unwrap_or(FOREVER)) {
            // Nobody was there to take it.
            (operation.fate, operation.acts_until) = (Fate::Nothing, operation.invoked);
        } else {
            operation.acts_until = timeline.end_of(operation.node, operation.invoked);
        }
    }
    operations
}

/// Whether the answer came whole, of whatever status: what the request did is done then. A body that was cut off may belong
/// to a request that still runs.
pub(super) fn is_complete(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Ok { .. } | Outcome::Failed { .. } => true,
        Outcome::Unknown { why, reply: Some(_) } => {
            // In older histories it is "no JSON".
            ["HTTP ", "the answer is not JSON", "the answer is no JSON"].iter().any(|begins| why.starts_with(begins))
        }
        Outcome::Unknown { reply: None, .. } => false,
    }
}

fn fate(outcome: &Outcome) -> Fate<'_> {
    match outcome {
        Outcome::Ok { reply } => match &reply.counter {
            Some(counter) if (200..300).contains(&reply.status) => Fate::Landed(reply, counter),
            _ => Fate::Perhaps(Some(reply)),
        },
        Outcome::Failed { .. } => Fate::Nothing,
        Outcome::Unknown { reply, .. } => Fate::Perhaps(reply.as_ref()),
    }
}
