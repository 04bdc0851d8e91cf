//! What came back on a request.

use crate::history::{CounterReply, OperationId, Outcome, Reply};
use crate::model::Exchange;

/// What came back on one request: what the history keeps of it, and the body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The operation's number.
    pub operation: OperationId,
    /// How it ended.
    pub outcome: Outcome,
    /// The body, where one came.
    pub body: String,
    /// What was asked in the end: with the captured values in their places, and behind all redirects.
    pub(crate) asked: Exchange,
}

impl Answer {
    pub(crate) fn new(operation: OperationId, outcome: Outcome, body: String, asked: Exchange) -> Self {
        Self { operation, outcome, body, asked }
    }

    /// The HTTP status, whatever it is; `None` where no answer came: nobody listened, the time ran out, the connection broke.
    pub fn status(&self) -> Option<u16> {
        self.reply().map(|reply| reply.status)
    }

    /// Whether the status is one of 200 to 299.
    pub fn is_success(&self) -> bool {
        self.status().is_some_and(|status| (200..300).contains(&status))
    }

    /// A header, by its name in any case; several of a name are joined by commas. Of cookies only the names are kept.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.reply()?.headers.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// The body as a JSON document.
    ///
    /// # Errors
    /// It is none, or not one of this form.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.body)
    }

    /// The counter app's reply, where it is one and the operation is `ok`.
    pub fn counter(&self) -> Option<&CounterReply> {
        match &self.outcome {
            Outcome::Ok { reply } => reply.counter.as_ref(),
            _ => None,
        }
    }

    /// What came, also where it was cut off.
    pub(super) fn reply(&self) -> Option<&Reply> {
        self.outcome.reply()
    }
}
