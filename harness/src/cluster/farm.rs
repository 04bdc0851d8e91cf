//! The farm: a WAR goes into the watch folder of one node, and Tomcat carries it to the others.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use futures_util::future::try_join_all;

use super::deployed::{Deployed, Dropping, Served};
use super::{AppFailure, Cluster, ClusterError, deploy_log};
use crate::cluster::client::PlainClient;
use crate::cluster::probe::SessionScope;
use crate::config;
use crate::history::{Event, Question};
use crate::host::sync::lock;
use crate::host::wait::{self, Look, TimedOut};
use crate::model::step::{Delivery, Through};
use crate::model::{ContextPath, Guarantee, Millis, NodeName};
use crate::runtime::NodeFile;
use crate::tomcat::war::War;

/// Where a WAR is put.
#[derive(Debug)]
struct Place<'a> {
    node: &'a NodeName,
    path: Utf8PathBuf,
    /// Whether the farm does not carry it on.
    alone: bool,
}

impl Cluster {
    /// Drops a WAR into the watcher's folder, whole at once, and waits until every living node serves its context: anew,
    /// where the context was there before.
    ///
    /// # Errors
    /// The wait ran out, which breaks `deployed-everywhere`.
    pub async fn deploy(&self, war: &Arc<War>) -> Result<(), ClusterError> {
        self.deploy_by(war, &Delivery::default()).await
    }

    /// Deploys a WAR on this way, and waits as [`Self::deploy`] does, unless it is detached: for each node as long as `within`
    /// says, where the farm gives it on from when the watcher serves it.
    ///
    /// # Errors
    /// The wait ran out, which breaks `deployed-everywhere`; or the runtime cannot write slowly.
    pub async fn deploy_by(&self, war: &Arc<War>, delivery: &Delivery) -> Result<(), ClusterError> {
        let living = self.living();
        let (folder, receivers) = self.folder_of(delivery);
        let path: Utf8PathBuf = format!("{folder}/{}", delivery.war_name(&war.context)).into();
        let within = delivery.within.map(Millis::duration);
        let limit = within.unwrap_or(self.machines.limits.deploy);
        self.note_other_namespace(war, &receivers);
        let mut awaited = vec![];
        for node in living.iter().filter(|node| delivery.through == Through::Farm || receivers.contains(node)) {
            let (version, mark) = (delivery.version().to_owned(), self.log_mark(node));
            let before = self.life_of(node, &war.context, &version).await?;
            let archive = delivery.war_name(&war.context);
            let slowly = delivery.slowly.is_some();
            awaited.push((node.clone(), Served { version, before, mark, archive, slowly }));
        }
        for node in &receivers {
            let place = Place { node, path: path.clone(), alone: delivery.through == Through::Copy };
            self.put_war(war, place, delivery).await?;
            // DeltaManagers that start at one time ask each other for sessions, and wait until stateTransferTimeout without an answer.
            if delivery.through == Through::Copy && !delivery.detach {
                let (own, others) = awaited.into_iter().partition(|(of, _)| of == node);
                awaited = others;
                self.await_deployed(Dropping { war: war.clone(), awaited: own, within, first: None }, limit).await?;
            }
        }
        let first = receivers.into_iter().next().filter(|_| delivery.through == Through::Farm);
        let dropping = Dropping { war: war.clone(), awaited, within, first };
        if delivery.detach {
            lock(&self.state.detached).insert(war.context.clone(), dropping);
            return Ok(());
        }
        self.await_deployed(dropping, limit).await
    }

    /// Waits until every living node serves what was dropped at a context and not waited for.
    ///
    /// # Errors
    /// The wait ran out, which breaks `deployed-everywhere`.
    pub async fn await_deployed_within(&self, context: &ContextPath, limit: Duration) -> Result<(), ClusterError> {
        let dropping = lock(&self.state.detached).remove(context);
        match dropping {
            Some(dropping) => self.await_deployed(dropping, limit).await,
            None => Ok(()),
        }
    }

