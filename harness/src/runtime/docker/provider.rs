//! What is known of containers before there are any.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use super::sweep::{self, EngineFacts};
use super::{CAPABILITIES, DockerOptions, DockerRuntime, NAME};
use crate::model::{Capability, Plan, RunId};
use crate::runtime::check::{Check, Health};
use crate::runtime::provider::{MachineOrder, Provider};
use crate::runtime::{Runtime, RuntimeError};

/// How many base images a run needs.
const BASE_IMAGES: usize = 2;

/// The row of runtime `docker`.
#[derive(Debug)]
pub struct DockerProvider;

#[async_trait]
impl Provider for DockerProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "Containers"
    }

    fn nodes(&self) -> &'static str {
        "containers"
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        CAPABILITIES.into()
    }

    fn uses_local_java(&self) -> bool {
        false
    }

    async fn readiness(&self, plan: &Plan) -> Result<String, String> {
        if plan.topology.jvm.home.is_some() {
            return Err("a Java home of this machine is asked for".to_owned());
        }
        match sweep::engine().await {
            Ok(EngineFacts { version, base_images, .. }) if base_images.len() >= BASE_IMAGES => {
                Ok(format!("container engine {version} answers and has the images"))
            }
            Ok(EngineFacts { version, .. }) => Err(format!("container engine {version} has no base images")),
            Err(_) => Err("no container engine answers".to_owned()),
        }
    }

    async fn connect(&self, order: MachineOrder<'_>) -> Result<Arc<dyn Runtime>, RuntimeError> {
        let MachineOrder { run, folder, guard, needs: _ } = order;
        let options = DockerOptions::default();
        Ok(Arc::new(DockerRuntime::connect(run, guard, folder.path(), options).await?))
    }

    async fn runs(&self) -> Result<BTreeSet<RunId>, RuntimeError> {
        sweep::runs().await
    }

    async fn remove(&self, run: &RunId) -> Result<Vec<String>, RuntimeError> {
        sweep::remove(run).await
    }

    async fn examine(&self) -> Vec<Check> {
        let facts = match sweep::engine().await {
            Ok(facts) => facts,
            Err(error) => {
                let advice = match &error {
                    RuntimeError::Environment { hint: Some(hint), .. } => hint.clone(),
                    _ => "start a container engine for --runtime docker; the process runtime does without".to_owned(),
                };
                return vec![Check::bad("engine", Health::Optional, error.to_string(), advice)];
            }
        };
        let EngineFacts { version, api, os, cgroup, storage, .. } = &facts;
        let engine = format!("{version} (API {api}) on {os}, cgroup v{cgroup}, {storage}");
        let images = if facts.base_images.is_empty() {
            let advice = "the engine will pull the base images; where it cannot, build them: docker/README.md";
            Check::bad("images", Health::Optional, "no base image is there yet", advice)
        } else {
            Check::good("images", facts.base_images.join(", "))
        };
        vec![Check::good("engine", engine), images]
    }
}
