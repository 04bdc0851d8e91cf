//! What the counter app can be asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A request to the counter app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AppRequest {
    /// Adds one; creates the session where there is none.
    Count,
    /// Reads, and creates nothing.
    Read,
    /// Changes the list in place, which no Manager replicates.
    Mutate,
    /// Ends the session.
    Invalidate,
    /// Asks for a new id with the same content.
    ChangeId,
    /// Reads, and lets the session end 5 s after its last use.
    ShortLive,
}

impl AppRequest {
    /// The page below the context.
    pub fn page(self) -> &'static str {
        match self {
            Self::Count => "count.jsp",
            Self::Read => "read.jsp",
            Self::Mutate => "mutate.jsp",
            Self::Invalidate => "invalidate.jsp",
            Self::ChangeId => "change-id.jsp",
            Self::ShortLive => "short-live.jsp",
        }
    }
}
