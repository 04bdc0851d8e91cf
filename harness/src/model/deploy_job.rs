//! The main job with the user's own app: what of its sessions is lost when each node dies in turn?

use camino::Utf8PathBuf;

use super::names::{ClientName, ContextPath, NameError, NodeName};
use super::plan::{App, Plan};
use super::scenario::logged_in;
use super::step::{Delivery, Step, StepKind};
use super::{Exchange, FaultKind, Guarantee, Load, Millis, Role, Topology};

/// What the verdict decides of any app where nobody says what else.
pub const OF_ANY_APP: &[Guarantee] = &[
    Guarantee::ClusterForms,
    Guarantee::DeployedEverywhere,
    Guarantee::ManagerAsConfigured,
    Guarantee::MembersAgree,
    Guarantee::SessionKept,
    Guarantee::IdentityKept,
    Guarantee::AttributesReplicated,
    Guarantee::AttributesSurvive,
    Guarantee::AnswersKept,
];

/// How often each path is asked by each client before the first kill: the second answer comes out of the session that
/// the first one made.
const TIMES_BEFORE_THE_KILL: u32 = 2;
/// Clients for each node: a session is lost with its owner alone, so each node is to own some.
const CLIENTS_A_NODE: u32 = 2;

/// How long an app of the user's may take to start on a node, where nobody says so: one that fails is told at once,
/// so that this is only for those that are slow.
pub const WITHIN: Millis = Millis(180_000);

/// An app of the user's, and what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnApp {
    /// Its archive.
    pub war: Utf8PathBuf,
    /// Where it is served; as the file's name says, as in Tomcat, where nothing is said.
    pub at: Option<ContextPath>,
    /// The paths that are asked by GET, from the root of the server; the app's own root where none is said.
    pub paths: Vec<String>,
    /// What each client asks first, once: a login.
    pub login: Vec<Step>,
    /// How long it may take to start on a node; [`WITHIN`] where nothing is said.
    pub within: Option<Millis>,
}

/// An app that cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnAppError {
    /// The file's name gives no context path, or a name is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A path that no request can have.
    #[error("invalid path {0:?}: it must begin with / and have no spaces")]
    Path(String),
    /// A path that another app answers.
    #[error("the path {path} is not one of the app, which is served at {context}")]
    Elsewhere {
        /// The path.
        path: String,
        /// Where the app is.
        context: ContextPath,
    },
}

/// The plan that deploys a WAR, through the farm where the cluster has one, lets clients on all nodes ask its paths, and kills
/// each node in turn: the paths are asked again of those that live, and the node comes back. In the end one is stopped in order.
///
/// # Errors
/// See [`OwnAppError`].
pub fn plan(topology: Topology, app: OwnApp) -> Result<Plan, OwnAppError> {
    let name = app.war.file_name().unwrap_or_default().to_owned();
    let context = match app.at {
        Some(at) => at,
        None => ContextPath::of_war(&name)?,
    };
    let (paths, app_login) = (paths(&context, app.paths)?, app.login);
    let (client, nodes) = (ClientName::new("client")?, topology.names().cloned().collect::<Vec<_>>());
    let clients = CLIENTS_A_NODE * u32::try_from(nodes.len()).unwrap_or(1);
    let ask = |times: u32| {
        let of_path = |path: &String| {
            let kind = StepKind::Http {
                client: client.clone(),
                node: Role::Sticky.into(),
                exchange: Exchange::get(path),
                load: Load { times, clients, parallel: clients, ..Load::default() },
            };
            Step::new(format!("{clients} clients get {path}, each on its node"), kind)
        };
        paths.iter().map(of_path).collect::<Vec<_>>()
    };
    let look = || Step::look(&context);
    let delivery = delivery_of(app.within, Delivery::of(&topology));
    let way = delivery.way(&topology);
    let deploy = StepKind::Deploy { app: App::War(app.war), context: context.clone(), delivery };
    let mut steps = vec![
        Step::new(format!("start {} nodes", nodes.len()), StepKind::Start),
        Step::new(format!("deploy {name} at {context} {way}"), deploy),
        look(),
    ];
    let load = Load { clients, parallel: clients, ..Load::default() };
    steps.extend(app_login.iter().map(|step| logged_in(step, &client, &Role::Sticky.into(), load)));
    let lost_and_back = |node: &NodeName, fault: FaultKind, times: u32| {
        let mut steps = ask(times);
        steps.push(look());
        steps.push(Step::new(format!("{fault} {node}"), StepKind::fault(fault, node.clone())));
        steps.extend(ask(1));
        steps.push(look());
        steps.push(Step::new(format!("restart {node}"), StepKind::restart(node.clone())));
        steps.push(look());
        steps
    };
    for (index, node) in nodes.iter().enumerate() {
        steps.extend(lost_and_back(node, FaultKind::Kill, if index == 0 { TIMES_BEFORE_THE_KILL } else { 1 }));
    }
    // What is kept through a death may be thrown away by who leaves in order (`expireSessionsOnShutdown`).
    steps.extend(nodes.first().into_iter().flat_map(|node| lost_and_back(node, FaultKind::Stop, 1)));
    let name = format!("the sessions of {name} survive the kill of each node");
    let mut plan = Plan::new(name, topology, OF_ANY_APP.to_vec(), steps);
    plan.append_final_read();
    Ok(plan)
}

