//! What is known of a cluster when a step begins: who lives, what is deployed, which faults last, whose traffic goes on,
//! what clients have captured.
//!
//! Which step may follow is asked of [`State::apply`] (in `model/step.rs`, where each step's own part is found); here are
//! the facts and the questions that several steps share.

use std::collections::{BTreeMap, BTreeSet};

use super::app::App;
use super::front::Sticky;
use super::refusal::{Refusal, nearest};
use super::{ClientName, ContextPath, FaultKind, NodeName, Role, Target, Topology};

/// What is known of a cluster when a step begins.
#[derive(Debug, Clone)]
pub struct State<'t> {
    pub(super) topology: &'t Topology,
    pub(super) started: bool,
    /// Where which apps are served, the one that was deployed last behind the others.
    pub(super) apps: Vec<(ContextPath, App)>,
    /// The apps that were dropped and not waited for.
    pub(super) detached: BTreeSet<ContextPath>,
    pub(super) nodes: Nodes,
    /// Whose traffic goes on.
    pub(super) traffic: BTreeSet<ClientName>,
    /// What clients have captured of answers, by their name and how many of it they were.
    pub(super) captured: BTreeMap<(ClientName, u32), BTreeSet<String>>,
    /// The clients that have asked an app for what may be a page, by their name and how many of it they were.
    pub(super) browsed: BTreeSet<(ClientName, u32)>,
}

/// Which nodes run, and what was done to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nodes {
    /// Those that run. `None` behind a fault on a role: nobody knows then which.
    pub living: Option<BTreeSet<NodeName>>,
    /// What was done to a node and is to be undone by a later step.
    pub lasting: BTreeMap<NodeName, Vec<FaultKind>>,
    /// The nodes to which something was done that is undone by itself, nobody knows before which step.
    pub timed: BTreeSet<NodeName>,
}

/// Why a fault cannot come to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unbreakable {
    /// It does not run.
    NotRunning,
    /// One that it clashes with lasts.
    Lasts(FaultKind),
}

impl Nodes {
    /// What lasts on a node.
    pub fn lasting_on(&self, node: &NodeName) -> &[FaultKind] {
        self.lasting.get(node).map_or(&[], Vec::as_slice)
    }

    /// Whether a fault may come to a node now. Faults of different parts of a node overlap.
    ///
    /// # Errors
    /// The node does not run, or a fault lasts that this one clashes with.
    pub fn may_break(&self, kind: FaultKind, node: &NodeName) -> Result<(), Unbreakable> {
        let lasting = self.lasting_on(node);
        let frozen = lasting.contains(&FaultKind::Pause);
        if !frozen && self.living.as_ref().is_some_and(|living| !living.contains(node)) {
            return Err(Unbreakable::NotRunning);
        }
        match lasting.iter().find(|before| kind.clashes_with(**before)) {
            Some(before) => Err(Unbreakable::Lasts(*before)),
            None => Ok(()),
        }
    }

    /// The first node with a fault of such a kind that lasts.
    pub(super) fn first_with(&self, fits: impl Fn(FaultKind) -> bool) -> Option<(&NodeName, FaultKind)> {
        let all = self.lasting.iter().flat_map(|(node, all)| all.iter().map(move |kind| (node, *kind)));
        all.into_iter().find(|(_, kind)| fits(*kind))
    }
}

impl<'t> State<'t> {
    /// Before the first step: nothing runs yet, and each node will once the cluster is started.
    pub fn of(topology: &'t Topology) -> Self {
        let living = Some(topology.names().cloned().collect());
        Self {
            topology,
            started: false,
            apps: vec![],
            detached: BTreeSet::new(),
            nodes: Nodes { living, ..Nodes::default() },
            traffic: BTreeSet::new(),
            captured: BTreeMap::new(),
            browsed: BTreeSet::new(),
        }
    }

    /// Which nodes run, and what was done to them.
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Where which apps are served, the one that was deployed last behind the others.
    pub fn apps(&self) -> &[(ContextPath, App)] {
        &self.apps
    }

    /// The cluster has this node.
    pub(super) fn knows(&self, node: &NodeName, key: Option<&'static str>) -> Result<(), Refusal> {
        if self.topology.node(node).is_some() {
            return Ok(());
        }
        let names = || self.topology.names().map(NodeName::as_str);
        let all: Vec<&str> = names().collect();
        let words = names().chain(Role::ALL.into_iter().map(|(_, name)| name));
        let message = format!("no node `{node}`: the cluster has {}", all.join(", "));
        Err(Refusal::new(message).at(key).nearest(node.as_str(), words))
    }

