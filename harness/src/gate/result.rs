//! What a gate showed: plain data for every form of its page.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::changes::{MeasureChange, ProblemChange};
use super::choice::Role;
use super::effective::Setting;
use crate::verdict::Status;

/// What a gate showed, of one configuration or of two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct GateReport {
    /// The format, 1.
    pub format: u32,
    /// The answer.
    pub status: Status,
    /// Why, one line each.
    pub because: Vec<String>,
    /// What a team accepts of what stands against a pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<String>,
    /// What a team accepts and what occurs no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<String>,
    /// What was asked about.
    pub side: Side,
    /// What it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<Side>,
    /// What it promises no more, or breaks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Change>,
    /// What it promises or keeps anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gained: Vec<Change>,
    /// The measures of both sides beside each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<MeasureChange>,
    /// Problems that only one of two sides logged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ProblemChange>,
}

/// One configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Side {
    /// Where it is from, as it was named.
    pub name: String,
    /// The file's name of the app that was given; none of the counter app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// One line on the cluster.
    pub setting: String,
    /// How many nodes.
    pub nodes: usize,
    /// What was replaced or left out to make it run here.
    pub replaced: Vec<String>,
    /// What the linter found.
    pub lint: Linted,
    /// The runs.
    pub runs: Vec<RunResult>,
    /// Where a running server is not as its files claim.
    pub differences: Vec<String>,
    /// What the running servers have in effect, beside what their files claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effective: Vec<Setting>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// What the linter found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Linted {
    /// Errors, one line each.
    pub errors: Vec<String>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// How many other findings.
    pub infos: usize,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunResult {
    /// Its name.
    pub name: String,
    /// Why it was run.
    pub reason: String,
    /// What it is for.
    pub role: Role,
    /// How it ended.
    pub status: Status,
    /// Why it ended so, where that is no guarantee's doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What it decided.
    pub tested: Vec<Tested>,
    /// What the nodes logged at SEVERE, where it does not hold: the likely cause first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logged: Vec<String>,
    /// The problems that the nodes logged, without numbers that differ from run to run.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub problems: BTreeSet<String>,
    /// What was measured, each as the median of the run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measured: BTreeMap<String, f64>,
    /// Its folder.
    pub run_dir: String,
}

/// What a run says of one guarantee, or of the speed of writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tested {
    /// The guarantee.
    pub guarantee: String,
    /// Whether the configuration promises it.
    pub promised: bool,
    /// How it stands.
    pub status: Status,
    /// Whether it counts for the run's status.
    pub counts: bool,
    /// Why.
    pub because: String,
}

/// A guarantee that one side has and the other has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// The guarantee.
    pub guarantee: String,
    /// How it stood before.
    pub before: String,
    /// How it stands now.
    pub now: String,
}

impl Side {
    /// The runs that decide.
    pub fn deciding(&self) -> impl Iterator<Item = &RunResult> {
        self.runs.iter().filter(|run| run.role != Role::Control)
    }
}

impl RunResult {
    /// Its name without its number among repeated runs.
    pub fn kind(&self) -> &str {
        self.name.split('#').next().unwrap_or(&self.name)
    }

    /// Whether its times are compared with those of the other side: those of the first run, which breaks each node.
    pub fn is_measured(&self) -> bool {
        self.role == Role::Decides && self.kind() == "failover"
    }

    /// What decided its status.
    pub fn worst(&self) -> Option<&Tested> {
        self.tested.iter().find(|tested| tested.counts && tested.status == self.status)
    }
}

impl Tested {
    /// `members-agree: …`.
    pub fn line(&self) -> String {
        format!("{}: {}", self.guarantee, self.because)
    }
}
