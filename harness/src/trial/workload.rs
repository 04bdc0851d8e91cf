//! The clients of a run.

use std::collections::BTreeMap;

use crate::lab::client::Client;
use crate::lab::cluster::{Cluster, ClusterError};
use crate::spec::plan::AppRequest;
use crate::spec::{ClientName, ContextPath, NodeName};

/// The clients that a run has made so far, each with its cookies.
#[derive(Debug, Default)]
pub(super) struct Workload {
    clients: BTreeMap<ClientName, Client>,
}

impl Workload {
    /// Makes requests one after the other. How they end is in the history; a bad end is no error here.
    pub(super) async fn ask(
        &mut self,
        cluster: &Cluster,
        (client, node): (&ClientName, &NodeName),
        context: &ContextPath,
        request: AppRequest,
        times: u32,
    ) -> Result<(), ClusterError> {
        if !self.clients.contains_key(client) {
            self.clients.insert(client.clone(), cluster.client(client.as_str())?);
        }
        let Some(client) = self.clients.get(client) else { return Ok(()) };
        for _ in 0..times {
            client.ask(node, context, request).await?;
        }
        Ok(())
    }
}
