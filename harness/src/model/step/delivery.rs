//! On which way an app comes to the nodes, and goes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::builder::keys;
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{ContextPath, Millis, NodeName, Role, Target, Topology};

/// On which way an app comes to the nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Delivery {
    /// By which folder.
    pub through: Through,
    /// Its version, as in `shop##002.war`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The only node to which it is copied; every one where nothing is said. Not of the farm's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<NodeName>,
    /// How long the copying takes, in pieces that a deployer can find half done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowly: Option<Millis>,
    /// How long ago the archive was last changed, as its time says; now where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aged: Option<Millis>,
    /// Whether the scenario goes on at once. A later wait for [`Until::Deployed`](super::Until::Deployed) waits for it then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub detach: bool,
    /// How long it may take to start on a node, where that is not the limit of its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Millis>,
}

/// The folder into which an app is put.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// The farm's watch folder of the watcher; `FarmWarDeployer` carries it to the others.
    #[default]
    Farm,
    /// The appBase of each node.
    Copy,
}

kebab!(Through);

impl Delivery {
    /// How an app comes to every node of a cluster where nothing is said: through its farm, where it has one.
    pub fn of(topology: &Topology) -> Self {
        let through = if topology.has_farm() { Through::Farm } else { Through::Copy };
        Self { through, ..Self::default() }
    }

    pub(super) fn is_farm(&self) -> bool {
        *self == Self::default()
    }

    /// The version that its context has; empty where it has none.
    pub fn version(&self) -> &str {
        self.version.as_deref().unwrap_or_default()
    }

    /// The name of the archive of a context.
    pub fn war_name(&self, context: &ContextPath) -> String {
        let name = context.war_name();
        match &self.version {
            Some(version) => format!("{}##{version}.war", name.trim_end_matches(".war")),
            None => name,
        }
    }

    /// To which node alone, as it is written: where the farm's folder is says nothing new, and reads better.
    pub(super) fn to(on: Option<Target>, through: Through, state: &State<'_>) -> Result<Option<NodeName>, Refusal> {
        match (on, through) {
            (None, _) | (Some(Target::Role(Role::Watcher)), Through::Farm) => Ok(None),
            (Some(Target::Node(node)), Through::Farm) if node == *state.topology.watcher() => Ok(None),
            (Some(Target::Node(node)), _) => Ok(Some(node)),
            (Some(Target::Role(_)), Through::Farm) => Err(everywhere(state)),
            (Some(Target::Role(role)), Through::Copy) => {
                Err(Refusal::new(format!("`{role}` is a role, expected the name of a node")).at("on"))
            }
        }
    }

    pub(super) fn check(&self, state: &State<'_>) -> Result<(), Refusal> {
        let watcher = state.topology.watcher();
        let watches = state.nodes.living.as_ref().is_none_or(|living| living.contains(watcher));
        if self.through == Through::Farm && !watches && !self.detach {
            let message = format!("node `{watcher}`, which watches the farm's folder, is not running at this step");
            return Err(
                Refusal::new(message).help(format!("`restart = \"{watcher}\"` before it, or `through = \"copy\"`"))
            );
        }
        if let Some(on) = &self.on {
            if self.through == Through::Farm {
                return Err(everywhere(state));
            }
            state.must_live(&on.clone().into(), Some("on"))?;
        }
        if let Some(version) = &self.version {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            if version.is_empty() || !version.chars().all(fits) {
                let message = format!("invalid `version` `{version}`, expected letters, digits, `.`, `-` and `_`");
                return Err(Refusal::new(message).at("version"));
            }
        }
        if self.within.is_some() && self.detach {
            let message = "`within` and `detach` exclude each other";
            return Err(Refusal::new(message).at("within").help("`wait = \"deployed\"` has its own `within`"));
        }
        if self.within.is_some_and(|within| within.0 == 0) {
            return Err(Refusal::new("`within` must be greater than zero").at("within"));
        }
        if self.aged.is_some() && self.slowly.is_some() {
            return Err(Refusal::new("`aged` and `slowly` exclude each other")
                .at("aged")
                .help("an archive that is written slowly has the time of its last piece"));
        }
        Ok(())
    }

    /// Its version, in a title.
    pub(super) fn of_version(&self) -> String {
        self.version.as_ref().map(|version| format!(" version {version}")).unwrap_or_default()
    }

    /// What is special about it, in a title.
    pub(super) fn manner(&self) -> String {
        let slowly = self.slowly.map(|time| format!(", written over {time}")).unwrap_or_default();
        let aged = self.aged.map(|time| format!(", last changed {time} ago")).unwrap_or_default();
        let detach = if self.detach { ", and go on" } else { "" };
        format!("{slowly}{aged}{detach}")
    }

    /// On which way, in a title.
    pub(in crate::model) fn way(&self, topology: &Topology) -> String {
        match (self.through, &self.on) {
            (Through::Farm, _) => format!("through the farm of {}", topology.watcher()),
            (Through::Copy, None) => "in the appBase of every node".to_owned(),
            (Through::Copy, Some(node)) => format!("in the appBase of {node}"),
        }
    }
}

fn everywhere(state: &State<'_>) -> Refusal {
    let watcher = state.topology.watcher();
    Refusal::new(format!("the farm deploys to every node from the folder on node `{watcher}`"))
        .at("on")
        .help("`through = \"copy\"` puts it on one node")
}

keys! {
    /// Into which folder an app is put.
    through: Through;
    /// How long the copying of an app takes.
    slowly: Millis;
}
