//! `restart`: a node starts again, as it was or with something changed.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::builder::{keys, named_verbs};
use super::verb::Line;
use crate::model::app::App;
use crate::model::cluster_element::ClusterElements;
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{Capability, ContextPath, ManagerKind, NodeChanges, Role, SendOptions, ServerSpec, Target};

pub(super) const LINES: &[Line] = &[Line::of(
    "restart = \"n1\"",
    "starts a node again and waits until it is seen by all and holds its peers' session ids",
)];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Starts a node again and waits until it holds what its peers hold.
    restart: Target,
    /// What a restarted node has otherwise than before.
    with: Option<RestartTable>,
}

/// What a restarted node has otherwise than before.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RestartTable {
    /// An app whose archive takes the place of the one that the node has: as in `deploy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub war: Option<String>,
    /// Where `war` is served; where nothing is said, the only context that is deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<ContextPath>,
    /// What becomes of what the node had unpacked of the old archive: `removed` (where nothing is said), so that the new
    /// app runs, or `kept`, as by an operator who replaces the archive alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpacked: Option<Unpacked>,
    /// What it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerSpec>,
    /// `JAVA_HOME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub java: Option<Utf8PathBuf>,
    /// Arguments for its JVM, behind those that it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jvm_args: Vec<String>,
    /// Which Manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<ManagerKind>,
    /// How it sends session changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_options: Option<SendOptions>,
    /// What it says of the elements of `<Cluster>`, in the place of all that it said of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elements: Option<Box<ClusterElements>>,
}

/// What becomes of the folder that a node had unpacked an archive to when another archive takes its place while the node
/// is down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unpacked {
    /// It is removed, so that the new app runs.
    #[default]
    Removed,
    /// It stays. Tomcat unpacks anew where the archive is newer than the mark that it has left in the folder
    /// (`META-INF/war-tracker`); TomEE leaves none, and goes on with the old app.
    Kept,
}

impl Unpacked {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    pub(super) fn is_removed(&self) -> bool {
        *self == Self::Removed
    }
}

/// A restart as it is written.
pub(super) type Back = (Target, Option<Box<NodeChanges>>, Option<(App, ContextPath)>, Unpacked);

pub(super) fn read(keys: Keys, state: &State<'_>) -> Result<Back, Refusal> {
    let Some(with) = keys.with else { return Ok((keys.restart, None, None, Unpacked::default())) };
    let changes = NodeChanges {
        server: with.server,
        java: with.java,
        jvm_args: with.jvm_args,
        manager: with.manager,
        send_options: with.send_options,
        elements: with.elements,
        peers: None,
    };
    let changes = Some(changes).filter(|changes| !changes.is_none()).map(Box::new);
    let app = match (&with.war, with.at) {
        (Some(war), at) => {
            let (new, own) = App::named(war).map_err(|refusal| refusal.at("with.war"))?;
            // The name of a file says nothing of where its app is served; an app of ours has one place.
            let own = Some(own).filter(|_| !matches!(new, App::War(_)));
            let context = replaced(at, own, state)?;
            Some((new, context))
        }
        (None, Some(_)) => return Err(Refusal::new("`at` is not valid without `war`").at("with.at")),
        (None, None) => None,
    };
    if with.unpacked.is_some() && app.is_none() {
        return Err(Refusal::new("`unpacked` is not valid without `war`").at("with.unpacked"));
    }
    if changes.is_none() && app.is_none() {
        return Err(Refusal::new("`with` must not be empty").at("with"));
    }
    Ok((keys.restart, changes, app, with.unpacked.unwrap_or_default()))
}

/// The context of the app whose archive is replaced: the one that is named, else its own, else the only one.
fn replaced(at: Option<ContextPath>, own: Option<ContextPath>, state: &State<'_>) -> Result<ContextPath, Refusal> {
    if let Some(at) = at {
        return state.served(&at, Some("with.at")).map(|()| at);
    }
    if let Some(own) = own.filter(|own| state.apps.iter().any(|(served, _)| served == own)) {
        return Ok(own);
    }
    match state.apps.as_slice() {
        [(context, _)] => Ok(context.clone()),
        [] => Err(Refusal::new("no app is deployed at this step that could be replaced").at("with.war")),
        several => {
            let all: Vec<String> = several.iter().map(|(context, _)| context.to_string()).collect();
            let message = format!("missing `at`: apps are deployed at {}", all.join(", "));
            Err(Refusal::new(message).at("with.war").help(format!("`at = \"{}\"` beside `war`", all[0])))
        }
    }
}

pub(super) fn title(
    node: &str,
    changes: Option<&NodeChanges>,
    app: Option<&(App, ContextPath)>,
    unpacked: Unpacked,
) -> String {
    let kept = if unpacked == Unpacked::Kept { ", keeping what was unpacked before" } else { "" };
    let app = app.map(|(app, context)| format!("{} at {context}{kept}", app.archive()));
    let with: Vec<String> = changes.iter().map(|changes| changes.in_words()).chain(app).collect();
    let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(" and ")) };
    format!("restart {node}{with}")
}

pub(super) fn apply(state: &mut State<'_>, target: &Target, app: Option<&(App, ContextPath)>) -> Result<(), Refusal> {
    must_not_be_cut(state)?;
    if let Some((app, context)) = app {
        app.runs_on(&state.topology.server).map_err(|refusal| refusal.at("with.war"))?;
        state.served(context, Some("with.at"))?;
    }
    match (target, &mut state.nodes.living) {
        (Target::Node(node), Some(living)) => {
            if !living.insert(node.clone()) {
                return Err(Refusal::new(format!("node `{node}` is running already"))
                    .help(format!("`stop = \"{node}\"` or `kill = \"{node}\"` before it")));
            }
        }
        (Target::Role(Role::Victim) | Target::Node(_), _) => {}
        (Target::Role(role), _) => {
            return Err(Refusal::new(format!("`{role}` cannot be restarted: it is running"))
                .help("`victim` is the node that was broken last"));
        }
    }
    Ok(())
}

/// What it asks of the machines.
pub(super) fn needs(changes: Option<&NodeChanges>, replaces_an_app: bool) -> Vec<Capability> {
    let java = changes.is_some_and(|changes| changes.java.is_some());
    let changed = (changes.is_some() || replaces_an_app).then_some(Capability::ChangeNode);
    let java = java.then_some(Capability::ChooseJava);
    std::iter::once(Capability::Restart).chain(changed).chain(java).collect()
}

/// A node that starts while another is cut off would take over the sessions of one side.
pub(super) fn must_not_be_cut(state: &State<'_>) -> Result<(), Refusal> {
    match state.nodes.first_with(crate::model::FaultKind::cuts) {
        Some((node, kind)) => {
            let message =
                format!("the {kind} of `{node}` still lasts: a node that starts would take over one side's sessions");
            Err(Refusal::new(message).help(format!("`heal = \"{node}\"` before it")))
        }
        None => Ok(()),
    }
}

named_verbs! {
    /// Starts a node again.
    restart: Target;
}

keys! {
    /// What a restarted node has otherwise.
    with: RestartTable;
}
