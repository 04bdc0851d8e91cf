//! The farm: a WAR goes into the watch folder of one node, and Tomcat carries it to the others.

use std::sync::Arc;

use futures_util::future::try_join_all;

use super::{Cluster, ClusterError};
use crate::config;
use crate::history::{Event, Question};
use crate::lab::client::PlainClient;
use crate::lab::runtime::NodeFile;
use crate::lab::sync::lock;
use crate::lab::wait::{self, Look, TimedOut};
use crate::lab::war::War;
use crate::spec::{ContextPath, Guarantee, NodeName};

impl Cluster {
    /// Drops a WAR into the watcher's folder, whole at once, and waits until every living node serves its context.
    ///
    /// # Errors
    /// The wait ran out, which breaks `deployed-everywhere`.
    pub async fn deploy(&self, war: &Arc<War>) -> Result<(), ClusterError> {
        let watcher = self.parts.topology.watcher();
        let path = format!("{}/{}", config::farm_folders(&self.parts.topology).watch, war.context.war_name()).into();
        let file = NodeFile { path, content: war.content.clone(), modified: None };
        self.parts.recorder.event(Event::WarDropped {
            node: watcher.clone(),
            context: war.context.clone(),
            sha256: war.sha256.clone(),
        });
        let living = self.living();
        let marks: Vec<_> = living.iter().map(|node| (node, self.log_mark(node))).collect();
        self.parts.runtime.put(watcher, file).await?;
        let served = marks.into_iter().map(|(node, mark)| self.await_served(node, war, mark));
        try_join_all(served).await.map_err(|error| error.breaking(Guarantee::DeployedEverywhere))?;
        let mut deployed = lock(&self.deployed);
        deployed.retain(|old| old.context != war.context);
        deployed.push(war.clone());
        Ok(())
    }

    /// Waits until a node's context is available and, where the WAR names pages, each is compiled. A context of which
    /// the log says, behind `mark`, that it did not start is not waited for: no server tries that again by itself.
    ///
    /// `?jsp_precompile=true` compiles a page without running it (Jakarta Pages, "Precompilation"), so no session is
    /// touched and no later request pays for it.
    pub(super) async fn await_served(&self, node: &NodeName, war: &War, mark: usize) -> Result<(), ClusterError> {
        let context = &war.context;
        let (wanted, began) = (format!("{node} to serve {context}"), self.parts.recorder.clock().now());
        let question = Question::Context(context.clone());
        let http =
            PlainClient::new(self.parts.limits.request).map_err(|error| ClusterError::Http(error.to_string()))?;
        wait::until(&wanted, self.parts.limits.deploy, async || {
            let seen = self.look(node, &question).await?;
            let found =
                seen.state().and_then(|state| state.contexts.iter().find(|found| found.path == *context).cloned());
            Ok::<_, ClusterError>(match found {
                Some(found) if found.available => self.look_at_pages(&http, node, war).await?,
                Some(_) => match self.failed_to_start(node, context, mark) {
                    Some(last_seen) => {
                        let waited = self.parts.recorder.clock().now().since(began);
                        return Err(TimedOut { wanted: wanted.clone(), last_seen, waited }.into());
                    }
                    None => Look::NotYet(format!("{context} is there, but not available")),
                },
                None => Look::NotYet(format!("{node} has no context {context}")),
            })
        })
        .await?;
        self.parts.recorder.event(Event::Deployed { node: node.clone(), context: context.clone() });
        Ok(())
    }

    /// The line of a node's log that says that a context failed to start (`StandardContext.startInternal`).
    fn failed_to_start(&self, node: &NodeName, context: &ContextPath, mark: usize) -> Option<String> {
        let text = format!("Context [{context}] startup failed");
        let lines = self.logs_since(node, mark);
        lines.into_iter().map(|line| line.message).find(|message| message.contains(&text))
    }

    async fn look_at_pages(&self, http: &PlainClient, node: &NodeName, war: &War) -> Result<Look<()>, ClusterError> {
        let address = self.address(node).await?;
        for page in &war.pages {
            let url =
                format!("http://{address}{}/{page}?jsp_precompile=true", war.context.as_str().trim_end_matches('/'));
            match http.get(&url, ("Accept", "*/*")).await {
                Ok((200, _)) => {}
                Ok((status, _)) => return Ok(Look::NotYet(format!("{page} on {node} answers HTTP {status}"))),
                Err(error) => return Ok(Look::NotYet(format!("{page} on {node}: {error}"))),
            }
        }
        Ok(Look::Ready(()))
    }
}
