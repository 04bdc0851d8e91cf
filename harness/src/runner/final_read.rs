//! The final read: every session is asked for once more before a run ends.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::memory::Again;
use super::workload::{Workload, named};
use crate::cluster::client::Client;
use crate::cluster::{Cluster, ClusterError};
use crate::model::front::Sticky;
use crate::model::plan::AppRequest;
use crate::model::{ContextPath, NodeName};

/// How many clients ask at one time.
const AT_ONE_TIME: usize = 8;

impl Workload {
    /// Asks for the session of each client once more, when no traffic goes on any more. How that ends is in the history; a
    /// bad end is no error here.
    pub(super) async fn read_all(&self, cluster: &Cluster) -> Result<(), ClusterError> {
        let served: BTreeSet<ContextPath> = cluster.served().into_iter().collect();
        let again = self.memory().again(&served);
        let looks = again.iter().flat_map(|(_, apps)| apps).filter(|(_, again)| *again == Again::Look);
        let looks: BTreeSet<ContextPath> = looks.map(|(context, _)| context.clone()).collect();
        let asking = again.into_iter().filter_map(|(name, apps)| Some((self.known(&name)?, apps)));
        stream::iter(asking.enumerate().collect::<Vec<_>>())
            .map(|(turn, (client, apps))| async move { ask_again(cluster, &client, turn, &apps).await })
            .buffer_unordered(AT_ONE_TIME)
            .try_collect::<()>()
            .await?;
        for context in &looks {
            cluster.observe(context).await?;
        }
        Ok(())
    }
}

async fn ask_again(
    cluster: &Cluster,
    client: &Client,
    turn: usize,
    apps: &[(ContextPath, Again)],
) -> Result<(), ClusterError> {
    for (context, again) in apps {
        let Some(node) = node(cluster, client, context, turn) else { continue };
        match again {
            Again::Counter => drop(client.ask(&node, context, AppRequest::Read).await?),
            Again::Get(exchange) => drop(client.exchange(&node, exchange).await?),
            Again::Look => {}
        }
    }
    Ok(())
}

/// The living node that is asked: the one that the client's session id names, else the next in turn, of those that serve
/// the app, and rather one to which nothing was done.
fn node(cluster: &Cluster, client: &Client, context: &ContextPath, turn: usize) -> Option<NodeName> {
    if cluster.topology().front.as_ref().is_some_and(|front| front.sticky == Sticky::Prefix) {
        return Some(NodeName::front());
    }
    let serving: Vec<NodeName> = cluster.serving(context).into_iter().collect();
    // Below the context: its cookie's path may end with a slash.
    let session = client.session_at(&context.page(""));
    let named = named(cluster, session.as_ref(), &serving);
    let broken = cluster.broken();
    let sound: Vec<&NodeName> = serving.iter().filter(|node| !broken.contains(*node)).collect();
    let next = sound.get(turn % sound.len().max(1)).copied().or_else(|| serving.get(turn % serving.len().max(1)));
    named.or(next).cloned()
}
