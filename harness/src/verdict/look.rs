//! One look of the probe at one node.

use std::collections::BTreeSet;

use crate::history::{ContextState, Nanos, NodeState, Question};
use crate::model::{ContextPath, NodeName};

/// One look at one node.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) record: usize,
    pub(super) node: &'a NodeName,
    pub(super) asked: Nanos,
    pub(super) at: Nanos,
    pub(super) question: &'a Question,
    /// `None` where the probe was dead.
    pub(super) state: Option<&'a NodeState>,
}

impl<'a> Look<'a> {
    /// Whether it would show a session of an app where the node holds one: the app was asked for, and is served.
    pub(super) fn would_show(&self, context: Option<&ContextPath>) -> bool {
        context.is_some_and(|context| {
            self.question.covers(context) && self.contexts(&std::iter::once(context).collect()).next().is_some()
        })
    }

    /// The contexts of these paths that the node serves.
    pub(super) fn contexts(&self, paths: &BTreeSet<&ContextPath>) -> impl Iterator<Item = &'a ContextState> {
        let contexts = self.state.map_or(&[][..], |state| &state.contexts);
        contexts.iter().filter(move |context| paths.contains(&context.path) && context.available)
    }
}
