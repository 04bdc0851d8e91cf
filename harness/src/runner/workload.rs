//! The clients of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::{self, FuturesUnordered, StreamExt as _, TryStreamExt as _};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::memory::Memory;
use super::question::Question;
use crate::cluster::client::{Client, ClientError};
use crate::cluster::{Cluster, ClusterError};
use crate::model::{ClientName, ContextPath, Expect, Load, Millis, NodeName, Plan, Role, SessionId, Target};

/// The clients that a run has made so far, each with its cookies, and the traffic that goes on.
#[derive(Debug, Default)]
pub(super) struct Workload {
    clients: BTreeMap<ClientName, Client>,
    traffic: BTreeMap<ClientName, (CancellationToken, JoinSet<Result<(), ClusterError>>)>,
    memory: Arc<Memory>,
}

/// What the clients of a step do.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) node: &'a Target,
    pub(super) what: Question,
    pub(super) load: Load,
    /// What the step expects of its answers.
    pub(super) expect: Option<&'a Expect>,
}

/// What each client of a traffic does, again and again.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) node: Target,
    pub(super) what: Question,
    pub(super) every: Millis,
}

impl Workload {
    /// No client yet, of those that ask the apps of a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        Self { memory: Arc::new(Memory::of(plan)), ..Self::default() }
    }

    /// What they have asked so far.
    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// A client that has asked something.
    pub(super) fn known(&self, client: &ClientName) -> Option<Client> {
        self.clients.get(client).cloned()
    }

    /// The session that a client last had in an app.
    pub(super) fn session_of(&self, client: &ClientName, context: &ContextPath) -> Option<SessionId> {
        self.clients.get(client).and_then(|client| client.session_at(&context.page("")))
    }

    /// The session that a client last had.
    pub(super) fn session(&self, client: &ClientName) -> Option<SessionId> {
        self.clients.get(client).and_then(Client::session)
    }

    /// Lets clients ask, each one request after the other. How they end is in the history; a bad end is no error here.
    pub(super) async fn ask_all(
        &mut self,
        cluster: &Cluster,
        name: &ClientName,
        ask: &Ask<'_>,
    ) -> Result<(), ClusterError> {
        let asking = self.clients(cluster, name, ask.load.clients)?;
        let (parallel, memory) = (many(ask.load.parallel), &self.memory);
        stream::iter(asking.into_iter().enumerate())
            .map(|(turn, client)| async move { ask.with(cluster, &client, memory, turn).await })
            .buffer_unordered(parallel)
            .try_collect()
            .await
    }

    /// Lets clients ask on while the scenario goes on.
    pub(super) fn begin(
        &mut self,
        cluster: &Arc<Cluster>,
        name: &ClientName,
        clients: u32,
        flow: &Flow,
    ) -> Result<(), ClusterError> {
        let (stop, mut flows) = (CancellationToken::new(), JoinSet::new());
        for (turn, client) in self.clients(cluster, name, clients)?.into_iter().enumerate() {
            let goes_on = flow.clone().go_on(cluster.clone(), client, self.memory.clone(), turn, stop.clone());
            flows.spawn(goes_on);
        }
        self.traffic.insert(name.clone(), (stop, flows));
        Ok(())
    }

    /// Ends a traffic; what is under way is answered first.
    pub(super) async fn end(&mut self, name: &ClientName) -> Result<(), ClusterError> {
        let Some((stop, mut flows)) = self.traffic.remove(name) else { return Ok(()) };
        stop.cancel();
        let mut ended = Ok(());
        while let Some(flow) = flows.join_next().await {
            // A task that was cancelled belongs to a run that is over.
            ended = ended.and(flow.unwrap_or(Ok(())));
        }
        ended
    }

    /// Ends all traffic.
    pub(super) async fn end_all(&mut self) -> Result<(), ClusterError> {
        let names: Vec<ClientName> = self.traffic.keys().cloned().collect();
        let mut ended = Ok(());
        for name in names {
            ended = ended.and(self.end(&name).await);
        }
        ended
    }

    /// Ends all traffic at once, with a run that is over.
    pub(super) async fn abandon(&mut self) {
        for (_, mut flows) in std::mem::take(&mut self.traffic).into_values() {
            flows.shutdown().await;
        }
    }

    fn clients(&mut self, cluster: &Cluster, name: &ClientName, count: u32) -> Result<Vec<Client>, ClusterError> {
        let names = (1..=count).map(|number| if count == 1 { Ok(name.clone()) } else { name.numbered(number) });
        names.map(|name| self.client(cluster, name.map_err(ClientError::from)?)).collect()
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

/// A tick now, and one after each such time; who is late has the next one later, too.
fn beat(every: Millis) -> Interval {
    let mut beat = tokio::time::interval(every.duration());
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat
}

/// A number of things of which there is at least one.
fn many(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).max(1)
}