    /// A node that something is done to runs.
    pub(super) fn must_live(&self, target: &Target, key: Option<&'static str>) -> Result<(), Refusal> {
        match (target.node(), &self.nodes.living) {
            (Some(node), Some(living)) if !living.contains(node) => {
                let message = format!("node `{node}` is not running at this step");
                Err(Refusal::new(message).at(key).help(format!("`restart = \"{node}\"` before it")))
            }
            (_, Some(living)) if living.is_empty() => Err(nobody(key)),
            _ => Ok(()),
        }
    }

    /// The node of a request runs and is not frozen, unless it is expected to be silent.
    pub(super) fn asked(&self, on: &Target, silent: bool) -> Result<(), Refusal> {
        self.asks_front(on)?;
        let Some(living) = self.nodes.living.as_ref().filter(|_| !silent) else { return Ok(()) };
        if let Some(node) = on.node()
            && (!living.contains(node) || self.nodes.lasting_on(node).contains(&FaultKind::Pause))
        {
            let message = format!("node `{node}` is not running at this step");
            return Err(Refusal::new(message)
                .at("on")
                .help(format!("`restart = \"{node}\"` before it, or `expect = {{ answered = false }}`")));
        }
        if living.is_empty() { Err(nobody(Some("on"))) } else { Ok(()) }
    }

    /// Whoever asks the front has one; and behind one that changes session ids nobody knows those of the clients.
    fn asks_front(&self, on: &Target) -> Result<(), Refusal> {
        match (&self.topology.front, on) {
            (None, Target::Role(Role::Front)) => {
                Err(Refusal::new("there is no balancer in front of the nodes").at("on").help("a table `[front]`"))
            }
            (Some(front), on) if front.sticky == Sticky::Prefix && *on != Target::Role(Role::Front) => {
                let message = format!("with `sticky = \"prefix\"` no session cookie of a client is known to {on}");
                Err(Refusal::new(message).at("on").help("`on = \"front\"`"))
            }
            _ => Ok(()),
        }
    }

    /// Something is done to one node, not to the front.
    pub(super) fn is_a_node(target: &Target) -> Result<(), Refusal> {
        match target {
            Target::Role(Role::Front) => Err(Refusal::new("`front` is no node").help("only requests go to the front")),
            _ => Ok(()),
        }
    }

    /// An app is served at a context.
    pub(super) fn served(&self, context: &ContextPath, key: Option<&'static str>) -> Result<(), Refusal> {
        if self.apps.iter().any(|(served, _)| served == context) {
            return Ok(());
        }
        let known = self.apps.iter().map(|(context, _)| context.as_str());
        Err(Refusal::new(format!("no app is deployed at `{context}` at this step"))
            .at(key)
            .nearest(context.as_str(), known))
    }

    /// The context of a step: the one that it names, else the one that was deployed last.
    pub(super) fn context(&self, at: Option<ContextPath>) -> Result<ContextPath, Refusal> {
        match (at, self.apps.last()) {
            (Some(at), _) => self.served(&at, Some("at")).map(|()| at),
            (None, Some((context, _))) => Ok(context.clone()),
            (None, None) => Err(Refusal::new("no app is deployed yet").help("`deploy = \"counter\"` before it")),
        }
    }

    /// The app at a context is the counter.
    pub(super) fn counter_at(&self, context: &ContextPath) -> Result<(), Refusal> {
        self.served(context, Some("at"))?;
        if self.apps.iter().any(|(served, app)| served == context && app.is_counter()) {
            return Ok(());
        }
        Err(Refusal::new(format!("the app at `{context}` is not the counter app")).help("`get` asks any app"))
    }

