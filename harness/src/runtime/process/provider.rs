//! What is known of processes before there are any.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::{NAME, ProcessRuntime, front};
use crate::host::ports::PortPool;
use crate::model::{Capability, Plan, RunId};
use crate::runtime::check::{Check, Health};
use crate::runtime::provider::{MachineOrder, Provider};
use crate::runtime::{Runtime, RuntimeError};
use crate::tomcat::java::JavaEnvironment;

/// The row of runtime `process`.
#[derive(Debug)]
pub struct ProcessProvider;

#[async_trait]
impl Provider for ProcessProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "JVM processes on this machine"
    }

    fn nodes(&self) -> &'static str {
        "processes"
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        super::capabilities()
    }

    fn uses_local_java(&self) -> bool {
        true
    }

    async fn readiness(&self, _plan: &Plan) -> Result<String, String> {
        Ok("they need nothing but Java".to_owned())
    }

    async fn connect(&self, order: MachineOrder<'_>) -> Result<Arc<dyn Runtime>, RuntimeError> {
        let MachineOrder { run, folder, guard, needs } = order;
        if needs.contains(&Capability::Front) && find_balancer().is_none() {
            return Err(super::no_balancer());
        }
        let processes = ProcessRuntime::new(run.clone(), folder.clone(), guard, PortPool::of_user()?);
        Ok(Arc::new(processes.with_capabilities(needs)))
    }

    async fn runs(&self) -> Result<BTreeSet<RunId>, RuntimeError> {
        Ok(BTreeSet::new())
    }

    /// The guard and the sweep find processes themselves.
    async fn remove(&self, _run: &RunId) -> Result<Vec<String>, RuntimeError> {
        Ok(vec![])
    }

    async fn examine(&self) -> Vec<Check> {
        let mut checks = vec![examine_front()];
        checks.push(match ProcessRuntime::check_namespaces() {
            Ok(()) => Check::good("namespaces", "network namespaces: partitions among processes".to_owned()),
            Err(why) => {
                let advice =
                    "for partitions among processes run as root on Linux with iproute2, util-linux and iptables";
                Check::bad("namespaces", Health::Optional, why, advice.to_owned())
            }
        });
        checks
    }
}

fn find_balancer() -> Option<PathBuf> {
    front::find(&JavaEnvironment::of_process().path.unwrap_or_default())
}

fn examine_front() -> Check {
    match find_balancer() {
        Some(program) => Check::good("haproxy", format!("{}: a balancer in front of processes", program.display())),
        None => Check::bad("haproxy", Health::Optional, "not found on the PATH", front::ADVICE),
    }
}
