//! The arguments of a balancer in front of the nodes.

use clap::Args;
use serde::de::DeserializeOwned;
use tomee_harness::model::Front;
use tomee_harness::model::front::{Balancer, HealthCheck, Sticky};

/// Which balancer, and how it chooses.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FrontArgs {
    /// Put a load balancer before the nodes: haproxy
    #[arg(long, value_name = "BALANCER", value_parser = word::<Balancer>)]
    pub(crate) front: Option<Balancer>,
    /// How it keeps sessions on their nodes: route, cookie, prefix or none [default: route]
    #[arg(long, value_name = "WAY", value_parser = word::<Sticky>, requires = "front")]
    pub(crate) sticky: Option<Sticky>,
    /// What a node must answer to be UP: tcp, or a path such as /counter/read.jsp [default: tcp]
    #[arg(long, value_name = "CHECK", value_parser = word::<HealthCheck>, requires = "front")]
    pub(crate) health_check: Option<HealthCheck>,
}

impl FrontArgs {
    /// The balancer, where one is wanted.
    pub(crate) fn wanted(&self) -> Option<Box<Front>> {
        let usual = Front::default();
        Some(Box::new(Front {
            balancer: self.front?,
            sticky: self.sticky.unwrap_or(usual.sticky),
            health_check: self.health_check.clone().unwrap_or(usual.health_check),
            ..Front::default()
        }))
    }
}

/// A word as a scenario writes it.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}
