//! Operations: what a client asked and how it ended.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::SessionId;

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

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Each `Set-Cookie` header that is about the session, as the server wrote it, in order.
    pub set_cookie: Vec<String>,
    /// The headers of any other app's answer, by their names in lower case; of cookies only the names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The counter app's JSON, if it answered.
    pub counter: Option<CounterReply>,
    /// The beginning of any other app's body, at most [`Reply::BODY`] bytes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl Reply {
    /// How many bytes of a body are kept.
    pub const BODY: usize = 4096;
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
