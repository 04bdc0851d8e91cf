//! Old and new in one cluster: a rolling update, node by node.

use crate::model::deploy_job::{self, OF_ANY_APP, OwnApp};
use crate::model::names::{ClientName, ContextPath, NameError};
use crate::model::plan::{App, AppRequest, Plan};
use crate::model::scenario::logged_in;
use crate::model::step::{Delivery, Through, Unpacked};
use crate::model::{
    Exchange, FaultKind, Guarantee, Load, NodeChanges, NodeName, OwnConfiguration, Role as NodeRole, Step, StepKind,
    Target, Topology,
};

use super::choice::{Choice, Role};

/// Clients for each node.
const CLIENTS_A_NODE: u32 = 2;

/// One side of a rolling update.
#[derive(Debug, Clone, Copy)]
pub struct Rolled<'a> {
    /// Its cluster.
    pub topology: &'a Topology,
    /// The user's own app; the counter app where there is none.
    pub app: Option<&'a OwnApp>,
}

/// Two sides of which no rolling update can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RollingError {
    /// A name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Something that both must have in common.
    #[error("no rolling update from one to the other: {what} is {before} before, and {now} now")]
    Differs {
        /// What.
        what: &'static str,
        /// Before.
        before: String,
        /// Now.
        now: String,
    },
    /// Nothing is updated.
    #[error("old and new are the same: there is nothing to roll out")]
    Same,
}

/// The run that updates every node in turn while sessions are used on both sides.
///
/// # Errors
/// See [`RollingError`].
pub fn rolling(before: Rolled<'_>, now: Rolled<'_>) -> Result<Choice, RollingError> {
    let (context, paths) = asked(before.app)?;
    let (new_context, _) = asked(now.app)?;
    same("the path of the app", &context, &new_context)?;
    let topology = mixed(before.topology, now.topology)?;
    let app = |app: Option<&OwnApp>| app.map_or(App::Counter, |app| App::War(app.war.clone()));
    let new = (app(before.app) != app(now.app)).then(|| (app(now.app), context.clone()));
    let login = before.app.map(|app| app.login.clone()).unwrap_or_default();
    let copied = Delivery { through: Through::Copy, ..Delivery::default() };
    let delivery = now.app.map_or(copied.clone(), |own| deploy_job::delivery_of(own.within, copied));
    let update = Update { context, paths, login, app: app(before.app), delivery, new };
    let changes = |node: &NodeName| changes(before.topology, now.topology, node);
    if update.new.is_none() && topology.names().all(|node| changes(node).is_none()) {
        return Err(RollingError::Same);
    }
    let plan = plan(&topology, &update, changes)?;
    let nodes = topology.nodes.len();
    let mut sides = [&before, &now].into_iter();
    let rests_on = sides.find_map(|side| super::choice::rests_on(side.topology, side.app?));
    let reason = format!(
        "old and new in one cluster of {nodes} nodes, updated one after the other: can they replicate to each other?"
    );
    Ok(Choice { name: "rolling", reason, role: Role::Rolling, plan, rests_on })
}

/// What is asked, and where it is.
fn asked(app: Option<&OwnApp>) -> Result<(ContextPath, Vec<String>), RollingError> {
    let Some(app) = app else { return Ok((ContextPath::new("/counter")?, vec![])) };
    let name = app.war.file_name().unwrap_or_default();
    let context = app.at.clone().map_or_else(|| ContextPath::of_war(name), Ok)?;
    let paths = if app.paths.is_empty() { vec![context.page("")] } else { app.paths.clone() };
    Ok((context, paths))
}

fn same<T: PartialEq + ToString>(what: &'static str, before: &T, now: &T) -> Result<(), RollingError> {
    if before == now {
        return Ok(());
    }
    Err(RollingError::Differs { what, before: before.to_string(), now: now.to_string() })
}

/// The old cluster, which has the files of the new one at hand.
fn mixed(before: &Topology, now: &Topology) -> Result<Topology, RollingError> {
    let mut topology = before.clone();
    let (Some(own), Some(new)) = (&mut topology.own, &now.own) else { return Ok(topology) };
    same("the appBase", &own.app_base, &new.app_base)?;
    let host = |own: &OwnConfiguration| own.host_header.clone().unwrap_or_else(|| "the default one".to_owned());
    same("the host that is asked", &host(own), &host(new))?;
    for node in before.names() {
        let route = |topology: &Topology| topology.route(node).unwrap_or("none").to_owned();
        same("the route of a node", &route(before), &route(now))?;
        if own.nodes.get(node) != new.nodes.get(node) {
            own.next.extend(new.nodes.get(node).map(|files| (node.clone(), files.clone())));
        }
    }
    addresses(own, new)?;
    for lib in &now.jvm.libs {
        if !topology.jvm.libs.contains(lib) {
            topology.jvm.libs.push(lib.clone());
        }
    }
    Ok(topology)
}

