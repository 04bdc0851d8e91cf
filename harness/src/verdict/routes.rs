//! The routes of the nodes: as they run, where their probes report them, else as they are configured.

use std::collections::BTreeMap;

use super::operations::Operation;
use crate::history::{History, RecordKind};
use crate::model::{NodeName, Plan};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Routes<'a> {
    of: BTreeMap<&'a NodeName, Option<&'a str>>,
    /// What a node was configured to be called by a system property, and the record of a look that shows another route, or none.
    pub(super) ignored: Vec<(&'a NodeName, String, Option<&'a str>, usize)>,
}

/// The system property that some servers take for the Engine's route (up to Tomcat 10.0, hence TomEE 9).
const PROPERTY: &str = "-DjvmRoute=";

impl<'a> Routes<'a> {
    pub(super) fn of(plan: &'a Plan, history: &'a History) -> Self {
        let configured = plan.topology.names().map(|node| (node, plan.topology.route(node)));
        let mut routes = Self { of: configured.collect(), ignored: Vec::new() };
        let mut seen = BTreeMap::new();
        for (index, record) in history.records.iter().enumerate() {
            let RecordKind::Observe(look) = &record.kind else { continue };
            let Some(engine) = look.state().and_then(|state| state.engine.as_ref()) else { continue };
            routes.of.insert(&look.node, engine.jvm_route.as_deref());
            seen.insert(&look.node, (engine.jvm_route.as_deref(), index));
        }
        for (node, topology) in plan.each_node() {
            let argument = topology.jvm.args.iter().rev().find_map(|argument| argument.strip_prefix(PROPERTY));
            let (Some(wanted), Some((found, record))) = (argument, seen.get(node)) else { continue };
            let configured = plan.topology.route(node);
            if *found != Some(wanted) && configured.is_none() {
                routes.ignored.push((node, wanted.to_owned(), *found, *record));
            }
        }
        routes
    }

    /// The route of a node, where it has one.
    pub(super) fn get(&self, node: &NodeName) -> Option<&'a str> {
        self.of.get(node).copied().flatten()
    }

    /// Whether the node of a request gives the session an id of its own: it has a route, and the id that was sent, if any, has
    /// another one (`JvmRouteBinderValve`).
    pub(super) fn gives_another_id(&self, operation: &Operation<'_>) -> bool {
        let route = self.get(operation.node);
        route.is_some() && operation.sent.is_none_or(|sent| sent.route() != route)
    }
}
