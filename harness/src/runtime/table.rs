//! The table of runtimes, one row each: what is asked of a runtime before there are machines goes through it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::check::Check;
use super::docker::DockerProvider;
use super::process::ProcessProvider;
use super::provider::{MachineOrder, Provider};
use super::{Runtime, RuntimeError};
use crate::model::plan::PlanError;
use crate::model::{Capability, Plan};

/// All runtimes, the one with the fewest demands on this machine first.
static ALL: [RuntimeKind; 2] = [RuntimeKind::PROCESS, RuntimeKind::DOCKER];

/// Which machines: a row of the table.
#[derive(Clone, Copy)]
pub struct RuntimeKind(&'static dyn Provider);

impl RuntimeKind {
    /// JVMs on this machine.
    pub const PROCESS: Self = Self(&ProcessProvider);
    /// Pods of containers.
    pub const DOCKER: Self = Self(&DockerProvider);

    /// All of them, the one with the fewest demands on this machine first.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        ALL.into_iter()
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.name() == name)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What it is, for the help.
    pub fn about(self) -> &'static str {
        self.0.about()
    }

    /// What it can do.
    pub fn capabilities(self) -> BTreeSet<Capability> {
        self.0.capabilities()
    }

    /// Whether it can do all of a plan.
    ///
    /// # Errors
    /// The first step that cannot be done.
    pub fn check(self, plan: &Plan) -> Result<(), PlanError> {
        plan.check(self.name(), &self.capabilities())
    }

    /// The first that can do all of a plan.
    ///
    /// # Errors
    /// Why the last one cannot.
    pub fn first_able(plan: &Plan) -> Result<Self, PlanError> {
        let mut lacks = Ok(Self::PROCESS);
        for kind in Self::all() {
            lacks = kind.check(plan).map(|()| kind);
            if lacks.is_ok() {
                break;
            }
        }
        lacks
    }

    /// The machines for a plan where nobody named them, and why: those with the most demands that can do all of it and have
    /// what they need; the first of the table where none has.
    pub async fn choose(plan: &Plan) -> (Self, String) {
        let because = |kind: Self, why: &str| (kind, format!("{}, because {why}", kind.0.nodes()));
        let mut why_not = None;
        let mut able: Vec<Self> = vec![];
        for kind in Self::all() {
            match kind.check(plan) {
                Ok(()) => able.push(kind),
                Err(lacks) => why_not = Some(lacks.to_string()).or(why_not),
            }
        }
        let [simplest, others @ ..] = &able[..] else {
            // It is refused then, in its own words.
            return because(Self::DOCKER, &why_not.unwrap_or_default());
        };
        for kind in others.iter().rev() {
            match kind.0.readiness(plan).await {
                Ok(why) => return because(*kind, &why),
                Err(why) => why_not = why_not.or(Some(why)),
            }
        }
        because(*simplest, &why_not.unwrap_or_default())
    }

    /// What this machine has for it, and lacks.
    pub async fn examine(self) -> Vec<Check> {
        self.0.examine().await
    }

    /// Whether nodes run on the Java of this machine.
    pub fn uses_local_java(self) -> bool {
        self.0.uses_local_java()
    }

    /// Makes machines. No node is there yet.
    ///
    /// # Errors
    /// Something that it needs is missing.
    pub async fn connect(self, order: MachineOrder<'_>) -> Result<Arc<dyn Runtime>, RuntimeError> {
        self.0.connect(order).await
    }

    pub(crate) fn provider(self) -> &'static dyn Provider {
        self.0
    }
}

impl fmt::Debug for RuntimeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for RuntimeKind {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for RuntimeKind {}