/// Takes over what the new configuration says of members and groups.
fn addresses(own: &mut OwnConfiguration, new: &OwnConfiguration) -> Result<(), RollingError> {
    for (address, node) in &new.members {
        let known = own.members.entry(address.clone()).or_insert_with(|| node.clone());
        same("the node of a static member", &known.to_string(), &node.to_string())?;
    }
    for entry in &new.absent {
        if !own.absent.contains(entry) && !own.members.contains_key(entry) {
            own.absent.push(entry.clone());
            own.mistaken.extend(new.mistaken.iter().filter(|it| *it == entry).cloned());
        }
    }
    own.routes_given.extend(new.routes_given.clone());
    for group in &new.groups {
        if !own.groups.contains(group) {
            own.groups.push(group.clone());
        }
    }
    own.data_sources.extend(new.data_sources.iter().cloned());
    for what in &new.replaced {
        if !own.replaced.contains(what) {
            own.replaced.push(what.clone());
        }
    }
    Ok(())
}

/// What a node has otherwise after its update.
fn changes(before: &Topology, now: &Topology, node: &NodeName) -> NodeChanges {
    let none = NodeChanges::default();
    let (old, new) = (before.of_node(node, &none), now.of_node(node, &none));
    let mut changes = NodeChanges {
        server: (old.server != new.server).then(|| new.server.clone()),
        manager: (old.cluster.manager != new.cluster.manager).then_some(new.cluster.manager),
        send_options: (old.cluster.send_options != new.cluster.send_options).then_some(new.cluster.send_options),
        elements: (old.cluster.elements != new.cluster.elements).then(|| Box::new(new.cluster.elements.clone())),
        ..NodeChanges::default()
    };
    let files = |topology: &Topology| topology.own.as_ref().and_then(|own| own.nodes.get(node).cloned());
    let args = |topology: &Topology| topology.node(node).map(|node| node.changes.jvm_args.clone()).unwrap_or_default();
    if files(before) != files(now) || args(before) != args(now) {
        // That a node has changes at all gives it the new files.
        changes.jvm_args = [args(now), vec!["-Dharness.rolled=true".to_owned()]].concat();
    }
    changes
}

/// What is updated.
struct Update {
    context: ContextPath,
    paths: Vec<String>,
    login: Vec<Step>,
    app: App,
    delivery: Delivery,
    new: Option<(App, ContextPath)>,
}

impl Update {
    /// Clients that log in, where a login is given, and ask twice.
    fn begin(&self, name: &str, clients: u32, node: &Target) -> Result<Vec<Step>, NameError> {
        let client = ClientName::new(name)?;
        let load = Load { clients, parallel: clients, ..Load::default() };
        let mut steps: Vec<Step> = self.login.iter().map(|step| logged_in(step, &client, node, load)).collect();
        steps.extend(self.ask(name, clients, node, 2)?);
        Ok(steps)
    }

    /// Clients that ask, each so often.
    fn ask(&self, name: &str, clients: u32, node: &Target, times: u32) -> Result<Vec<Step>, NameError> {
        let client = ClientName::new(name)?;
        let load = Load { times, clients, parallel: clients, ..Load::default() };
        let title = format!("{clients} clients ({name}) ask {node}");
        if self.paths.is_empty() {
            let (context, request) = (self.context.clone(), AppRequest::Count);
            let kind = StepKind::Request { client, node: node.clone(), context, request, load };
            return Ok(vec![Step::new(title, kind)]);
        }
        let of_path = |path: &String| {
            let (client, exchange) = (client.clone(), Exchange::get(path));
            Step::new(title.clone(), StepKind::Http { client, node: node.clone(), exchange, load })
        };
        Ok(self.paths.iter().map(of_path).collect())
    }
}

