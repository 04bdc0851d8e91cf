//! The tables of a scenario file, as they are written.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::verbs::StepTable;
use crate::model::cluster_element::ClusterElements;
use crate::model::front::Sticky;
use crate::model::guarantee::Violation;
use crate::model::node_changes::NodeChanges;
use crate::model::{
    AllowedViolation, AtMost, Container, Front, Guarantee, JvmRoutes, ManagerKind, Membership, NodeName, Ports,
    SendOptions, ServerSpec, Timing,
};

/// A failover scenario.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "tomee-harness scenario")]
pub struct ScenarioFile {
    /// A sentence that names it.
    pub name: String,
    /// Its row in a catalogue of failover scenarios, as `S07`.
    #[serde(default)]
    pub catalogue: Option<String>,
    /// Why it is run: what the servers do, and what its outcome teaches.
    #[serde(default)]
    pub why: Option<String>,
    /// Words by which it can be chosen: `run failover`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What its verdict decides. Where nothing is said: all that its steps can show.
    #[serde(default)]
    pub guarantees: Option<Vec<Guarantee>>,
    /// The expected violation, or several. Strict: where one does not show, the scenario has failed.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub expect_violation: Vec<Violation>,
    /// The violations that may show and fail no run, as `allow = ["lost-first-request"]`, or in a share of the sessions at
    /// most, as `allow = [{ violation = "lost-first-request", at-most = "20%" }]`.
    #[serde(default)]
    pub allow: Vec<Allow>,
    /// Parts of lines that an app logs as WARNING or SEVERE and that harm nothing, for the guarantee `clean-logs`.
    #[serde(default)]
    pub harmless: Vec<String>,
    /// How many sessions must have been tried for that, where it is a matter of chance: with fewer nobody knows.
    #[serde(default)]
    pub trials: Option<u32>,
    /// How often it must show at least, where it is a matter of chance; once where nothing is said.
    #[serde(default)]
    pub at_least: Option<u32>,
    /// What its measures may be at most, as `first-answer = "1s"`.
    #[serde(default)]
    pub at_most: AtMost,
    /// The cluster.
    #[serde(default)]
    pub cluster: ClusterTable,
    /// A load balancer before the nodes, for requests `on = "front"`.
    #[serde(default)]
    pub front: Option<Front>,
    /// What single nodes have otherwise than the others, each by its name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<NodeName, NodeChanges>")]
    pub node: BTreeMap<Spanned<NodeName>, NodeChanges>,
    /// What is varied: one run for each combination.
    #[serde(default)]
    pub matrix: MatrixTable,
    /// The scenario, step by step. The cluster is started before the first one.
    #[serde(default, rename = "step")]
    pub steps: Vec<StepTable>,
}

/// A violation that may show.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Allow {
    /// In any number of sessions.
    Any(Violation),
    /// In a share of them at most.
    Share(AllowShare),
}

/// A violation that may show in a share of the sessions.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AllowShare {
    /// Which one.
    pub violation: Violation,
    /// The share, as `20%`.
    #[schemars(with = "String")]
    pub at_most: Percent,
}

/// A share, written as `20%`: 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(pub u8);

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let share = text.strip_suffix('%').and_then(|number| number.trim().parse().ok()).filter(|share| *share <= 100);
        share
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("invalid share `{text}`, expected for example `20%`")))
    }
}

impl Allow {
    /// As a plan has it.
    pub fn allowed(self) -> AllowedViolation {
        match self {
            Self::Any(violation) => AllowedViolation { violation, at_most_percent: None },
            Self::Share(AllowShare { violation, at_most }) => {
                AllowedViolation { violation, at_most_percent: Some(at_most.0) }
            }
        }
    }
}

/// The cluster of a scenario. What is not said is as the flags or the settings have it, or as in the main job.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClusterTable {
    /// How many nodes, 2 to 8.
    #[schemars(with = "Option<usize>")]
    pub nodes: Option<Spanned<usize>>,
    /// What they run.
    pub server: Option<ServerSpec>,
    /// Session manager.
    pub manager: Option<ManagerKind>,
    /// How members find each other.
    pub membership: Option<Membership>,
    /// How session changes are sent.
    pub send_options: Option<SendOptions>,
    /// Where `<Cluster>` stands; in `<Host>` where nothing is said.
    pub container: Option<Container>,
    /// Whether the nodes lack the folder in which the farm keeps a WAR while it comes in; no Tomcat makes it.
    pub lacks_farm_temp: bool,
    /// The nodes' jvmRoutes; each node's own name where nothing is said.
    pub jvm_routes: JvmRoutes,
    /// The nodes' ports; free ones where nothing is said.
    pub ports: Ports,
    /// How fast farm and background threads go.
    pub timing: Option<Timing>,
    /// Arguments for each node's JVM, before those of the command line.
    pub jvm_args: Vec<String>,
    /// Environment variables of each node, before those of the command line.
    pub env: BTreeMap<String, String>,
    /// Jars for each node's `lib/`, from the folder of the scenario's file.
    #[schemars(with = "Vec<String>")]
    pub libs: Vec<Utf8PathBuf>,
    /// Whatever else is to be said about the elements of `<Cluster>`.
    pub elements: ClusterElements,
    /// How sessions stay on their nodes, where a matrix varies it.
    #[serde(skip)]
    pub sticky: Option<Sticky>,
}

/// What is varied. Each key that is said has the values that it takes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MatrixTable {
    /// Numbers of nodes.
    #[schemars(with = "Vec<usize>")]
    pub nodes: Vec<Spanned<usize>>,
    /// Servers.
    pub server: Vec<ServerSpec>,
    /// Session managers.
    pub manager: Vec<ManagerKind>,
    /// Ways in which members find each other.
    pub membership: Vec<Membership>,
    /// Ways in which session changes are sent.
    pub send_options: Vec<SendOptions>,
    /// Timings.
    pub timing: Vec<Timing>,
    /// Ways in which the balancer in front keeps sessions on their nodes.
    pub sticky: Vec<Sticky>,
}

/// `"a"` or `["a", "b"]`.
fn one_or_many_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let one = generator.subschema_for::<Violation>();
    let many = generator.subschema_for::<Vec<Violation>>();
    schemars::json_schema!({ "anyOf": [one, many] })
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Violation>, D::Error> {
    /// Takes either form and keeps the message of the one that was meant.
    struct Visitor;

    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Vec<Violation>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the name of a violation, or a list of such names")
        }

        fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
            Violation::deserialize(serde::de::value::StrDeserializer::new(word)).map(|violation| vec![violation])
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq))
        }
    }

    deserializer.deserialize_any(Visitor)
}
