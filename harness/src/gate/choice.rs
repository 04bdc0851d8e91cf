//! Which runs decide a gate, each with its reason.

use crate::model::deploy_job::{self, OwnApp, OwnAppError};
use crate::model::main_job;
use crate::model::names::{ClientName, ContextPath, NameError};
use crate::model::plan::{App, AppRequest, Plan};
use crate::model::scenario::{ScenarioError, logged_in};
use crate::model::step::Delivery;
use crate::model::{
    AllowedViolation, Exchange, ExpectedViolation, FaultKind, Guarantee, Load, ManagerKind, Millis, NodeName, Step,
    StepKind, Topology, Violation,
};

use super::resources::names_resource;
use super::shipped;
use crate::config::own::{self, Claims, SignOn};

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It decides guarantees.
    Decides,
    /// It decides them with old and new in one cluster.
    Rolling,
    /// It must lose the session, or what the others show proves nothing.
    Control,
}

/// One run of a gate.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Its name.
    pub name: &'static str,
    /// Why it is run.
    pub reason: String,
    /// What it is for.
    pub role: Role,
    /// What is done.
    pub plan: Plan,
    /// What was replaced that the app needs, in words: what the run says of the app rests on it.
    pub rests_on: Option<String>,
}

/// Runs that cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The user's app.
    #[error(transparent)]
    App(#[from] OwnAppError),
    /// A name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A scenario of this program.
    #[error(transparent)]
    Scenario(#[from] Box<ScenarioError>),
}

/// The runs for a configuration, in the order of what they are worth.
///
/// # Errors
/// The user's app cannot be asked.
pub fn choose(
    topology: &Topology,
    claims: &[(NodeName, Claims)],
    app: Option<&OwnApp>,
) -> Result<Vec<Choice>, ChoiceError> {
    let cluster = &topology.cluster;
    let nodes = topology.nodes.len();
    let what = match app {
        Some(app) => app.war.file_name().unwrap_or_default().to_owned(),
        None => "the counter app".to_owned(),
    };
    let manager = cluster.manager_class().rsplit('.').next().unwrap_or_default();
    let farm = if topology.has_farm() { ", deployed through the farm," } else { "" };
    let mut failover = match app {
        Some(app) => deploy_job::plan(topology.clone(), app.clone())?,
        None => main_job::plan(topology.clone())?,
    };
    "each node dies in turn".clone_into(&mut failover.name);
    let mut choices = vec![Choice {
        name: "failover",
        reason: format!(
            "{manager} on {nodes} nodes claims that the sessions of {what}{farm} survive the end of a node"
        ),
        role: Role::Decides,
        plan: failover,
        rests_on: app.and_then(|app| rests_on(topology, app)),
    }];
    choices.push(Choice {
        name: "control",
        reason: "the same without <Cluster> must lose the session, or its survival proves nothing".to_owned(),
        role: Role::Control,
        plan: control(topology, app)?,
        rests_on: None,
    });
    let options = cluster.session_send_options();
    let waits = if options.waits_for_the_peer() { "waits" } else { "does not wait" };
    let attribute = match cluster.manager {
        ManagerKind::Delta => "channelSendOptions",
        ManagerKind::Backup => "mapSendOptions",
    };
    choices.push(Choice {
        name: "synchrony",
        reason: format!("{attribute} {} claims that a write {waits} for the peer", options.bits()),
        role: Role::Decides,
        plan: synchrony(topology)?,
        rests_on: None,
    });
    choices.extend(more(topology, claims, app)?);
    Ok(choices)
}

/// What only some configurations claim.
fn more(topology: &Topology, claims: &[(NodeName, Claims)], app: Option<&OwnApp>) -> Result<Vec<Choice>, ChoiceError> {
    let mut more = vec![];
    let mut add = |name: &'static str, reason: &str, scenario: &str, with_faults: bool| {
        let plan = shipped::plan(scenario, topology, with_faults).map_err(Box::new)?;
        more.push(Choice { name, reason: reason.to_owned(), role: Role::Decides, plan, rests_on: None });
        Ok::<_, ChoiceError>(())
    };
    let sign_on = "app/cluster-single-sign-on";
    match claims.iter().filter_map(|(_, claims)| claims.sign_on).max() {
        Some(SignOn::Cluster) => {
            let reason = "ClusterSingleSignOn claims that one login holds for every app, on the node that is left, too";
            add("single-sign-on", reason, sign_on, true)?;
        }
        Some(SignOn::Node) => {
            let reason = "SingleSignOn claims that one login holds for every app of its node";
            add("single-sign-on", reason, sign_on, false)?;
        }
        None => {}
    }
    let is_version = app.and_then(|app| app.war.file_name()).is_some_and(|name| name.contains("##"));
    if is_version || claims.iter().any(|(_, claims)| claims.has_versions) {
        let what = if is_version { "the name of the archive" } else { "undeployOldVersions" };
        let reason = format!("{what} claims that versions of an app run beside each other, each with its sessions");
        add("versions", &reason, "farm/two-versions", true)?;
    }
    Ok(more)
}

/// The replaced data sources that an app names.
pub(super) fn rests_on(topology: &Topology, app: &OwnApp) -> Option<String> {
    let sources = &topology.own.as_ref()?.data_sources;
    let named: Vec<&str> = sources.iter().map(String::as_str).filter(|name| names_resource(&app.war, name)).collect();
    (!named.is_empty()).then(|| format!("the data source {}, which is one in memory", named.join(", ")))
}