    async fn await_deployed(&self, dropping: Dropping, limit: Duration) -> Result<(), ClusterError> {
        let (Dropping { war, mut awaited, within, first }, living) = (dropping, self.living());
        awaited.retain(|(node, _)| living.contains(node));
        // When the watcher served it, which is when the time of the others begins.
        let given_on = OnceLock::new();
        let served = awaited.iter().map(async |(node, served)| {
            let ended = self.await_served(node, &war, served, limit).await;
            if first.as_ref() == Some(node) {
                if ended.is_ok() {
                    given_on.get_or_init(Instant::now);
                }
                return ended;
            }
            let left = given_on.get().map(|at| limit.saturating_sub(at.elapsed())).filter(|left| !left.is_zero());
            match (ended, left) {
                (Err(ClusterError::Wait { .. }), Some(left)) => self.await_served(node, &war, served, left).await,
                (ended, _) => ended,
            }
        });
        try_join_all(served).await.map_err(|error| {
            let open = awaited.iter().find(|(node, served)| self.still_deploys(node, served));
            match (error, open) {
                (ClusterError::Wait { source, .. }, Some((node, served))) => {
                    still_starts(source, node, &served.archive)
                }
                (error, _) => error.breaking(Guarantee::DeployedEverywhere),
            }
        })?;
        self.has_deployed(&war, awaited.into_iter().map(|(node, _)| node), within);
        Ok(())
    }

    /// Notes that these nodes serve an app, beside those that did before and may be down now.
    fn has_deployed(&self, war: &Arc<War>, nodes: impl Iterator<Item = NodeName>, within: Option<Duration>) {
        let mut deployed = lock(&self.state.deployed);
        let known = deployed.iter().position(|old| old.war.context == war.context).map(|at| deployed.remove(at));
        let within = within.or(known.as_ref().and_then(|old| old.within));
        let nodes = known.map(|old| old.nodes).unwrap_or_default().into_iter().chain(nodes).collect();
        deployed.push(Deployed { war: war.clone(), nodes, within });
    }

    /// How long a node may take until it is ready: it starts its apps first, and of those that it has one may be slow.
    pub(super) fn start_limit(&self, node: &NodeName) -> Duration {
        let limits = &self.machines.limits;
        let deployed = lock(&self.state.deployed);
        let slowest = deployed.iter().filter(|app| app.nodes.contains(node)).filter_map(|app| app.within).max();
        limits.start + slowest.unwrap_or_default().saturating_sub(limits.deploy)
    }

    /// Says of a start that timed out while the node still started an app what lets it go on for longer.
    pub(super) fn starts_an_app(&self, error: ClusterError, node: &NodeName, mark: usize) -> ClusterError {
        let ClusterError::Wait { source, .. } = error else { return error };
        let (log, deployed) = (self.logs_since(node, mark), lock(&self.state.deployed).clone());
        let archives = deployed.iter().map(|app| app.war.context.war_name());
        match archives.into_iter().find(|archive| deploy_log::goes_on(&log, archive)) {
            Some(archive) => still_starts(source, node, &archive),
            None => source.into(),
        }
    }

    /// Records that a server of these nodes finds nothing of what an app is made of, where that is so.
    fn note_other_namespace(&self, war: &War, nodes: &[NodeName]) {
        if let Some(why) = nodes.iter().find_map(|node| self.other_namespace(node, war)) {
            self.recorder().event(Event::OtherNamespace { context: war.context.clone(), why });
        }
    }

    fn other_namespace(&self, node: &NodeName, war: &War) -> Option<String> {
        let name = war.context.war_name();
        war.written_for.as_ref()?.is_foreign_to(&name, self.distribution(node))
    }

    /// The contexts of the apps that were deployed and not undeployed.
    pub fn served(&self) -> Vec<ContextPath> {
        lock(&self.state.deployed).iter().map(|app| app.war.context.clone()).collect()
    }

    /// The living nodes that have served an app.
    pub fn serving(&self, context: &ContextPath) -> BTreeSet<NodeName> {
        let living = self.living();
        let deployed = lock(&self.state.deployed);
        let nodes = deployed.iter().filter(|app| app.war.context == *context).flat_map(|app| &app.nodes);
        nodes.filter(|node| living.contains(*node)).cloned().collect()
    }

