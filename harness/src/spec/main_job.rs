//! The main job as a plan: two nodes, a farm-deployed counter, a killed node, and back again.

use super::names::{ClientName, ContextPath, NameError};
use super::plan::{App, AppRequest, Plan};
use super::step::{Step, StepKind};
use super::{AtMost, FaultKind, Guarantee, ManagerKind, Topology};

/// How often the counter is counted before the first kill.
const COUNTS_BEFORE_THE_KILL: u32 = 4;

/// The plan of the main job on a cluster of this shape.
///
/// The session is made on the first node, which is killed; the second must answer. The first comes back, takes over
/// the state, the second is killed, and the first must answer: the session has then survived both.
///
/// # Errors
/// Never for the names written here; the type says so for the sake of a caller that must not panic.
pub fn plan(topology: Topology) -> Result<Plan, NameError> {
    let context = ContextPath::new("/counter")?;
    let client = ClientName::new("alice")?;
    let (first, second) = (topology.nodes[0].name.clone(), topology.nodes[1].name.clone());
    let request = |node: &super::NodeName, request, times| StepKind::Request {
        client: client.clone(),
        node: node.clone().into(),
        context: context.clone(),
        request,
        times,
        clients: 1,
        parallel: 1,
        at_once: 1,
        every: None,
    };
    // BackupManager lets a node that is neither owner nor backup answer once under the old route before it renames the
    // id, so it takes two answers to see the new one.
    let route_late = topology.cluster.manager == ManagerKind::Backup && topology.nodes.len() > 2;
    let counts_after_a_kill = if route_late { 2 } else { 1 };
    let observe = || StepKind::Observe { context: context.clone() };
    let kill = |node: &super::NodeName| StepKind::Fault {
        kind: FaultKind::Kill,
        node: node.clone().into(),
        client: None,
        percent: None,
        by: None,
        delay: None,
        lasting: None,
    };
    let steps = [
        (format!("start {} nodes", topology.nodes.len()), StepKind::Start),
        (format!("deploy counter.war through the farm of {first}"), StepKind::deploy(App::Counter, context.clone())),
        (format!("count on {first}"), request(&first, AppRequest::Count, COUNTS_BEFORE_THE_KILL)),
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
    Ok(Plan {
        name: "the session survives the kill of each node".to_owned(),
        topology,
        guarantees: Guarantee::COMMON.to_vec(),
        expect_violations: vec![],
        allow: vec![],
        at_most: AtMost::default(),
        steps,
    })
}