/// One write while a peer is frozen: does its answer wait?
fn synchrony(topology: &Topology) -> Result<Plan, NameError> {
    let first = &topology.nodes[0].name;
    // `BackupManager` gives a session one backup, and nobody knows on which node.
    let peers = if topology.cluster.manager == ManagerKind::Backup { topology.nodes.len() - 1 } else { 1 };
    let peers: Vec<&NodeName> = topology.names().skip(1).take(peers).collect();
    let (context, client) = (ContextPath::new("/counter")?, ClientName::new("alice")?);
    let count = |load: Load| StepKind::Request {
        client: client.clone(),
        node: first.clone().into(),
        context: context.clone(),
        request: AppRequest::Count,
        load,
    };
    // The first of them decides; the others let it last.
    let under_the_pause = Load { times: 4, every: Some(Millis(500)), ..Load::default() };
    let deploy = StepKind::Deploy { app: App::Counter, context: context.clone(), delivery: Delivery::of(topology) };
    let mut steps = vec![
        Step::new(format!("start {} nodes", topology.nodes.len()), StepKind::Start),
        Step::new("deploy counter.war", deploy),
        Step::new(format!("count on {first}"), count(Load::default())),
        Step::look(&context),
    ];
    let pause =
        |peer: &&NodeName| Step::new(format!("pause {peer}"), StepKind::fault(FaultKind::Pause, (*peer).clone()));
    steps.extend(peers.iter().map(pause));
    steps.push(Step::new(format!("count on {first}"), count(under_the_pause)));
    let heal = |peer: &&NodeName| Step::new(format!("heal {peer}"), StepKind::Heal { node: (*peer).clone().into() });
    steps.extend(peers.iter().map(heal));
    let guarantees = vec![Guarantee::DeployedEverywhere, Guarantee::ReplicationWaits];
    let mut plan = Plan::new("a write while a peer is frozen", topology.clone(), guarantees, steps);
    // What is not waited for is not there yet.
    plan.allow = allowed(&[Violation::PartialSession, Violation::LostFirstRequest, Violation::StaleReplica]);
    Ok(plan)
}

/// A node dies, and another is asked, without a cluster.
fn control(topology: &Topology, app: Option<&OwnApp>) -> Result<Plan, ChoiceError> {
    let topology = own::without_cluster(topology);
    let (first, second) = (topology.nodes[0].name.clone(), topology.nodes[1].name.clone());
    let client = ClientName::new("alice")?;
    let delivery = Delivery::of(&topology);
    let delivery = app.map_or(delivery.clone(), |own| deploy_job::delivery_of(own.within, delivery));
    let mut steps = vec![Step::new(format!("start {} nodes", topology.nodes.len()), StepKind::Start)];
    let login = app.map(|own| own.login.clone()).unwrap_or_default();
    let (app, context, paths) = match app {
        None => (App::Counter, ContextPath::new("/counter")?, vec![]),
        Some(own) => {
            let name = own.war.file_name().unwrap_or_default();
            let context = own.at.clone().map_or_else(|| ContextPath::of_war(name), Ok)?;
            let paths = if own.paths.is_empty() { vec![context.page("")] } else { own.paths.clone() };
            (App::War(own.war.clone()), context, paths)
        }
    };
    let is_counter = paths.is_empty();
    let ask = |node: &NodeName, times: u32| {
        let (client, load) = (client.clone(), Load { times, ..Load::default() });
        let requests: Vec<StepKind> = if is_counter {
            let (context, request) = (context.clone(), AppRequest::Count);
            vec![StepKind::Request { client, node: node.clone().into(), context, request, load }]
        } else {
            let of_path = |path: &String| StepKind::Http {
                client: client.clone(),
                node: node.clone().into(),
                exchange: Exchange::get(path),
                load,
            };
            paths.iter().map(of_path).collect()
        };
        requests.into_iter().map(|kind| Step::new(format!("ask {node}"), kind)).collect::<Vec<_>>()
    };
    let deploy = StepKind::Deploy { app, context: context.clone(), delivery };
    let (before, after) = (ask(&first, 3), ask(&second, 1));
    steps.push(Step::new("deploy on every node", deploy));
    steps.extend(login.iter().map(|step| logged_in(step, &client, &first.clone().into(), Load::default())));
    steps.extend(before);
    steps.push(Step::look(&context));
    steps.push(Step::new(format!("kill {first}"), StepKind::fault(FaultKind::Kill, first)));
    steps.extend(after);
    steps.push(Step::look(&context));
    let mut plan = Plan::new("a node dies without a cluster", topology, vec![], steps);
    plan.expect_violations = vec![ExpectedViolation { violation: Violation::LostSession, at_least: 1, trials: 1 }];
    plan.allow = allowed(&[
        Violation::WrongManager,
        Violation::LostWrite,
        Violation::LostAttribute,
        Violation::LostFirstRequest,
        Violation::StaleReplica,
        Violation::PartialSession,
        Violation::WrongIdentity,
        Violation::AnswerLost,
    ]);
    Ok(plan)
}

fn allowed(violations: &[Violation]) -> Vec<AllowedViolation> {
    let allowed = |violation: &Violation| AllowedViolation { violation: *violation, at_most_percent: None };
    violations.iter().map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_gives_an_app_the_time_that_it_takes_to_start() {
        let limits = |within: Option<Millis>| {
            let (war, at) = ("target/shop.war".into(), None);
            let app = OwnApp { war, at, paths: vec![], login: vec![], within };
            let choices = choose(&Topology::of(2).expect("two nodes"), &[], Some(&app)).expect("runs");
            let mut limits = vec![];
            for step in choices.iter().flat_map(|choice| &choice.plan.steps) {
                if let StepKind::Deploy { app: App::War(_), delivery, .. } = &step.kind {
                    limits.push(delivery.within);
                }
            }
            limits
        };
        assert_eq!(limits(None), [Some(deploy_job::WITHIN); 2], "failover and control");
        assert_eq!(limits(Some(Millis(240_000))), [Some(Millis(240_000)); 2]);
    }
}