impl Ask<'_> {
    /// `turn` is where a client that goes round the nodes begins.
    async fn with(&self, cluster: &Cluster, client: &Client, memory: &Memory, turn: usize) -> Result<(), ClusterError> {
        let mut beat = self.load.every.map(beat);
        let mut under_way = FuturesUnordered::new();
        for time in 0..many(self.load.times) {
            while under_way.len() >= many(self.load.at_once) {
                under_way.next().await.transpose()?;
            }
            if let Some(beat) = &mut beat {
                beat.tick().await;
            }
            under_way.push(self.once(cluster, client, memory, turn + time));
        }
        under_way.try_collect().await
    }

    async fn once(&self, cluster: &Cluster, client: &Client, memory: &Memory, turn: usize) -> Result<(), ClusterError> {
        let node = node(cluster, self.node, client, turn).await?;
        self.what.ask(client, &node, memory, self.expect).await
    }
}

impl Question {
    async fn ask(
        &self,
        client: &Client,
        node: &NodeName,
        memory: &Memory,
        expect: Option<&Expect>,
    ) -> Result<(), ClusterError> {
        let answer = match self {
            Self::Counter(context, request) => client.ask(node, context, *request).await?,
            Self::Any(exchange) => client.exchange_for(node, exchange, expect).await?,
        };
        memory.note(client.name(), self, &answer);
        Ok(())
    }
}

impl Flow {
    async fn go_on(
        self,
        cluster: Arc<Cluster>,
        client: Client,
        memory: Arc<Memory>,
        first: usize,
        stop: CancellationToken,
    ) -> Result<(), ClusterError> {
        let mut beat = beat(self.every);
        for turn in first.. {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = beat.tick() => {}
            }
            let node = match node(&cluster, &self.node, &client, turn).await {
                // Nobody is there to be asked, for as long as a fault lasts.
                Err(ClusterError::Wait { .. }) => continue,
                node => node?,
            };
            self.what.ask(&client, &node, &memory, None).await?;
        }
        Ok(())
    }
}

/// The node that a client asks. `turn` is where one that goes round the nodes is.
async fn node(cluster: &Cluster, target: &Target, client: &Client, turn: usize) -> Result<NodeName, ClusterError> {
    match target {
        Target::Node(node) => Ok(node.clone()),
        Target::Role(Role::Front) => Ok(NodeName::front()),
        Target::Role(role @ (Role::Rotate | Role::Sticky)) => {
            let living: Vec<NodeName> = cluster.living().into_iter().collect();
            let named = if *role == Role::Sticky { named(cluster, client.session().as_ref(), &living) } else { None };
            match named.or_else(|| living.get(turn % living.len().max(1))) {
                Some(node) => Ok(node.clone()),
                None => cluster.find(*role, None).await,
            }
        }
        Target::Role(role) => cluster.find(*role, client.session().as_ref()).await,
    }
}

/// The node whose jvmRoute a session id has, of these.
pub(super) fn named<'n>(cluster: &Cluster, session: Option<&SessionId>, nodes: &'n [NodeName]) -> Option<&'n NodeName> {
    let route = session?.route()?;
    nodes.iter().find(|node| cluster.route(node).as_deref() == Some(route))
}
