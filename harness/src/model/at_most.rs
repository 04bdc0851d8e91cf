//! What the measures of a run may be at most.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Millis;

/// What each measure of a run may be at most. What is not said may take any time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AtMost {
    /// The first right answer after each fault that ends or freezes a node, from its request on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_answer: Option<Millis>,
    /// From the drop of the WAR to the last node that serves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub farm: Option<Millis>,
    /// From the start of the first node until all are ready and see each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Millis>,
    /// What 99 of 100 answers take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_p99: Option<Millis>,
    /// From the answer that acknowledges a write to its being in another node's replica, as far as looks show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication_lag: Option<Millis>,
    /// From the start of a node that comes back until it holds its peers' sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_transfer: Option<Millis>,
    /// From the hit of a fault until a survivor logs that a member has disappeared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eviction: Option<Millis>,
}

impl AtMost {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is said, as a person reads it.
    pub fn lines(&self) -> Vec<String> {
        let all = [
            (self.first_answer, "the first answer after a fault"),
            (self.farm, "the farm"),
            (self.start, "the start"),
            (self.latency_p99, "99 of 100 answers"),
            (self.replication_lag, "the replication lag"),
            (self.state_transfer, "a state transfer"),
            (self.eviction, "an eviction"),
        ];
        all.into_iter().filter_map(|(limit, what)| Some(format!("{what} {}", limit?))).collect()
    }
}
