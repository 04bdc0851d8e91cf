//! What is known of processes before there are any.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use super::{CAPABILITIES, NAME, ProcessRuntime};
use crate::host::ports::PortPool;
use crate::model::{Capability, Plan, RunId};
use crate::runtime::check::Check;
use crate::runtime::provider::{MachineOrder, Provider};
use crate::runtime::{Runtime, RuntimeError};

/// The row of runtime `process`.
#[derive(Debug)]
pub struct ProcessProvider;

#[async_trait]
impl Provider for ProcessProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn nodes(&self) -> &'static str {
        "processes"
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        CAPABILITIES.into()
    }

    fn uses_local_java(&self) -> bool {
        true
    }

    async fn readiness(&self, _plan: &Plan) -> Result<String, String> {
        Ok("they need nothing but Java".to_owned())
    }

    async fn connect(&self, order: MachineOrder<'_>) -> Result<Arc<dyn Runtime>, RuntimeError> {
        let MachineOrder { run, folder, guard } = order;
        Ok(Arc::new(ProcessRuntime::new(run.clone(), folder.clone(), guard, PortPool::of_user()?)))
    }

    async fn runs(&self) -> Result<BTreeSet<RunId>, RuntimeError> {
        Ok(BTreeSet::new())
    }

    /// The guard and the sweep find processes themselves.
    async fn remove(&self, _run: &RunId) -> Result<Vec<String>, RuntimeError> {
        Ok(vec![])
    }

    async fn examine(&self) -> Vec<Check> {
        vec![]
    }
}