    /// What a request of clients needs, each of them has captured.
    pub(super) fn have_captured<'n>(
        &self,
        client: &ClientName,
        clients: u32,
        needs: impl IntoIterator<Item = &'n str>,
    ) -> Result<(), Refusal> {
        let own = self.captured.iter().filter(|((of, has), _)| client.are_among(clients, of, *has));
        let known: BTreeSet<&str> = own.flat_map(|(_, values)| values).map(String::as_str).collect();
        let Some(unknown) = needs.into_iter().find(|name| !known.contains(name)) else { return Ok(()) };
        let who = if clients == 1 {
            format!("client `{client}` has")
        } else {
            format!("not each of {clients} clients `{client}` has")
        };
        let not = if clients == 1 { "not captured" } else { "captured" };
        let refusal = Refusal::new(format!("{who} {not} `{unknown}`"));
        Err(match nearest(unknown, known) {
            Some(near) => refusal.help(format!("did you mean `${{{near}}}`?")),
            None => refusal.help(format!("`capture = {{ {unknown} = {{ json = \"/id\" }} }}` in a request before it")),
        })
    }

    /// Each of the clients has asked for what may be a page, whose form it sends.
    pub(super) fn have_a_page(&self, client: &ClientName, clients: u32, key: &'static str) -> Result<(), Refusal> {
        if self.browsed.iter().any(|(of, has)| client.are_among(clients, of, *has)) {
            return Ok(());
        }
        let message = format!("client `{client}` has got no page yet, so there is no form to send");
        Err(Refusal::new(message).at(key).help("`get = \"/shop/login\"` of the same client before it"))
    }

    /// Notes what clients capture of what they have asked for.
    pub(super) fn capture<'n>(&mut self, client: &ClientName, clients: u32, names: impl Iterator<Item = &'n String>) {
        self.browsed.insert((client.clone(), clients));
        self.captured.entry((client.clone(), clients)).or_default().extend(names.cloned());
    }
}

fn nobody(key: Option<&'static str>) -> Refusal {
    Refusal::new("no node is running at this step").at(key).help("`restart` brings a node back")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::plan::{App, AppRequest};
    use crate::model::step::{Load, Until};
    use crate::model::{Expect, Fault, Millis, Step, StepKind};

    fn steps() -> Vec<Step> {
        let (n1, n2): (Target, Target) = (NodeName::nth(0).into(), NodeName::nth(1).into());
        let context: ContextPath = "/counter".parse().expect("a context");
        let client: ClientName = "alice".parse().expect("a client");
        let request = |node: &Target| StepKind::Request {
            client: client.clone(),
            node: node.clone(),
            context: context.clone(),
            request: AppRequest::Count,
            load: Load::default(),
        };
        let traffic = StepKind::Traffic {
            client: client.clone(),
            node: Role::Rotate.into(),
            context: context.clone(),
            request: AppRequest::Count,
            clients: 2,
            every: Millis(100),
        };
        let kinds = [
            StepKind::Start,
            StepKind::deploy(App::Counter, context.clone()),
            StepKind::Undeploy { context: context.clone(), delivery: crate::model::step::Delivery::default() },
            request(&n1),
            request(&n2),
            traffic,
            StepKind::EndTraffic { client },
            StepKind::Observe { context: context.clone() },
            StepKind::fault(Fault::Kill, n1.clone()),
            StepKind::fault(Fault::Partition, n2.clone()),
            StepKind::fault(Fault::SlowNode { percent: 5 }, n2.clone()),
            StepKind::fault(Fault::Stop, Role::Owner),
            StepKind::Heal { node: n2 },
            StepKind::restart(n1),
            StepKind::StartAgain,
            StepKind::Wait { until: Until::Deployed { context }, within: None },
            StepKind::Wait { until: Until::ClusterFormed, within: None },
        ];
        kinds.map(|kind| Step::new("a step", kind)).into()
    }

    proptest! {
        /// A generator, a shrinker or somebody at a prompt can ask of any step in any state.
        #[test]
        fn a_step_that_is_refused_leaves_the_state_as_it_was(order in proptest::collection::vec(0_usize..17, 0..40)) {
            let topology = Topology::of(2).expect("two nodes");
            let (mut state, steps) = (State::of(&topology), steps());
            for index in order {
                let before = format!("{state:?}");
                if let Err(refusal) = state.apply(&steps[index]) {
                    prop_assert_eq!(format!("{:?}", state), before);
                    prop_assert!(!refusal.message.is_empty());
                }
            }
        }
    }

    #[test]
    fn who_is_dead_is_asked_only_where_silence_is_expected() {
        let topology = Topology::of(2).expect("two nodes");
        let (mut state, steps) = (State::of(&topology), steps());
        for index in [0, 1, 3, 8] {
            state.apply(&steps[index]).unwrap_or_else(|refusal| panic!("{:?}: {refusal}", steps[index].kind));
        }
        let refused = state.apply(&steps[3]).expect_err("n1 is dead");
        assert_eq!((refused.key, refused.message.as_str()), (Some("on"), "node `n1` is not running at this step"));
        let silence = Expect { answered: Some(false), ..Expect::default() };
        state.apply(&Step { expect: Some(silence), ..steps[3].clone() }).expect("nobody is to answer");
        state.apply(&steps[13]).expect("it comes back");
        state.apply(&steps[3]).expect("it answers again");
    }
}