    /// Removes the archive of a context from where it was put, and waits until no living node has the context.
    ///
    /// # Errors
    /// The wait ran out.
    pub async fn undeploy(&self, context: &ContextPath, delivery: &Delivery) -> Result<(), ClusterError> {
        let living = self.living();
        let (folder, receivers) = self.folder_of(delivery);
        let path: Utf8PathBuf = format!("{folder}/{}", delivery.war_name(context)).into();
        if delivery.through == Through::Farm {
            self.await_the_watchers_look().await;
        }
        for node in &receivers {
            self.recorder().event(Event::WarRemoved { node: node.clone(), context: context.clone() });
            self.machines.runtime.remove(node, &path).await?;
        }
        let gone = living.iter().filter(|node| delivery.through == Through::Farm || receivers.contains(node));
        try_join_all(gone.map(|node| self.await_gone(node, context, delivery.version()))).await?;
        if delivery.version.is_none() {
            lock(&self.state.deployed).retain(|app| app.war.context != *context);
        }
        Ok(())
    }

    /// Gives a watcher that lives and was started anew after an app was given to it the time to look at its folder. It
    /// notices that an archive goes (`FarmWarDeployer.fileRemoved`) only if it has looked before, and that nobody sees.
    pub(super) async fn await_the_watchers_look(&self) {
        let watcher = self.topology().watcher();
        let restarted = self.state.was_started_behind_an_app(watcher);
        if restarted && self.living().contains(watcher) {
            wait::pause(config::farm_scan(self.topology()) * 2).await;
        }
    }

    /// The folder that a node unpacks an app's archive to.
    pub(super) fn unpacked(&self, war: &War) -> Utf8PathBuf {
        let archive =
            Utf8PathBuf::from(config::farm_folders(&self.machines.topology).deploy).join(war.context.war_name());
        archive.with_extension("")
    }

    /// Puts an archive into the appBase of a node that does not run.
    pub(super) async fn lay_archive(&self, node: &NodeName, war: &Arc<War>) -> Result<(), ClusterError> {
        let folder = config::farm_folders(&self.machines.topology).deploy;
        let path = format!("{folder}/{}", war.context.war_name()).into();
        self.put_war(war, Place { node, path, alone: true }, &Delivery::default()).await?;
        self.has_deployed(war, std::iter::once(node.clone()), None);
        Ok(())
    }

    async fn put_war(&self, war: &War, place: Place<'_>, delivery: &Delivery) -> Result<(), ClusterError> {
        let (context, sha256, served_sha256) = (war.context.clone(), war.sha256.clone(), war.served_sha256.clone());
        let Place { node, path, alone } = place;
        self.state.gives_an_app();
        self.recorder().event(Event::WarDropped { node: node.clone(), alone, context, sha256, served_sha256 });
        let changed = delivery.aged.map(|aged| jiff::Timestamp::now() - aged.duration());
        let modified = changed.map(jiff::Timestamp::as_second);
        let file = NodeFile { path, content: war.content.clone(), modified };
        match delivery.slowly {
            Some(over) => self.machines.runtime.put_slowly(node, file, over.duration()).await?,
            None => self.machines.runtime.put(node, file).await?,
        }
        Ok(())
    }

    /// The folder into which an app goes, and the nodes of which.
    fn folder_of(&self, delivery: &Delivery) -> (String, Vec<NodeName>) {
        let folders = config::farm_folders(&self.machines.topology);
        match (delivery.through, &delivery.on) {
            (Through::Farm, _) => (folders.watch.to_owned(), vec![self.machines.topology.watcher().clone()]),
            (Through::Copy, Some(node)) => (folders.deploy.to_owned(), vec![node.clone()]),
            (Through::Copy, None) => (folders.deploy.to_owned(), self.living().into_iter().collect()),
        }
    }

    /// When the present life of a node's context began, where it is there.
    async fn life_of(
        &self,
        node: &NodeName,
        context: &ContextPath,
        version: &str,
    ) -> Result<Option<i64>, ClusterError> {
        if !lock(&self.state.deployed).iter().any(|app| app.war.context == *context) {
            return Ok(None);
        }
        let seen = self.peek(node, &Question::Context(context.clone()), SessionScope::None).await?;
        Ok(seen.state().and_then(|state| state.context(context, version)).and_then(|found| found.started_ms))
    }

