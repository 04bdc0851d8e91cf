//! Requests to the counter app that are none of its operations, as with a header or a query of somebody's own: nobody knows how
//! often they count.

use std::collections::{BTreeSet, HashSet};

use super::operations::{cookie_value, path, stem};
use crate::history::{History, Outcome, RecordKind};
use crate::model::ContextPath;

/// The stems of the sessions that such requests sent or were given.
pub(super) fn asked_otherwise<'a>(history: &'a History, counters: &BTreeSet<&ContextPath>) -> HashSet<&'a str> {
    let (mut stems, mut open) = (HashSet::new(), HashSet::new());
    for record in &history.records {
        match &record.kind {
            RecordKind::Invoke { operation, request: None, target, session, .. }
                if ContextPath::serving(path(target), counters.iter().copied()).is_some() =>
            {
                open.insert(*operation);
                stems.extend(session.as_ref().map(|id| stem(id.as_str())));
            }
            RecordKind::Complete { operation, outcome: Outcome::Ok { reply }, .. } if open.contains(operation) => {
                stems.extend(reply.set_cookie.last().and_then(|cookie| cookie_value(cookie)).map(stem));
            }
            _ => {}
        }
    }
    stems
}