fn plan(topology: &Topology, update: &Update, changes: impl Fn(&NodeName) -> NodeChanges) -> Result<Plan, NameError> {
    let nodes: Vec<NodeName> = topology.names().cloned().collect();
    let all = CLIENTS_A_NODE * u32::try_from(nodes.len()).unwrap_or(1);
    let sticky = Target::from(NodeRole::Sticky);
    let look = || Step::look(&update.context);
    let (app, context, delivery) = (update.app.clone(), update.context.clone(), update.delivery.clone());
    let deploy = StepKind::Deploy { app, context, delivery };
    let mut steps = vec![
        Step::new(format!("start {} nodes", nodes.len()), StepKind::Start),
        Step::new("deploy the old on every node", deploy),
    ];
    steps.extend(update.begin("old", all, &sticky)?);
    steps.push(look());
    for (index, node) in nodes.iter().enumerate() {
        steps.push(Step::new(format!("stop {node}"), StepKind::fault(FaultKind::Stop, node.clone())));
        steps.extend(update.ask("old", all, &sticky, 1)?);
        steps.push(look());
        let changes = Some(changes(node)).filter(|changes| !changes.is_none()).map(Box::new);
        let (node, app) = (node.clone(), update.new.clone());
        let back = StepKind::Restart { node: node.clone().into(), changes, app, unpacked: Unpacked::Removed };
        steps.push(Step::new(format!("restart {node} with the new"), back));
        steps.push(look());
        let Some(other) = nodes.get(index + 1) else { continue };
        // Each writes, is looked at on the other side, and goes over to it.
        let (born_new, born_old) = (format!("born-on-new-{}", index + 1), format!("born-on-old-{}", index + 1));
        let (new_side, old_side) = (Target::from(node), Target::from(other.clone()));
        steps.extend(update.begin(&born_new, CLIENTS_A_NODE, &new_side)?);
        steps.extend(update.begin(&born_old, CLIENTS_A_NODE, &old_side)?);
        steps.push(look());
        steps.extend(update.ask(&born_new, CLIENTS_A_NODE, &old_side, 1)?);
        steps.extend(update.ask(&born_old, CLIENTS_A_NODE, &new_side, 1)?);
        steps.push(look());
    }
    steps.extend(update.ask("old", all, &sticky, 1)?);
    steps.push(look());
    let mut guarantees = if update.paths.is_empty() { Guarantee::COMMON.to_vec() } else { OF_ANY_APP.to_vec() };
    if !guarantees.contains(&Guarantee::StateTransferred) {
        guarantees.push(Guarantee::StateTransferred);
    }
    let mut plan = Plan::new("a rolling update", topology.clone(), guarantees, steps);
    plan.append_final_read();
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServerSpec;

    fn on(server: &str) -> Topology {
        let server: ServerSpec = server.parse().expect("a server");
        Topology { server, ..Topology::of(2).expect("two nodes") }
    }

    fn rolled(before: (&Topology, Option<&OwnApp>), now: (&Topology, Option<&OwnApp>)) -> Result<Choice, RollingError> {
        let side = |(topology, app)| Rolled { topology, app };
        rolling(side(before), side(now))
    }

    #[test]
    fn each_node_is_stopped_and_comes_back_with_the_new_while_both_sides_are_used() {
        let (old, new) = (on("tomcat:10.1.49"), on("tomcat:10.1.59"));
        let choice = rolled((&old, None), (&new, None)).expect("a plan");
        let titles: Vec<&str> = choice.plan.steps.iter().map(|step| step.title.as_str()).collect();
        insta::assert_snapshot!(titles.join("\n"));
        let servers = choice.plan.changes().filter_map(|changes| changes.server.clone()).collect::<Vec<_>>();
        assert_eq!(servers, [new.server.clone(), new.server]);
        let can = crate::runtime::process::capabilities();
        assert_eq!(choice.plan.check("process", &can), Ok(()));
    }

    #[test]
    fn an_app_that_moves_and_an_update_that_changes_nothing_are_refused() {
        let old = on("tomcat:10.1.49");
        assert_eq!(rolled((&old, None), (&old, None)).map(|choice| choice.name), Err(RollingError::Same));
        let app = |war: &str, at: Option<&str>| OwnApp {
            war: war.into(),
            at: at.map(|at| at.parse().expect("a path")),
            paths: vec![],
            login: vec![],
            within: None,
        };
        let [one, two] = [app("shop-1.war", None), app("shop-2.war", None)];
        let refused = rolled((&old, Some(&one)), (&old, Some(&two))).expect_err("two paths").to_string();
        assert!(refused.contains("/shop-1 before, and /shop-2 now"), "{refused}");
        let [one, two] = [app("shop-1.war", Some("/shop")), app("shop-2.war", Some("/shop"))];
        let choice = rolled((&old, Some(&one)), (&old, Some(&two))).expect("a plan");
        assert!(choice.plan.guarantees.contains(&Guarantee::StateTransferred));
        let limits = choice.plan.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Deploy { delivery, .. } => delivery.within,
            _ => None,
        });
        assert_eq!(limits.collect::<Vec<_>>(), [deploy_job::WITHIN], "it may start slowly");
    }
}
