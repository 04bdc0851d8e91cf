//! An operation, as an expectation sees it.

use crate::history::{Nanos, OperationId, Outcome, Reply};
use crate::model::{ClientName, NodeName, SessionId};

/// An operation of any app, as an expectation sees it.
pub(super) struct Asked<'a> {
    pub(super) id: OperationId,
    pub(super) client: &'a ClientName,
    pub(super) node: &'a NodeName,
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
