//! Steps of a plan as Rust code makes them.

use super::{Delivery, Step, StepKind, Unpacked, observe};
use crate::model::app::App;
use crate::model::fault::Fault;
use crate::model::{ContextPath, Target};

impl StepKind {
    /// A deployment through the farm.
    pub fn deploy(app: App, context: ContextPath) -> Self {
        Self::Deploy { app, context, delivery: Delivery::default() }
    }

    /// A fault that lasts. One that is given by its kind must have no parameters to be done.
    pub fn fault(fault: impl Into<Fault>, node: impl Into<Target>) -> Self {
        Self::Fault { fault: fault.into(), node: node.into(), client: None, lasting: None }
    }

    /// A restart of a node as it was.
    pub fn restart(node: impl Into<Target>) -> Self {
        Self::Restart { node: node.into(), changes: None, app: None, unpacked: Unpacked::Removed }
    }
}

impl Step {
    /// A step that expects nothing of its own.
    pub fn new(title: impl Into<String>, kind: StepKind) -> Self {
        Self { title: title.into(), expect: None, kind }
    }

    /// A look at every replica of an app's sessions.
    pub fn look(context: &ContextPath) -> Self {
        Self::new(observe::TITLE, StepKind::Observe { context: context.clone() })
    }
}
