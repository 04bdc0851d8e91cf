//! Operations: what a client asked and how it ended.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::body::{LookedFor, Rest};
use crate::model::{NodeName, SessionId};

/// The number of an operation in its run, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct OperationId(pub u32);

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Outcome {
    /// Answered as asked.
    Ok {
        /// What was observed.
        reply: Reply,
    },
    /// It had no effect: the connection was refused, nothing was sent.
    Failed {
        /// Why.
        why: String,
    },
    /// Unknown: it may still take effect (a timeout, a connection lost after sending, an invalid answer).
    Unknown {
        /// Why.
        why: String,
        /// What was received, if anything.
        reply: Option<Reply>,
    },
}

/// How a [`Outcome::Failed`] begins whose request could not be made.
const NOT_SENT: &str = "not sent: ";

impl Outcome {
    /// A request that could not be made: a value or a form that it needs is not there.
    pub fn not_sent(why: impl fmt::Display) -> Self {
        Self::Failed { why: format!("{NOT_SENT}{why}") }
    }

    /// What came, of whatever status, also where it was cut off.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Ok { reply } | Self::Unknown { reply: Some(reply), .. } => Some(reply),
            Self::Failed { .. } | Self::Unknown { reply: None, .. } => None,
        }
    }

    /// Why a request could not be made, where it could not.
    pub fn why_not_sent(&self) -> Option<&str> {
        match self {
            Self::Failed { why } => why.strip_prefix(NOT_SENT),
            Self::Ok { .. } | Self::Unknown { .. } => None,
        }
    }
}

/// An HTTP answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Each `Set-Cookie` header that is about the session, as the server wrote it, in order.
    pub set_cookie: Vec<String>,
    /// The node that the balancer in front chose, where it was asked: also one that did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<NodeName>,
    /// The headers of any other app's answer, by their names in lower case; of cookies only the names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The counter app's JSON, if it answered.
    pub counter: Option<CounterReply>,
    /// Any other app's body, at most [`Reply::BODY`] bytes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What of the body is not kept; `None` where it is kept whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
    /// The texts that the step looks for in the body, where it is not kept whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looked_for: Vec<LookedFor>,
    /// What had been captured before, as far as the step's expectation needs it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// What was to be captured and is not there, each with what was looked for and what is there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_captured: BTreeMap<String, String>,
}

impl Reply {
    /// How many bytes of a body are kept.
    pub const BODY: usize = 4096;

    /// Any other app's body, where it is kept whole. Of older runs nobody knows of a long one whether it is.
    pub fn whole_body(&self) -> Option<&str> {
        self.body.as_deref().filter(|body| self.rest.is_none() && body.len() < Self::BODY - 3)
    }
}

/// The JSON of the counter app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CounterReply {
    /// The node that answered, as it names itself.
    pub node: String,
    /// The session id; `None` where there is no session.
    pub session: Option<SessionId>,
    /// The route in the id.
    pub route: Option<String>,
    /// Whether the server reports the session as new.
    pub new: bool,
    /// The counter.
    pub count: i64,
    /// Set in the request that creates the session and never again.
    pub once: Option<String>,
    /// Changed in place.
    pub list: Vec<i64>,
}
