//! What `doctor` says of one thing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It is there and fit.
    Good,
    /// It is missing, and something else does without it.
    Optional,
    /// It is missing, and no run can be done without it.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Check {
    /// What it is.
    pub name: String,
    /// How it stands.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do about it, where something is to be done.
    pub advice: Option<String>,
}

impl Check {
    /// It is there and fit.
    pub fn good(name: &str, found: impl Into<String>) -> Self {
        Self { name: name.to_owned(), health: Health::Good, found: found.into(), advice: None }
    }

    /// Something is wrong with it.
    pub fn bad(name: &str, health: Health, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name: name.to_owned(), health, found: found.into(), advice: Some(advice.into()) }
    }
}
