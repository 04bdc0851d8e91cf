//! What each step of the plan must have left in the history: a step without its records was not done, or nobody knows.

use std::collections::BTreeSet;
use std::time::Duration;

use super::timeline::FOREVER;
use super::traffic;
use super::view::View;
use crate::history::{Event, Nanos};
use crate::model::{ClientName, ContextPath, FaultKind, Millis, NodeName, Step, StepKind, Target, Until};

/// The first step that ended without what it must have left, in words.
pub(super) fn empty_step(view: &View<'_>) -> Option<String> {
    let mut begun = None;
    for (_, at, event) in view.events() {
        match event {
            Event::StepBegins { step, .. } => begun = Some((*step, at)),
            Event::StepEnds { step } => {
                let Some(planned) = view.step(*step) else { continue };
                let lacks = match begun.take().filter(|(number, _)| number == step) {
                    Some((_, from)) => Inside { view, from, to: at }.lacks(planned),
                    None => Some("having begun".to_owned()),
                };
                if let Some(lacks) = lacks {
                    return Some(format!("step {step} ({}) ended without {lacks}", planned.title));
                }
            }
            _ => {}
        }
    }
    None
}

/// The first request of a client of the plan that has no end, in words: a step waits for its requests, and a run for its
/// traffic.
pub(super) fn open_request(view: &View<'_>) -> Option<String> {
    let clients: Vec<(&ClientName, u32)> = view.plan.steps.iter().filter_map(|step| clients(&step.kind)).collect();
    let of_the_plan = |client: &ClientName| clients.iter().any(|(name, count)| client.is_one_of(name, *count));
    let open = view.requests.iter().find(|request| request.completed.is_none() && of_the_plan(request.client))?;
    Some(format!("{} of {} has no end", open.name(), open.client))
}

/// The clients that a step lets ask.
fn clients(kind: &StepKind) -> Option<(&ClientName, u32)> {
    match kind {
        StepKind::Request { client, load, .. } | StepKind::Http { client, load, .. } => Some((client, load.clients)),
        StepKind::Traffic { client, clients, .. } | StepKind::HttpTraffic { client, clients, .. } => {
            Some((client, *clients))
        }
        _ => None,
    }
}

/// The time of a step.
struct Inside<'v, 'a> {
    view: &'v View<'a>,
    from: Nanos,
    to: Nanos,
}

