//! An operation, as an expectation sees it.

use super::super::finding::{Expectation, Status};
use crate::history::{Nanos, OperationId, Outcome, Reply};
use crate::model::{ClientName, NodeName, SessionId};

/// An operation of any app, as an expectation sees it.
pub(super) struct Asked<'a> {
    pub(super) id: OperationId,
    pub(super) client: &'a ClientName,
    pub(super) node: &'a NodeName,
    /// Method, path and query.
    pub(super) target: &'a str,
    pub(super) sent: Option<&'a SessionId>,
    pub(super) invoked: Nanos,
    /// How it ended, when, and the record of its end.
    pub(super) end: Option<(Nanos, &'a Outcome, usize)>,
}

impl<'a> Asked<'a> {
    /// The answer, of whatever status.
    pub(super) fn reply(&self) -> Option<&'a Reply> {
        match self.end?.1 {
            Outcome::Ok { reply } | Outcome::Unknown { reply: Some(reply), .. } => Some(reply),
            Outcome::Failed { .. } | Outcome::Unknown { reply: None, .. } => None,
        }
    }
}

/// The session id that an answer gives.
pub(super) fn received(reply: &Reply) -> Option<&str> {
    match &reply.counter {
        Some(counter) => counter.session.as_ref().map(SessionId::as_str),
        None => reply.set_cookie.last().and_then(|cookie| super::super::operations::cookie_value(cookie)),
    }
}

pub(super) fn same<T: PartialEq>(wanted: &T, found: T, show: impl Fn(T) -> String) -> Result<String, String> {
    if *wanted == found { Ok(show(found)) } else { Err(show(found)) }
}

/// Judges the last operation of each client; the first that is not as expected decides.
pub(super) fn each(
    what: String,
    last: &[&Asked<'_>],
    of: impl Fn(&Asked<'_>) -> Result<String, String>,
) -> Expectation {
    let name = |asked: &Asked<'_>, shown: &str| format!("{} ({} on {}) {shown}", asked.id, asked.client, asked.node);
    let mut kept = None;
    for asked in last {
        let end = asked.end.map(|(_, _, record)| record);
        match of(asked) {
            Ok(shown) => kept = Some((name(asked, &shown), asked.id, end)),
            Err(shown) => {
                return Expectation {
                    what,
                    status: Status::Violated,
                    because: name(asked, &shown),
                    rests_on: vec![asked.id],
                    evidence: end.into_iter().collect(),
                };
            }
        }
    }
    match kept {
        Some((because, id, end)) => Expectation {
            what,
            status: Status::Holds,
            because: if last.len() > 1 { format!("{because}, as did {} others", last.len() - 1) } else { because },
            rests_on: vec![id],
            evidence: end.into_iter().collect(),
        },
        None => Expectation {
            what,
            status: Status::Unknown,
            because: "nothing was asked".to_owned(),
            rests_on: vec![],
            evidence: vec![],
        },
    }
}

pub(super) fn answered(
    what: String,
    last: &[&Asked<'_>],
    of: impl Fn(&Asked<'_>, &Reply) -> Result<String, String>,
) -> Expectation {
    each(what, last, |asked| match asked.reply() {
        Some(reply) => of(asked, reply),
        None => Err("was not answered".to_owned()),
    })
}
