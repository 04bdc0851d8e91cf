//! What a command and a keeper say to each other: JSON, one message a line.
//!
//! The command says one [`Asked`] and hears [`Reply`] after [`Reply`], of which `done` or `refused` is the last.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::scenario::Head;
use crate::model::{ClusterName, NodeName, RunId, SessionId, Topology};

/// The version of this tool. A keeper and a command of two versions do not understand each other.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a keeper is started for: it reads it from its standard input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Task {
    /// What the cluster is called.
    pub name: ClusterName,
    /// The run that all of it carries the id of.
    pub run: RunId,
    /// The run's folder, which is there.
    pub folder: Utf8PathBuf,
    /// The folder of the registry of clusters.
    pub clusters: Utf8PathBuf,
    /// The cluster.
    pub topology: Topology,
    /// The name of the runtime.
    pub runtime: String,
    /// What a scenario says beside its steps, where the cluster is that of one.
    pub head: Option<Head>,
    /// What is done when the nodes have started, each step as in a scenario.
    pub steps: Vec<Map<String, Value>>,
    /// Whether that is a run, which is left as it is at the step that fails.
    pub holds: bool,
}

/// The first and only line of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Asked {
    /// The version of the command.
    pub version: String,
    /// What it wants. It is read when the versions are known to be the same.
    pub ask: Value,
}

/// What a command wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// To hear when the cluster is up.
    Started,
    /// A step, as in a scenario.
    Step(Map<String, Value>),
    /// To start a node that does not run.
    Start(NodeName),
    /// To stop a node that runs, and to start it, with no other command in between.
    Restart(NodeName),
    /// How the nodes are.
    Status,
    /// What each node holds of all sessions, or of one.
    Sessions(Option<SessionId>),
    /// Where the logs of the nodes are.
    Logs,
    /// A line between what was logged so far and what comes.
    Mark(String),
    /// The configuration in effect on a node.
    Config(NodeName),
    /// A thread dump of a node.
    Threads(NodeName),
    /// The classes of the objects on a node's heap.
    Histogram(NodeName),
    /// All objects of a node's heap, in a file that is not there yet.
    HeapDump(NodeName, Utf8PathBuf),
    /// The MBeans of a node whose names fit a pattern.
    Beans(NodeName, String),
    /// A command where a node runs. It ends with who asks.
    Exec(NodeName, Vec<String>),
    /// The verdict of all that was done. The run's folder has it then.
    Judge,
    /// All that was done as a scenario file.
    Recipe,
    /// The end.
    Down,
}

impl Ask {
    /// Whether it is for who asks alone, and of no use when that is gone.
    pub(super) fn ends_with_its_asker(&self) -> bool {
        matches!(self, Self::Exec(..))
    }
}

/// A line of a keeper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// What is being done meanwhile.
    Progress(String),
    /// It is done, with this result.
    Done(Value),
    /// It is not done.
    Refused(Refused),
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[error("{message}")]
pub struct Refused {
    /// Why, with all causes.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The lines of a log or a console that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// Whose mistake it is.
    pub mistake: Mistake,
}

/// Whose mistake it is that something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mistake {
    /// The command's: nothing was done.
    Usage,
    /// Something of the environment is missing or broken, or a node failed.
    Environment,
    /// It was waited for in vain.
    Wait,
}

impl Refused {
    /// The command's own mistake.
    pub fn usage(message: impl Into<String>, hint: Option<String>) -> Self {
        Self { message: message.into(), hint, lines: vec![], mistake: Mistake::Usage }
    }

    /// A command of another version.
    pub fn version(name: &ClusterName, command: &str) -> Self {
        let message = format!(
            "cluster {name} was brought up by tomee-harness {VERSION}, and this command is of version {command}"
        );
        Self::usage(message, Some(format!("end it with `tomee-harness down --name {name}`, and bring it up again")))
    }
}

impl Asked {
    /// What is wanted, said by this version.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn of(ask: &Ask) -> serde_json::Result<Self> {
        Ok(Self { version: VERSION.to_owned(), ask: serde_json::to_value(ask)? })
    }

    /// What is wanted. `down` is understood in every version.
    ///
    /// # Errors
    /// The command is of another version, or what it says is nothing.
    pub fn read(self, name: &ClusterName) -> Result<Ask, Refused> {
        if self.version != VERSION && self.ask != Value::String("down".to_owned()) {
            return Err(Refused::version(name, &self.version));
        }
        serde_json::from_value(self.ask).map_err(|error| Refused::usage(format!("unknown request: {error}"), None))
    }
}