impl Inside<'_, '_> {
    /// What a step must have left and did not, in words.
    fn lacks(&self, step: &Step) -> Option<String> {
        match &step.kind {
            StepKind::Start => {
                let formed =
                    |event: &Event| matches!(event, Event::ClusterFormed { .. } | Event::ClusterAdopted { .. });
                missing(self.event(&formed), "a cluster that had formed")
                    .or_else(|| self.unready(&self.started(&|_| true)))
                    .or_else(|| self.adopted_dirty())
            }
            StepKind::Deploy { context, .. } => {
                let dropped = |event: &Event| matches!(event, Event::WarDropped { context: of, .. } if of == context);
                missing(self.event(&dropped), "a WAR that was dropped")
            }
            StepKind::Undeploy { context, .. } => {
                let removed = |event: &Event| matches!(event, Event::WarRemoved { context: of, .. } | Event::Undeployed { context: of, .. } if of == context);
                missing(self.event(&removed), "a WAR that was removed").or_else(|| self.still_deployed(context))
            }
            StepKind::Request { client, load, .. } | StepKind::Http { client, load, .. } => {
                let due = u64::from(load.clients) * u64::from(load.times);
                let found = self.asked(client, load.clients, self.to);
                let fewer = u64::try_from(found).unwrap_or(u64::MAX) < due;
                let lacks = fewer.then(|| format!("{due} requests of {client}: there are {found}"));
                lacks
                    .or_else(|| self.silent(client, load.clients, self.to))
                    .or_else(|| traffic::others(self.view, &step.kind, (self.from, self.to)))
            }
            // It goes on behind its step.
            StepKind::Traffic { client, clients, every, .. } | StepKind::HttpTraffic { client, clients, every, .. } => {
                let asked = self.asked(client, *clients, FOREVER) > 0;
                missing(asked, &format!("any request of {client}"))
                    .or_else(|| self.silent(client, *clients, FOREVER))
                    .or_else(|| traffic::stood_still(self.view, (client, *clients), every.duration(), self.from))
            }
            StepKind::Look { .. } | StepKind::Observe { .. } => {
                missing(self.looked() || !self.anybody_is_up(), "a look")
            }
            StepKind::FinalRead => {
                let earlier = self.view.invocations.iter().any(|(at, _)| *at < self.from);
                let asked = self.view.invocations.iter().any(|(at, _)| self.is_at(*at));
                let nobody = !earlier || !self.anybody_is_up();
                missing(asked || self.looked() || nobody, "a request or a look")
                    .or_else(|| traffic::left_out(self.view, self.from, self.to).filter(|_| !nobody))
            }
            StepKind::Fault { fault, node, lasting, .. } => self.lacks_fault(fault.kind(), node, *lasting),
            StepKind::Heal { node } => {
                let healed = self
                    .view
                    .timeline
                    .faults
                    .iter()
                    .any(|fault| is(node, fault.node) && fault.healed.is_some_and(|healed| self.is_at(healed)));
                let over = || self.ended_by_itself(node);
                missing(healed || over(), "a record that anything was healed").or_else(|| self.unhealed(node))
            }
            StepKind::Front { node, order } => {
                let told = |event: &Event| matches!(event, Event::FrontTold { node: of, order: it } if is(node, of) && it == order);
                missing(self.event(&told), "a record that the front was told")
            }
            StepKind::Restart { node, .. } => {
                let started = self.started(&|of| is(node, of));
                missing(!started.is_empty(), "a start of a node").or_else(|| self.unready(&started))
            }
            StepKind::StartAgain => self.lacks_start(),
            StepKind::Wait { until, .. } => self.lacks_wait(until),
            // It ends what an earlier step began, which must have left the requests.
            StepKind::EndTraffic { .. } => None,
        }
    }

    /// A node that was up and served an app, and is not known to have done so to its end, in words.
    fn still_deployed(&self, context: &ContextPath) -> Option<String> {
        let events = || self.view.events().filter(|(_, at, _)| *at <= self.to);
        let nodes = self.view.plan.topology.names();
        let mut up = nodes.filter(|node| self.view.timeline.up(node, self.from, self.to).is_some());
        let left = up.find(|node| {
            let last = events().filter_map(|(_, _, event)| match event {
                Event::Deployed { node: of, context: it } if of == *node && it == context => Some(true),
                Event::Undeployed { node: of, context: it } if of == *node && it == context => Some(false),
                _ => None,
            });
            last.last() == Some(true)
        })?;
        let any = events().any(|(_, at, event)| {
            self.is_at(at) && matches!(event, Event::Undeployed { context: of, .. } if of == context)
        });
        // Taken from one node alone, the others go on.
        let alone = events()
            .any(|(_, _, event)| matches!(event, Event::WarDropped { context: of, alone: true, .. } if of == context));
        (!alone || !any).then(|| format!("{left} having been seen without {context}"))
    }

    /// A node of a cluster that was taken over, and was not seen to be there without what an earlier run had left, in words.
    fn adopted_dirty(&self) -> Option<String> {
        let adopted = self.view.events().find_map(|(_, at, event)| match event {
            Event::ClusterAdopted { nodes, .. } if self.is_at(at) => Some((at, nodes)),
            _ => None,
        });
        let (at, nodes) = adopted?;
        nodes.iter().find_map(|node| {
            let look = self.view.looks.iter().rfind(|look| look.node == node && look.at <= at);
            let Some(state) = look.and_then(|look| look.state) else {
                return Some(format!("{node} having been seen before it was taken over"));
            };
            let left = state
                .contexts
                .iter()
                .find(|context| self.view.contexts.contains(&context.path) || !context.sessions.is_empty())?;
            Some(format!("{node} having been without {} when it was taken over", left.path))
        })
    }

