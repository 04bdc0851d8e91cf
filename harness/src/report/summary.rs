//! The summary of one run: the same content for people and for programs.

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::UnusedFile;
use crate::config::{self, Difference};
use crate::history::History;
use crate::spec::Plan;
use crate::verdict::{Status, Verdict, explain};

/// All that the end of a run has to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// The format, 1.
    pub format: u32,
    /// The story's name.
    pub name: String,
    /// One line on what it was told.
    pub setting: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What differs from a stock server, so that a hardened default is never taken for the user's own.
    pub differences: Vec<Difference>,
    /// The few records around the first violation, from all nodes.
    pub around: Vec<String>,
    /// Why the run ended early, where it did.
    pub cut_short: Option<String>,
    /// The folder of the run.
    pub run_dir: String,
}

impl Summary {
    /// The summary of a run. `setting` is one line on what it was told.
    pub fn of(plan: &Plan, setting: String, verdict: Verdict, history: &History, run_dir: &Utf8Path) -> Self {
        Self {
            format: 1,
            name: plan.name.clone(),
            setting,
            differences: config::differences(&plan.topology),
            around: around(&verdict, history),
            verdict,
            cut_short: None,
            run_dir: run_dir.to_string(),
        }
    }

    /// Says what of a server's own configuration is not in effect.
    #[must_use]
    pub fn not_in_effect(mut self, unused: &[UnusedFile]) -> Self {
        self.differences.extend(unused.iter().map(|unused| Difference {
            what: unused.file.to_string(),
            here: "not used".to_owned(),
            stock: unused.says.join("; "),
            why: "tomee-harness makes each node's server.xml".to_owned(),
        }));
        self
    }

    /// Says why the run ended early, where it did.
    #[must_use]
    pub fn cut_short_by(self, why: Option<String>) -> Self {
        Self { cut_short: why, ..self }
    }
}

/// The few records around the first promise that is violated; empty where none is.
pub(super) fn around(verdict: &Verdict, history: &History) -> Vec<String> {
    let violated = |finding: &&crate::verdict::Finding| finding.counts() == Some(Status::Violated);
    verdict.guarantees.iter().find(violated).map(|finding| explain(finding, history)).unwrap_or_default()
}
