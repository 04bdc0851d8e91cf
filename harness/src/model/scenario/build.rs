//! Scenarios in Rust: all that a file can say, with the same checks.

use std::collections::BTreeMap;

use toml::Spanned;

use super::file::{Allow, ClusterTable, MatrixTable, ScenarioFile};
use super::{Scenario, ScenarioError, StepBuilder, Steps};
use crate::model::guarantee::Violation;
use crate::model::node_changes::NodeChanges;
use crate::model::{Front, Guarantee, NodeName};

/// A scenario in the making.
///
/// ```
/// use tomee_harness::model::plan::AppRequest;
/// use tomee_harness::model::scenario::{Scenario, StepBuilder as Step};
/// use tomee_harness::model::Expect;
///
/// let scenario = Scenario::builder("the session survives the kill of its owner")
///     .step(Step::deploy("counter"))
///     .step(Step::request(AppRequest::Count).on("n1").times(4))
///     .step(Step::kill("owner"))
///     .step(Step::request(AppRequest::Count).on("n2").expect(Expect { count: Some(5), ..Expect::default() }))
///     .read()?;
/// assert_eq!(scenario.name(), "the session survives the kill of its owner");
/// # Ok::<(), tomee_harness::model::scenario::ScenarioError>(())
/// ```
///
/// Its plans are run by [`crate::suite::ScenarioRunner`].
#[derive(Debug, Clone)]
#[must_use = "a scenario is what `read` makes of it"]
pub struct ScenarioBuilder {
    file: ScenarioFile,
    steps: Vec<serde_json::Map<String, serde_json::Value>>,
    error: Option<ScenarioError>,
}

/// A value that does not stand in a file.
fn placed<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

impl Scenario {
    /// Begins a scenario in Rust.
    pub fn builder(name: impl Into<String>) -> ScenarioBuilder {
        let file = ScenarioFile {
            name: name.into(),
            catalogue: None,
            why: None,
            tags: vec![],
            guarantees: None,
            expect_violation: vec![],
            allow: vec![],
            harmless: vec![],
            trials: None,
            at_least: None,
            at_most: crate::model::AtMost::default(),
            cluster: ClusterTable::default(),
            front: None,
            node: BTreeMap::new(),
            matrix: MatrixTable::default(),
            steps: vec![],
        };
        ScenarioBuilder { file, steps: vec![], error: None }
    }
}

impl ScenarioBuilder {
    /// Why it is run.
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.file.why = Some(why.into());
        self
    }

    /// Its row in a catalogue of failover scenarios, as `S07`.
    pub fn catalogue(mut self, row: impl Into<String>) -> Self {
        self.file.catalogue = Some(row.into());
        self
    }

    /// One more word by which it can be chosen.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.file.tags.push(tag.into());
        self
    }

    /// What its verdict decides; all that its steps can show where nothing is said.
    pub fn guarantees(mut self, guarantees: impl IntoIterator<Item = Guarantee>) -> Self {
        self.file.guarantees = Some(guarantees.into_iter().collect());
        self
    }

    /// One more violation that may show and fails no run.
    pub fn allow(mut self, violation: Violation) -> Self {
        self.file.allow.push(Allow::Any(violation));
        self
    }

    /// A part of a line that an app logs as WARNING or SEVERE and that harms nothing, for the guarantee `clean-logs`.
    pub fn harmless(mut self, text: impl Into<String>) -> Self {
        self.file.harmless.push(text.into());
        self
    }

    /// A violation that it is run to show. Strict: where it does not show, the scenario has failed.
    pub fn expect_violation(mut self, violation: Violation) -> Self {
        self.file.expect_violation.push(violation);
        self
    }

    /// What its measures may be at most.
    pub fn at_most(mut self, at_most: crate::model::AtMost) -> Self {
        self.file.at_most = at_most;
        self
    }

    /// Where that is a matter of chance: how many sessions must be tried, and how often it must show.
    pub fn by_chance(mut self, trials: u32, at_least: u32) -> Self {
        (self.file.trials, self.file.at_least) = (Some(trials), Some(at_least));
        self
    }

    /// The cluster.
    pub fn cluster(mut self, cluster: ClusterTable) -> Self {
        self.file.cluster = cluster;
        self
    }

    /// How many nodes.
    pub fn nodes(mut self, count: usize) -> Self {
        self.file.cluster.nodes = Some(placed(count));
        self
    }

    /// A load balancer before the nodes.
    pub fn front(mut self, front: Front) -> Self {
        self.file.front = Some(front);
        self
    }

    /// What one node has otherwise than the others.
    pub fn node(mut self, name: &str, changes: NodeChanges) -> Self {
        match NodeName::new(name) {
            Ok(name) => drop(self.file.node.insert(placed(name), changes)),
            Err(error) => drop(self.error.get_or_insert(ScenarioError::nowhere(error.to_string()))),
        }
        self
    }

    /// What is varied: one run for each combination.
    pub fn matrix(mut self, matrix: MatrixTable) -> Self {
        self.file.matrix = matrix;
        self
    }

    /// The next step.
    pub fn step(mut self, step: StepBuilder) -> Self {
        self.error = self.error.or(step.error);
        self.steps.push(step.table);
        self
    }

    /// The scenario.
    ///
    /// # Errors
    /// As [`Scenario::parse`]: it says what no run could do, or a name is invalid.
    pub fn read(self) -> Result<Scenario, ScenarioError> {
        match self.error {
            Some(error) => Err(error),
            None => Scenario::of(self.file, Steps::Rust(self.steps), &|_| None),
        }
    }
}