    /// A node that had ended and was not started, or not seen to be ready, in words.
    fn lacks_start(&self) -> Option<String> {
        let started = self.started(&|_| true);
        let down = |node: &&NodeName| {
            let lives = self.view.timeline.lives(node);
            !lives.is_empty() && lives.iter().all(|life| life.from < self.from && life.until < self.from)
        };
        let mut ended = self.view.plan.topology.names().filter(down);
        let left = ended.find(|node| !started.iter().any(|(of, _)| of == node));
        left.map(|node| format!("a start of {node}")).or_else(|| self.unready(&started))
    }

    /// A fault without a record, or that was over before its time, in words.
    fn lacks_fault(&self, kind: FaultKind, node: &Target, lasting: Option<Millis>) -> Option<String> {
        let mut faults = self.view.timeline.faults.iter();
        let broken = faults.any(|fault| self.is_at(fault.asked) && fault.kind == kind && is(node, fault.node));
        missing(broken, &format!("a record of the {kind}")).or_else(|| {
            let lasting = lasting.filter(|_| kind.is_undone_in_place())?;
            self.cut_short(kind, node, lasting.duration())
        })
    }

    fn lacks_wait(&self, until: &Until) -> Option<String> {
        if self.event(&|event| matches!(event, Event::WaitRanOut { went_on: true, .. })) {
            return None;
        }
        match until {
            Until::ClusterFormed => {
                let formed = |event: &Event| matches!(event, Event::ClusterFormed { .. } | Event::ClusterSplit { .. });
                // With a line that is cut the nodes are not judged.
                let mut faults = self.view.timeline.faults.iter().filter(|fault| fault.kind.cuts());
                let cut =
                    faults.any(|fault| fault.asked <= self.to && fault.healed.is_none_or(|healed| self.from <= healed));
                missing(self.event(&formed) || cut, "a cluster that had formed")
            }
            Until::StateTransferred { node, .. } => {
                let holds = |event: &Event| matches!(event, Event::Synchronised { node: of, .. } if of == node);
                missing(self.event(&holds), &format!("a look at the sessions of {node}"))
            }
            // Looks and lines of a wait are not recorded, nor is it where nothing was detached.
            Until::Front { node, state } => {
                let mut states = self.view.front_states(node);
                let was = states.any(|(from, until, it)| it == *state && from <= self.to && self.from <= until);
                missing(was, &format!("{node} having been {state} in the front"))
            }
            Until::Deployed { .. } | Until::Sessions { .. } | Until::Members { .. } | Until::Log { .. } => None,
        }
    }

    fn is_at(&self, at: Nanos) -> bool {
        self.from <= at && at <= self.to
    }

    fn event(&self, fits: &dyn Fn(&Event) -> bool) -> bool {
        self.view.events().any(|(_, at, event)| self.is_at(at) && fits(event))
    }

    /// How many requests of these clients began from the begin of the step on, up to an instant.
    fn asked(&self, name: &ClientName, clients: u32, to: Nanos) -> usize {
        let invoked = self.view.invocations.iter();
        invoked.filter(|(at, client)| self.from <= *at && *at <= to && client.is_one_of(name, clients)).count()
    }

    /// That not all of some clients asked anything from the begin of the step on, up to an instant, in words.
    fn silent(&self, name: &ClientName, clients: u32, to: Nanos) -> Option<String> {
        let invoked = self.view.invocations.iter().filter(|(at, _)| self.from <= *at && *at <= to);
        let asked: BTreeSet<_> =
            invoked.map(|(_, client)| client).filter(|client| client.is_one_of(name, clients)).collect();
        let silent = usize::try_from(clients).unwrap_or(usize::MAX).saturating_sub(asked.len());
        (silent > 0).then(|| format!("any request of {silent} of {clients} clients like {name}"))
    }

