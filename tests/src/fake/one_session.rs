//! The plan on which the bugs are calibrated: one session over the kill of each of two nodes, and nothing beside it that
//! could hide what a bug does to it.

use tomee_harness::model::plan::{App, AppRequest, Plan};
use tomee_harness::model::{
    ClientName, ContextPath, FaultKind, Guarantee, Load, ManagerKind, NodeName, Step, StepKind, Topology,
};

use super::replication::LAST_COUNT;

/// The session is made on the first node, which is killed; the second must answer. The first comes back, takes over the
/// state, the second is killed, and the first must answer.
///
/// # Panics
/// Never: its names are good.
pub fn one_session(topology: Topology) -> Plan {
    let context = ContextPath::new("/counter").expect("a good path");
    let client = ClientName::new("alice").expect("a good name");
    let (first, second) = (topology.nodes[0].name.clone(), topology.nodes[1].name.clone());
    let request = |node: &NodeName, request, times| StepKind::Request {
        client: client.clone(),
        node: node.clone().into(),
        context: context.clone(),
        request,
        load: Load { times, ..Load::default() },
    };
    let route_late = topology.cluster.manager == ManagerKind::Backup && topology.nodes.len() > 2;
    let counts_after_a_kill = if route_late { 2 } else { 1 };
    let counts_before = u32::try_from(LAST_COUNT).expect("a small number");
    let observe = || StepKind::Observe { context: context.clone() };
    let kill = |node: &NodeName| StepKind::fault(FaultKind::Kill, node.clone());
    let steps = [
        (format!("start {} nodes", topology.nodes.len()), StepKind::Start),
        (format!("deploy counter.war through the farm of {first}"), StepKind::deploy(App::Counter, context.clone())),
        (format!("count on {first}"), request(&first, AppRequest::Count, counts_before)),
        (format!("change the list in place on {first}"), request(&first, AppRequest::Mutate, 1)),
        ("read every replica".to_owned(), observe()),
        (format!("kill {first}"), kill(&first)),
        (format!("count on {second}"), request(&second, AppRequest::Count, counts_after_a_kill)),
        ("read every replica".to_owned(), observe()),
        (format!("restart {first}"), StepKind::restart(first.clone())),
        ("read every replica".to_owned(), observe()),
        (format!("kill {second}"), kill(&second)),
        (format!("count on {first}"), request(&first, AppRequest::Count, counts_after_a_kill)),
        ("read every replica".to_owned(), observe()),
    ];
    let steps = steps.into_iter().map(|(title, kind)| Step::new(title, kind)).collect();
    Plan::new("the session survives the kill of each node", topology, Guarantee::COMMON.to_vec(), steps)
}
