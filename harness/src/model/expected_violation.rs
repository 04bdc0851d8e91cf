//! The violations that a scenario allows, and those that it is to show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::guarantee::Violation;

/// A violation that a scenario allows: where it shows, the run is none the worse for it. It need not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AllowedViolation {
    /// Which one.
    pub violation: Violation,
    /// In how many of a hundred sessions it may show at most; in any number where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most_percent: Option<u8>,
}

/// A violation that a scenario is to show. Strict: where it does not show, the scenario has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ExpectedViolation {
    /// Which one.
    pub violation: Violation,
    /// How often it must show at least.
    pub at_least: u32,
    /// How many sessions must have been tried: with fewer, nobody knows.
    pub trials: u32,
}
