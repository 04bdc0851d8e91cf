//! Scenarios in Rust: all that a file can say, with the same checks.

use std::collections::BTreeMap;

use serde::Serialize;
use toml::Spanned;

use super::file::{Allow, ClusterTable, MatrixTable, ScenarioFile};
use super::{RestartTable, Scenario, ScenarioError, Steps, TrafficWord, WaitWord};
use crate::model::exchange::Capture;
use crate::model::expect::Violation;
use crate::model::node_changes::NodeChanges;
use crate::model::plan::AppRequest;
use crate::model::step::Through;
use crate::model::{ClientName, ContextPath, Expect, FaultKind, Guarantee, Millis, NodeName, Skew, Target};

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

/// A step in the making: a verb, and what belongs to it. An invalid name is an error of [`ScenarioBuilder::read`].
#[derive(Debug, Clone, Default)]
#[must_use = "a step belongs into a scenario"]
pub struct StepBuilder {
    table: serde_json::Map<String, serde_json::Value>,
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
            trials: None,
            at_least: None,
            at_most: crate::model::AtMost::default(),
            cluster: ClusterTable::default(),
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

/// The key of a field: the word `for` is Rust's.
fn key(name: &str) -> String {
    name.replace('_', "-")
}

/// Verbs that take a value as it is.
macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => {
        impl StepBuilder {
            $(
                $(#[$doc])*
                pub fn $name(value: impl Into<$type>) -> Self {
                    Self::default().set(&key(stringify!($name)), &value.into())
                }
            )+
        }
    };
}

/// Verbs that take a word that must be a name.
macro_rules! named_verbs {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => {
        impl StepBuilder {
            $(
                $(#[$doc])*
                pub fn $name(word: &str) -> Self {
                    Self::default().set_word::<$type>(&key(stringify!($name)), word)
                }
            )+
        }
    };
}

/// What belongs to a verb.
macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => {
        impl StepBuilder {
            $(
                $(#[$doc])*
                pub fn $name(self, value: impl Into<$type>) -> Self {
                    self.set(&key(stringify!($name)), &value.into())
                }
            )+
        }
    };
}

/// Numbers that belong to a verb, so that they can be written plainly.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => {
        impl StepBuilder {
            $(
                $(#[$doc])*
                pub fn $name(self, number: $type) -> Self {
                    self.set(&key(stringify!($name)), &number)
                }
            )+
        }
    };
}

numbers! {
    /// How many clients ask.
    clients: u32;
    /// How many of them ask at one time.
    parallel: u32;
    /// How many requests of one client, all with its one cookie, go on at one time.
    at_once: u32;
    /// How often each asks.
    times: u32;
    /// How many sessions to wait for.
    sessions: usize;
    /// How many of a hundred.
    percent: u8;
}

verbs! {
    /// Deploys an app by its name, or the path of a WAR.
    deploy: String;
    /// Asks the counter app.
    request: AppRequest;
    /// Makes a GET.
    get: String;
    /// Makes a POST.
    post: String;
    /// Makes a PUT.
    put: String;
    /// Makes a DELETE.
    delete: String;
    /// Lets clients ask the counter app or any app again and again while the scenario goes on.
    traffic: TrafficWord;
    /// Ends and restarts one node after the other.
    rolling_restart: FaultKind;
    /// Ends all nodes and starts them at one time.
    cold_restart: FaultKind;
    /// Waits for a fact.
    wait: WaitWord;
}

named_verbs! {
    /// Takes the app of a context away.
    undeploy: ContextPath;
    /// Ends the traffic of a client.
    end_traffic: ClientName;
    /// Reads what a node holds of the client's session.
    look: Target;
    /// Reads every replica of an app's sessions.
    observe: ContextPath;
    /// Undoes what was done to a node.
    heal: Target;
    /// Starts a node again.
    restart: Target;
}

keys! {
    /// Into which folder an app is put.
    through: Through;
    /// The version of an app.
    version: String;
    /// How long the copying of an app takes.
    slowly: Millis;
    /// How long ago the archive of an app was last changed, as its time says.
    aged: Millis;
    /// Whether the scenario goes on before the app is served.
    detach: bool;
    /// Headers of a request.
    headers: BTreeMap<String, String>;
    /// Fields of a form.
    form: BTreeMap<String, String>;
    /// A document.
    json: serde_json::Value;
    /// What the client keeps of the answer.
    capture: BTreeMap<String, Capture>;
    /// From one request of a client to its next.
    every: Millis;
    /// What a restarted node has otherwise.
    with: RestartTable;
    /// A text to wait for.
    contains: String;
    /// How long a wait may take, or a look until it shows what is expected.
    within: Millis;
    /// How far a clock is skewed.
    by: Skew;
    /// How long packets are held back.
    delay: Millis;
    /// What the answers must look like.
    expect: Expect;
}

impl StepBuilder {
    /// A step as a file writes it, as `{"kill": "n1"}`. What is wrong with it is an error of [`ScenarioBuilder::read`].
    pub fn of_table(table: serde_json::Map<String, serde_json::Value>) -> Self {
        Self { table, error: None }
    }

    /// Breaks a node, of a name or a role. The kinds that a file knows as verbs.
    pub fn fault(kind: FaultKind, node: &str) -> Self {
        Self::default().set_word::<Target>(&kind.to_string(), node)
    }

    /// Ends a node's JVM with SIGKILL.
    pub fn kill(node: &str) -> Self {
        Self::fault(FaultKind::Kill, node)
    }

    /// Asks a node to stop.
    pub fn stop(node: &str) -> Self {
        Self::fault(FaultKind::Stop, node)
    }

    /// Repeats steps.
    pub fn repeat(times: u32, steps: impl IntoIterator<Item = Self>) -> Self {
        let mut repeat = Self::default().set("repeat", &times);
        let mut tables = vec![];
        for step in steps {
            repeat.error = repeat.error.or(step.error);
            tables.push(step.table);
        }
        repeat.set("steps", &tables)
    }

    /// What a progress line says meanwhile.
    pub fn say(self, words: impl Into<String>) -> Self {
        self.set("say", &words.into())
    }

    /// Who asks, or whose session a role is about.
    pub fn client(self, name: &str) -> Self {
        self.set_word::<ClientName>("client", name)
    }

    /// The node that is asked, waited for, or given an app.
    pub fn on(self, node: &str) -> Self {
        self.set_word::<Target>("on", node)
    }

    /// Where the app is served.
    pub fn at(self, context: &str) -> Self {
        self.set_word::<ContextPath>("at", context)
    }

    /// After this time a fault is undone.
    pub fn lasting(self, time: impl Into<Millis>) -> Self {
        self.set("for", &time.into())
    }

    /// Says a key.
    fn set(mut self, key: &str, value: &impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => drop(self.table.insert(key.to_owned(), value)),
            Err(error) => drop(self.error.get_or_insert(ScenarioError::nowhere(error.to_string()))),
        }
        self
    }

    /// Says a key by a word that must be a name; one that is none is refused later.
    fn set_word<T: std::str::FromStr<Err: std::fmt::Display> + Serialize>(mut self, key: &str, word: &str) -> Self {
        match word.parse::<T>() {
            Ok(name) => self.set(key, &name),
            Err(error) => {
                self.error.get_or_insert(ScenarioError::nowhere(T::Err::to_string(&error)));
                self
            }
        }
    }
}
