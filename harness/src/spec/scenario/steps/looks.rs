//! Waits, and the looks at replicas that a verdict rests on.

use std::collections::BTreeSet;

use toml::Spanned;

use super::Story;
use crate::spec::scenario::ScenarioError;
use crate::spec::scenario::file::{StepTable, WaitWord};
use crate::spec::{ContextPath, FaultKind, Step, StepKind, Target, Until};

impl Story<'_> {
    pub(super) fn wait(&mut self, word: &Spanned<WaitWord>, step: &StepTable) -> Result<(), ScenarioError> {
        let named = || match &step.on {
            Some(on) => match on.get_ref() {
                Target::Node(node) => Ok(node.clone()),
                Target::Role(role) => Err(ScenarioError::at(on.span(), format!("{role} is no node's name"))),
            },
            None => Err(ScenarioError::at(word.span(), "for which node?").help("`on = \"n1\"`")),
        };
        let until = match word.get_ref() {
            WaitWord::ClusterFormed => {
                let one_way = |kind| matches!(kind, FaultKind::DropOutgoing | FaultKind::DropIncoming);
                if let Some((node, kind)) = self.lasting(one_way) {
                    let message = format!("who sees whom while the {kind} of {node} lasts depends on the traffic");
                    return Err(ScenarioError::at(word.span(), message).help(format!("`heal = \"{node}\"` before it")));
                }
                Until::ClusterFormed
            }
            WaitWord::Deployed => {
                let context = self.context(step, word.span())?;
                if !self.detached.remove(&context) {
                    return Err(ScenarioError::at(
                        word.span(),
                        format!("{context} was waited for when it was deployed"),
                    )
                    .help("`detach = true` in its `deploy` goes on without that"));
                }
                Until::Deployed { context }
            }
            WaitWord::StateTransferred => {
                Until::StateTransferred { node: named()?, context: self.context(step, word.span())? }
            }
            WaitWord::Log => match &step.contains {
                Some(text) if !text.get_ref().trim().is_empty() => {
                    Until::Log { node: named()?, text: text.get_ref().clone() }
                }
                _ => {
                    return Err(ScenarioError::at(word.span(), "for which text?")
                        .help("`contains = \"Relocation of map entries was complete\"`"));
                }
            },
            WaitWord::Sessions => {
                let Some(count) = &step.sessions else {
                    return Err(ScenarioError::at(word.span(), "for how many?").help("`sessions = 5`"));
                };
                let context = self.context(step, word.span())?;
                Until::Sessions { node: named()?, context, count: *count.get_ref() }
            }
        };
        let within = step.within.as_ref().map(|within| *within.get_ref());
        self.add(StepKind::Wait { until, within }, step.say.as_ref());
        Ok(())
    }
}

/// Adds the looks at replicas that a verdict rests on: after requests, after a restart, when the cluster has formed anew,
/// at the end, and before each fault while clients go on asking.
pub(super) fn observed(steps: Vec<Step>) -> Vec<Step> {
    let mut seen = Vec::with_capacity(steps.len() * 2);
    let mut context: Option<ContextPath> = None;
    let mut blind = false;
    let mut flowing = BTreeSet::new();
    for step in steps {
        let asks = matches!(
            step.kind,
            StepKind::Request { .. } | StepKind::Http { .. } | StepKind::Look { .. } | StepKind::Observe { .. }
        );
        let unseen = !flowing.is_empty() && matches!(step.kind, StepKind::Fault { .. });
        if let Some(context) = context.as_ref().filter(|_| (blind && !asks) || unseen) {
            seen.push(Step::look(context));
            blind = false;
        }
        match &step.kind {
            StepKind::Deploy { context: deployed, .. } => (context, blind) = (Some(deployed.clone()), true),
            StepKind::Undeploy { context: gone, .. } if context.as_ref() == Some(gone) => {
                (context, blind) = (None, false);
            }
            StepKind::Request { context: asked, .. } => (context, blind) = (Some(asked.clone()), true),
            StepKind::Traffic { context: asked, client, .. } => {
                (context, blind) = (Some(asked.clone()), true);
                flowing.insert(client.clone());
            }
            StepKind::HttpTraffic { client, .. } => {
                blind = true;
                flowing.insert(client.clone());
            }
            StepKind::EndTraffic { client } => {
                blind = true;
                flowing.remove(client);
            }
            StepKind::Restart { .. }
            | StepKind::StartAgain
            | StepKind::Http { .. }
            | StepKind::Wait { until: Until::ClusterFormed, .. } => {
                blind = true;
            }
            StepKind::Observe { .. } => blind = false,
            _ => {}
        }
        seen.push(step);
    }
    seen.extend(context.as_ref().filter(|_| blind).map(Step::look));
    seen
}