    fn looked(&self) -> bool {
        self.view.looks.iter().any(|look| self.is_at(look.at))
    }

    fn anybody_is_up(&self) -> bool {
        self.view.plan.topology.names().any(|node| self.view.timeline.up(node, self.from, self.to).is_some())
    }

    /// The starts of these nodes.
    fn started(&self, which: &dyn Fn(&NodeName) -> bool) -> Vec<(&NodeName, Nanos)> {
        let started = self.view.events().filter_map(|(_, at, event)| match event {
            Event::NodeStarts { node } if self.is_at(at) && which(node) => Some((node, at)),
            _ => None,
        });
        started.collect()
    }

    /// The first of these starts that was not seen to come to its end, in words. It may come to it behind the step where
    /// several things are done at once. A start that was tried again on other ports has no life.
    fn unready(&self, started: &[(&NodeName, Nanos)]) -> Option<String> {
        let is_ready = |(node, from): &&(&NodeName, Nanos)| {
            let life = self.view.timeline.lives(node).iter().find(|life| life.from == *from);
            life.is_none_or(|life| life.ready.is_some())
        };
        let (node, _) = started.iter().find(|start| !is_ready(start))?;
        Some(format!("{node} having been ready"))
    }

    /// A fault of the step that was over before its time, though nobody ended it, in words.
    fn cut_short(&self, kind: FaultKind, target: &Target, lasting: Duration) -> Option<String> {
        let timeline = &self.view.timeline;
        let mut faults = timeline
            .faults
            .iter()
            .filter(|fault| self.is_at(fault.asked) && fault.kind == kind && is(target, fault.node));
        faults.find_map(|fault| {
            let (hit, healed) = (fault.hit()?, fault.healed?);
            let short = healed.since(fault.asked) < lasting;
            let by_hand = self.view.events().any(|(_, at, event)| {
                let Event::StepBegins { step, .. } = event else { return false };
                let heals = self
                    .view
                    .step(*step)
                    .is_some_and(|step| matches!(&step.kind, StepKind::Heal { node } if is(node, fault.node)));
                heals && hit <= at && at <= healed
            });
            let ended = timeline.end_of(fault.node, hit) <= healed;
            (short && !by_hand && !ended).then(|| {
                format!("{} having lasted {lasting:?}: it was over {:?} after the hit", fault.name(), healed.since(hit))
            })
        })
    }

    /// Whether a fault that was to end by itself has done so before the step began.
    fn ended_by_itself(&self, target: &Target) -> bool {
        let timed =
            |step: &Step| matches!(&step.kind, StepKind::Fault { node, lasting: Some(_), .. } if node == target);
        let healed = |healed: Nanos| healed < self.from;
        let mut faults = self.view.timeline.faults.iter();
        self.view.plan.steps.iter().any(timed)
            && faults.any(|fault| is(target, fault.node) && fault.healed.is_some_and(healed))
    }

    /// A fault that still lasts on a node of which all was to be undone, in words. With the node's process it ends by itself.
    fn unhealed(&self, target: &Target) -> Option<String> {
        let Target::Node(node) = target else { return None };
        let timeline = &self.view.timeline;
        let lasts = timeline.faults.iter().find(|fault| {
            fault.node == node
                && fault.kind.is_undone_in_place()
                && fault.hit().is_some_and(|hit| hit < self.from)
                && fault.healed.is_none()
                && timeline.end_of(node, fault.asked) > self.to
        })?;
        Some(format!("a record that {} was undone", lasts.name()))
    }
}

/// Whether a step may be about a node.
pub(super) fn is(target: &Target, node: &NodeName) -> bool {
    match target {
        Target::Node(named) => named == node,
        Target::Role(_) => true,
    }
}

fn missing(there: bool, what: &str) -> Option<String> {
    (!there).then(|| what.to_owned())
}
