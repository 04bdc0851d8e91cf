//! The clients of a run.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::lab::client::Client;
use crate::lab::cluster::{Cluster, ClusterError};
use crate::spec::plan::AppRequest;
use crate::spec::{ClientName, NodeName, Role, SessionId, Target};

/// The clients that a run has made so far, each with its cookies.
#[derive(Debug, Default)]
pub(super) struct Workload {
    clients: BTreeMap<ClientName, Client>,
}

/// What each client of a step does.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) node: &'a Target,
    pub(super) path: &'a str,
    pub(super) request: Option<AppRequest>,
    pub(super) times: u32,
}

impl Workload {
    /// The session that a client last had.
    pub(super) fn session(&self, client: &ClientName) -> Option<SessionId> {
        self.clients.get(client).and_then(Client::session)
    }

    /// Lets clients ask, each one request after the other. How they end is in the history; a bad end is no error here.
    pub(super) async fn ask_all(
        &mut self,
        cluster: &Cluster,
        name: &ClientName,
        clients: u32,
        parallel: u32,
        ask: &Ask<'_>,
    ) -> Result<(), ClusterError> {
        let mut asking = vec![];
        for number in 1..=clients {
            let name = if clients == 1 { name.clone() } else { numbered(name, number)? };
            asking.push(self.client(cluster, name)?);
        }
        let parallel = usize::try_from(parallel).unwrap_or(usize::MAX).max(1);
        stream::iter(asking.into_iter().enumerate())
            .map(|(turn, client)| async move { ask.with(cluster, &client, turn).await })
            .buffer_unordered(parallel)
            .try_collect()
            .await
    }

    fn client(&mut self, cluster: &Cluster, name: ClientName) -> Result<Client, ClusterError> {
        if let Some(client) = self.clients.get(&name) {
            return Ok(client.clone());
        }
        let client = cluster.client(name.as_str())?;
        self.clients.insert(name, client.clone());
        Ok(client)
    }
}

impl Ask<'_> {
    /// `turn` is where a client that goes round the nodes begins.
    async fn with(&self, cluster: &Cluster, client: &Client, turn: usize) -> Result<(), ClusterError> {
        for time in 0..self.times {
            let node = self.node(cluster, client, turn + usize::try_from(time).unwrap_or_default()).await?;
            client.send(&node, self.path, self.request).await?;
        }
        Ok(())
    }

    async fn node(&self, cluster: &Cluster, client: &Client, turn: usize) -> Result<NodeName, ClusterError> {
        match self.node {
            Target::Node(node) => Ok(node.clone()),
            Target::Role(Role::Rotate) => {
                let living: Vec<NodeName> = cluster.living().into_iter().collect();
                match living.get(turn % living.len().max(1)) {
                    Some(node) => Ok(node.clone()),
                    None => cluster.find(Role::Rotate, None).await,
                }
            }
            Target::Role(role) => cluster.find(*role, client.session().as_ref()).await,
        }
    }
}

/// The name of one of several clients: `alice-7`.
fn numbered(name: &ClientName, number: u32) -> Result<ClientName, ClusterError> {
    ClientName::new(format!("{name}-{number}")).map_err(|error| ClusterError::Client(error.into()))
}