/// The delivery of an app that may take so long to start on a node; [`WITHIN`] where nothing is said.
pub fn delivery_of(within: Option<Millis>, delivery: Delivery) -> Delivery {
    Delivery { within: Some(within.unwrap_or(WITHIN)), ..delivery }
}

/// The paths that are asked, each one of the app.
fn paths(context: &ContextPath, paths: Vec<String>) -> Result<Vec<String>, OwnAppError> {
    if paths.is_empty() {
        return Ok(vec![context.page("")]);
    }
    for path in &paths {
        if !Exchange::is_path(path) {
            return Err(OwnAppError::Path(path.clone()));
        }
        if Exchange::get(path).context([context]).is_none() {
            return Err(OwnAppError::Elsewhere { path: path.clone(), context: context.clone() });
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Capability;

    fn app(at: Option<&str>, paths: &[&str]) -> OwnApp {
        let at = at.map(|at| ContextPath::new(at).expect("a path"));
        OwnApp {
            war: "target/my-shop.war".into(),
            at,
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
            login: vec![],
            within: None,
        }
    }

    fn planned(nodes: usize, app: OwnApp) -> Plan {
        plan(Topology::of(nodes).expect("a number of nodes"), app).expect("a plan")
    }

    #[test]
    fn each_node_dies_while_clients_on_all_nodes_have_sessions_and_another_is_asked() {
        let plan = planned(3, app(Some("/shop"), &["/shop/cart", "/shop/account"]));
        let titles: Vec<&str> = plan.steps.iter().map(|step| step.title.as_str()).collect();
        insta::assert_snapshot!(titles.join("\n"));
        assert_eq!(plan.guarantees, OF_ANY_APP);
        let can = [Capability::Kill, Capability::Restart, Capability::Stop].into();
        assert_eq!(plan.check("any", &can), Ok(()));
    }

    #[test]
    fn an_app_is_asked_for_its_root_where_no_path_is_said() {
        let root = |plan: &Plan| {
            plan.steps.iter().find_map(|step| match &step.kind {
                StepKind::Http { exchange, .. } => Some(exchange.path.clone()),
                _ => None,
            })
        };
        assert_eq!(root(&planned(2, app(None, &[]))).as_deref(), Some("/my-shop/"));
        assert_eq!(root(&planned(2, app(Some("/"), &[]))).as_deref(), Some("/"));
        assert_eq!(root(&planned(2, app(Some("/"), &["/any"]))).as_deref(), Some("/any"));
    }

    #[test]
    fn an_app_has_three_minutes_to_be_served_or_what_is_said() {
        let limit = |within: Option<Millis>| {
            let plan = planned(2, OwnApp { within, ..app(None, &[]) });
            plan.steps.iter().find_map(|step| match &step.kind {
                StepKind::Deploy { delivery, .. } => delivery.within,
                _ => None,
            })
        };
        assert_eq!(limit(None), Some(Millis(180_000)));
        assert_eq!(limit(Some(Millis(9000))), Some(Millis(9000)));
    }

    #[test]
    fn a_path_of_another_app_is_refused() {
        let refused = |path: &str| plan(Topology::of(2).expect("two nodes"), app(None, &[path])).map(|plan| plan.name);
        for (path, why) in
            [("/shop", "/my-shop"), ("/my-shopping", "/my-shop"), ("cart", "begin with /"), ("/a b", "have no spaces")]
        {
            let error = refused(path).expect_err(path).to_string();
            assert!(error.contains(why), "{path}: {error}");
        }
        assert!(refused("/my-shop/cart?x=/").is_ok() && refused("/my-shop").is_ok());
    }
}