    async fn await_gone(&self, node: &NodeName, context: &ContextPath, version: &str) -> Result<(), ClusterError> {
        let question = Question::Context(context.clone());
        wait::until(&format!("{node} to have no {context}"), self.machines.limits.deploy, async || {
            let seen = self.peek(node, &question, SessionScope::None).await?;
            Ok::<_, ClusterError>(match seen.state() {
                Some(state) if state.context(context, version).is_none() => Look::Ready(()),
                Some(_) => Look::NotYet(format!("{node} still has {context}")),
                None => Look::NotYet("its probe does not answer".to_owned()),
            })
        })
        .await?;
        self.recorder().event(Event::Undeployed { node: node.clone(), context: context.clone() });
        Ok(())
    }

    /// Waits until a node's context is available and, where the WAR names pages, each is compiled. A context of which
    /// the log says, behind `mark`, that it did not start is not waited for: no server tries that again by itself.
    ///
    /// `?jsp_precompile=true` compiles a page without running it (Jakarta Pages, "Precompilation"), so no session is
    /// touched and no later request pays for it.
    pub(super) async fn await_served(
        &self,
        node: &NodeName,
        war: &War,
        served: &Served,
        limit: Duration,
    ) -> Result<(), ClusterError> {
        let context = &war.context;
        let (wanted, began) = (format!("{node} to serve {context}"), self.recorder().clock().now());
        let question = Question::Context(context.clone());
        let http =
            PlainClient::new(self.machines.limits.request).map_err(|error| ClusterError::Http(error.to_string()))?;
        let http = http.naming(self.topology().own.as_ref().and_then(|own| own.host_header.clone()));
        wait::until(&wanted, limit, async || {
            let seen = self.peek(node, &question, SessionScope::None).await?;
            let found = seen.state().and_then(|state| state.context(context, &served.version));
            let found = found.filter(|found| served.before.is_none() || found.started_ms != served.before);
            let log = self.logs_since(node, served.mark);
            let goes_on = deploy_log::goes_on(&log, &served.archive);
            // A context is available before its deployment ends: TomEE opens the REST services of an app only then.
            if found.is_some_and(|found| found.available) && !goes_on {
                return self.look_at_pages(&http, node, war).await;
            }
            let failure = deploy_log::failure(&log, context, &served.archive);
            if let Some(failure) = failure.filter(|_| found.is_some() || !served.slowly) {
                let (node, context) = (node.clone(), context.clone());
                let source = AppFailure(failure.in_words(self.other_namespace(&node, war)));
                let waited = self.recorder().clock().now().since(began);
                return Err(ClusterError::NotDeployed { node, context, waited, source });
            }
            Ok::<_, ClusterError>(Look::NotYet(match found {
                Some(_) => format!("{context} is there and still starts"),
                None if goes_on => format!("{node} still deploys {}", served.archive),
                None if served.before.is_some() => format!("{node} has no new {context}"),
                None => format!("{node} has no context {context}"),
            }))
        })
        .await?;
        self.recorder().event(Event::Deployed { node: node.clone(), context: context.clone() });
        Ok(())
    }

    /// Whether a node has begun to deploy an archive and neither served it nor given up.
    fn still_deploys(&self, node: &NodeName, served: &Served) -> bool {
        deploy_log::goes_on(&self.logs_since(node, served.mark), &served.archive)
    }

    async fn look_at_pages(&self, http: &PlainClient, node: &NodeName, war: &War) -> Result<Look<()>, ClusterError> {
        let address = self.address(node).await?;
        for page in &war.pages {
            let url = format!("http://{address}{}?jsp_precompile=true", war.context.page(page));
            match http.get(&url, ("Accept", "*/*")).await {
                Ok((200, _)) => {}
                Ok((status, _)) => return Ok(Look::NotYet(format!("{page} on {node} answers HTTP {status}"))),
                Err(error) => return Ok(Look::NotYet(format!("{page} on {node}: {error}"))),
            }
        }
        Ok(Look::Ready(()))
    }
}

/// A deployment that went on when the time was over: nobody knows how it ends, so nothing is broken.
fn still_starts(source: TimedOut, node: &NodeName, archive: &str) -> ClusterError {
    let last_seen =
        format!("{node} still starts {archive}; a longer `within` of `deploy`, or --within beside --war, waits for it");
    let source = TimedOut { last_seen, ..source };
    ClusterError::Wait { what: source.wanted.clone(), breaks: None, open: true, source }
}
