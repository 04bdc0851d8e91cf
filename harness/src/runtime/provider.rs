//! What makes the machines of a runtime, and what is known of it before there are any.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::check::Check;
use super::{Runtime, RuntimeError};
use crate::host::guard::Guard;
use crate::host::run_dir::RunDir;
use crate::model::{Capability, Plan, RunId};

/// What machines are made for.
#[derive(Debug)]
pub struct MachineOrder<'a> {
    /// The run, whose id everything carries.
    pub run: &'a RunId,
    /// Where the machines have their files on this machine.
    pub folder: &'a RunDir,
    /// What hears of all that is made.
    pub guard: Arc<Guard>,
    /// What they must be able to do.
    pub needs: &'a BTreeSet<Capability>,
}

/// What makes the machines of a runtime, and what is known of it without any.
#[async_trait]
pub trait Provider: Send + Sync + fmt::Debug {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// What it is, for the help: `Containers`.
    fn about(&self) -> &'static str;

    /// What a node is, in the plural.
    fn nodes(&self) -> &'static str;

    /// What it can do.
    fn capabilities(&self) -> BTreeSet<Capability>;

    /// Whether nodes run on the Java of this machine.
    fn uses_local_java(&self) -> bool;

    /// Why it would be used for a plan that it can do; or why not, as something that it needs is not at hand.
    async fn readiness(&self, plan: &Plan) -> Result<String, String>;

    /// Makes machines. No node is there yet.
    async fn connect(&self, order: MachineOrder<'_>) -> Result<Arc<dyn Runtime>, RuntimeError>;

    /// The runs that have something which shows in no table of processes of this machine.
    async fn runs(&self) -> Result<BTreeSet<RunId>, RuntimeError>;

    /// Removes what a run has beside processes of this machine, and says what that was.
    async fn remove(&self, run: &RunId) -> Result<Vec<String>, RuntimeError>;

    /// What this machine has for it, and lacks.
    async fn examine(&self) -> Vec<Check>;
}
