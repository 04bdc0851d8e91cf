//! What stands in for runtime `docker` where the feature of this name is off: it can do nothing, and says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use crate::model::{Capability, Plan, RunId};
use crate::runtime::check::Check;
use crate::runtime::provider::{MachineOrder, Provider};
use crate::runtime::{Runtime, RuntimeError};

/// The row of runtime `docker`.
#[derive(Debug)]
pub struct DockerProvider;

const WHY: &str = "containers are not available: tomee-harness was built without its feature `docker`";

#[async_trait]
impl Provider for DockerProvider {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn about(&self) -> &'static str {
        "Containers"
    }

    fn nodes(&self) -> &'static str {
        "containers"
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        BTreeSet::new()
    }

    fn uses_local_java(&self) -> bool {
        false
    }

    async fn readiness(&self, _plan: &Plan) -> Result<String, String> {
        Err(WHY.to_owned())
    }

    async fn connect(&self, _order: MachineOrder<'_>) -> Result<Arc<dyn Runtime>, RuntimeError> {
        Err(RuntimeError::Environment {
            what: WHY.to_owned(),
            hint: Some("add the feature `docker` to the dependency, or use the runtime `process`".to_owned()),
            source: None,
        })
    }

    /// No run has anything on an engine that cannot be reached.
    async fn runs(&self) -> Result<BTreeSet<RunId>, RuntimeError> {
        Ok(BTreeSet::new())
    }

    async fn remove(&self, _run: &RunId) -> Result<Vec<String>, RuntimeError> {
        Ok(vec![])
    }

    async fn examine(&self) -> Vec<Check> {
        vec![]
    }
}
