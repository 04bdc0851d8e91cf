//! The view: a plan and a history, sorted into what the checkers ask for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::app_sessions::{AppSession, AppSessions};
use super::content::{COUNT_ATTRIBUTE, Content, LIST_ATTRIBUTE, ONCE_ATTRIBUTE};
use super::held;
use super::look::Look;
use super::operations::{self, Operation, stem};
use super::otherwise::asked_otherwise;
use super::partitions::{self, Partition};
use super::requests::{self, Request};
use super::routes::Routes;
use super::sessions::{self, Replica, Session};
use super::timeline::{FOREVER, Fault, Timeline, in_time};
use crate::history::{Event, History, LogClass, Nanos, OperationId, Record, RecordKind, ReplicaRole, SessionReplica};
use crate::model::{ClientName, ContextPath, FrontState, Guarantee, NodeName, Plan, Step, StepKind};

/// See the module.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) plan: &'a Plan,
    pub(super) history: &'a History,
    pub(super) timeline: Timeline<'a>,
    pub(super) partitions: Vec<Partition<'a>>,
    pub(super) routes: Routes<'a>,
    pub(super) operations: Vec<Operation<'a>>,
    pub(super) sessions: Vec<Session<'a>>,
    pub(super) looks: Vec<Look<'a>>,
    waits: bool,
    events: Vec<(usize, Nanos, &'a Event)>,
    /// When each node logged that a member had disappeared, with the record.
    disappearances: Vec<(Nanos, &'a NodeName, usize)>,
    /// When each operation of any app was invoked, and by whom.
    pub(super) invocations: Vec<(Nanos, &'a ClientName)>,
    /// When a line of each node's log came.
    pub(super) log_times: Vec<(Nanos, &'a NodeName)>,
    /// The requests to any app.
    pub(super) requests: Vec<Request<'a>>,
    /// The sessions of any app; those of the counter app only where a guarantee about any app is asked for.
    pub(super) apps: AppSessions<'a>,
    /// The contexts of all apps of the plan.
    pub(super) contexts: BTreeSet<&'a ContextPath>,
    /// Those of the counter app.
    pub(super) counters: BTreeSet<&'a ContextPath>,
    /// The sessions, by a stem, whose loss is one that the plan expects or allows: what became of them is known.
    pub(super) lost_by_plan: BTreeSet<String>,
}

impl<'a> View<'a> {
    pub(super) fn of(plan: &'a Plan, history: &'a History, pages: &'a HashMap<OperationId, String>) -> Self {
        let timeline = Timeline::of(history);
        let operations = operations::operations(history, &timeline);
        let looks = looks(history);
        let deployed = |counter_only: bool| {
            let contexts = plan.steps.iter().filter_map(move |step| match &step.kind {
                StepKind::Deploy { app, context, .. } if !counter_only || app.is_counter() => Some(context),
                _ => None,
            });
            contexts.collect::<BTreeSet<_>>()
        };
        let (contexts, counters) = (deployed(false), deployed(true));
        let routes = Routes::of(plan, history);
        let mut sessions = sessions::sessions(&routes, history, &operations, &counters);
        add_replicas(&mut sessions, &looks, &counters);
        for session in &mut sessions {
            session.learn_content_from_looks(&operations);
            session.learn_life(&operations, plan.waits_for_the_peer());
        }
        let events = in_time(history).into_iter().filter_map(|index| match &history.records[index].kind {
            RecordKind::Event(event) => Some((index, history.records[index].at, event)),
            _ => None,
        });
        let events = events.collect();
        let partitions = partitions::partitions(plan, history, &timeline);
        let run = held::Run::of(plan, &operations, &timeline, &partitions, &routes);
        for session in &mut sessions {
            session.held = held::held(&run, session);
            session.take_over_doubts();
        }
        let otherwise = asked_otherwise(history, &counters);
        for session in &mut sessions {
            if session.stems.iter().any(|stem| otherwise.contains(stem)) {
                session.held.forget_the_most();
            }
        }
        let disappearances = disappearances(history);
        let mut requests = requests::requests(history, &timeline, &contexts, pages);
        let left_out = if plan.guarantees.iter().any(|guarantee| Guarantee::ANY_APP.contains(guarantee)) {
            BTreeSet::new()
        } else {
            counters.clone()
        };
        let apps = AppSessions::of(&requests, &looks, &contexts, &left_out);
        let lives_on = apps.ending_nothing(&requests);
        for request in &mut requests {
            request.says_end &= !lives_on.contains(&request.key());
        }
        Self {
            plan,
            history,
            timeline,
            partitions,
            routes,
            operations,
            sessions,
            looks,
            waits: plan.waits_for_the_peer(),
            events,
            disappearances,
            invocations: history.records.iter().filter_map(invocation).collect(),
            log_times: history.records.iter().filter_map(log_time).collect(),
            requests,
            apps,
            contexts,
            counters,
            lost_by_plan: BTreeSet::new(),
        }
    }

    /// How many sessions of the counter app there were to lose: those that a client was given in the place of a lost one, or
    /// that were made behind the last fault, were put to no test.
    pub(super) fn first_sessions(&self) -> usize {
        let losses = self.sessions.iter().flat_map(|session| &session.losses);
        let lost = losses.filter(|loss| loss.excuse.is_none()).map(|loss| loss.operation);
        let lost: BTreeSet<usize> = lost.collect();
        let tested = |session: &&Session<'_>| {
            let instead = session.created_by.is_some_and(|index| lost.contains(&index));
            let made = session.created_by.map(|index| self.operations[index].invoked);
            !instead && (!session.losses.is_empty() || self.is_before_the_last_fault(made))
        };
        self.sessions.iter().filter(tested).count()
    }

    /// Whether an instant lies before the last fault, or nothing broke at all.
    pub(super) fn is_before_the_last_fault(&self, at: Option<Nanos>) -> bool {
        let last = self.timeline.faults.iter().map(|fault| fault.asked).max();
        last.is_none_or(|last| at.is_none_or(|at| at < last))
    }

    /// Whether the loss of a session, by its stems, is one that the plan expects or allows.
    pub(super) fn is_lost_by_plan(&self, stems: &[&str]) -> bool {
        stems.iter().any(|stem| self.lost_by_plan.contains(*stem))
    }

    /// Whether every replica of a session is written before its client has the answer.
    pub(super) fn waits(&self) -> bool {
        self.waits
    }

    /// Whether each node holds each session whole.
    pub(super) fn replicates_to_all(&self) -> bool {
        self.plan.replicates_to_all()
    }

    /// Whether a look is to show a copy of a session that another node owns: the two replicated to each other at the time.
    pub(super) fn is_copy_due(&self, session: &AppSession<'a>, owner: &NodeName, look: &Look<'a>) -> bool {
        let apart = |partition: &Partition<'_>| {
            partition.parts(look.node, owner) && partition.from <= look.at && look.asked < partition.until
        };
        look.node != owner
            && session.would_show_in(look)
            && self.timeline.reachable(look.node, look.asked, look.at)
            && !self.partitions.iter().any(apart)
            && !session.may_have_expired(&self.requests, look.at)
    }

    /// The looks that came between two instants.
    pub(super) fn looks_between(&self, from: Nanos, to: Nanos) -> &[Look<'a>] {
        let (first, end) =
            (self.looks.partition_point(|look| look.at <= from), self.looks.partition_point(|look| look.at < to));
        &self.looks[first.min(end)..end]
    }

    /// How the balancer in front had a node, each time from when until when.
    pub(super) fn front_states(&self, node: &NodeName) -> impl Iterator<Item = (Nanos, Nanos, FrontState)> {
        let seen = self.events().filter_map(|(_, at, event)| match event {
            Event::FrontSees { nodes } => Some((at, *nodes.get(node)?)),
            _ => None,
        });
        let seen: Vec<(Nanos, FrontState)> = seen.collect();
        let ends: Vec<Nanos> = seen.iter().skip(1).map(|(at, _)| *at).chain([FOREVER]).collect();
        seen.into_iter().zip(ends).map(|((from, state), until)| (from, until, state))
    }

    /// The events, by their instant.
    pub(super) fn events(&self) -> impl Iterator<Item = (usize, Nanos, &'a Event)> {
        self.events.iter().copied()
    }

    /// When each node logged that a member had disappeared, by the instant, with the record.
    pub(super) fn disappearances(&self) -> impl Iterator<Item = (Nanos, &'a NodeName, usize)> {
        self.disappearances.iter().copied()
    }

    /// The operations of these indexes, by number.
    pub(super) fn numbers(&self, indexes: impl IntoIterator<Item = usize>) -> Vec<OperationId> {
        indexes.into_iter().map(|index| self.operations[index].id).collect()
    }

    /// The sessions that were asked after a fault with something to lose, each with the first answer after it.
    pub(super) fn answered_after(&self, fault: &Fault<'_>) -> Vec<(&Session<'a>, usize)> {
        let Some(hit) = fault.hit() else { return Vec::new() };
        let answered = self.sessions.iter().filter_map(|session| {
            let first = session.answers.iter().copied().find(|answer| self.operations[*answer].invoked > hit)?;
            let judged = session.acknowledged_before(fault.asked) > 0
                && !session.contended_before(self.operations[first].completed?);
            judged.then_some((session, first))
        });
        answered.collect()
    }

    /// Where an Observe step lacks a look at a node that was up, in words.
    pub(super) fn blind_spots(&self) -> Vec<String> {
        let mut spots = Vec::new();
        for (number, from, to) in self.observe_steps() {
            for node in self.plan.topology.names().filter(|node| self.timeline.up(node, from, to).is_some()) {
                let mut inside =
                    self.looks.iter().filter(|look| look.node == node && from <= look.asked && look.at <= to);
                if !inside.any(|look| look.state.is_some()) {
                    spots.push(format!("the probe of {node} returned nothing in step {number}"));
                }
            }
        }
        spots
    }

    /// When all living nodes were looked at, as steps of the plan: from when to when.
    pub(super) fn rounds(&self) -> Vec<(Nanos, Nanos)> {
        self.observe_steps().into_iter().map(|(_, from, to)| (from, to)).collect()
    }

    /// How many copies of a session are due in a round, where each node that was up in it was looked at and would have shown one.
    pub(super) fn due_in(&self, (from, to): (Nanos, Nanos), would_show: impl Fn(&Look<'a>) -> bool) -> Option<usize> {
        let up = self.plan.topology.names().filter(|node| self.timeline.up(node, from, to).is_some());
        let up: BTreeSet<&NodeName> = up.collect();
        let inside = self.looks_between(from, to).iter().filter(|look| would_show(look));
        let looked: BTreeSet<&NodeName> = inside.map(|look| look.node).collect();
        let due = if self.replicates_to_all() { up.len() } else { up.len().min(2) };
        up.is_subset(&looked).then_some(due)
    }

    /// The number of the step that began last before an instant.
    pub(super) fn step_at(&self, at: Nanos) -> Option<u32> {
        let begun = self.events.iter().take_while(|(_, begun, _)| *begun <= at);
        let steps = begun.filter_map(|(.., event)| match event {
            Event::StepBegins { step, .. } => Some(*step),
            _ => None,
        });
        steps.last()
    }

    /// The step of a number, which counts from 1.
    pub(super) fn step(&self, number: u32) -> Option<&'a Step> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.plan.steps.get(index)
    }

    fn observe_steps(&self) -> Vec<(u32, Nanos, Nanos)> {
        let mut begun = BTreeMap::new();
        let mut steps = Vec::new();
        for (_, at, event) in self.events() {
            match event {
                Event::StepBegins { step, .. } => drop(begun.insert(*step, at)),
                Event::StepEnds { step } => {
                    let kind = self.step(*step).map(|step| &step.kind);
                    if let (Some(from), Some(StepKind::Observe { .. })) = (begun.get(step), kind) {
                        steps.push((*step, *from, at));
                    }
                }
                _ => {}
            }
        }
        steps
    }
}

fn invocation(record: &Record) -> Option<(Nanos, &ClientName)> {
    match &record.kind {
        RecordKind::Invoke { client, .. } => Some((record.at, client)),
        _ => None,
    }
}

fn log_time(record: &Record) -> Option<(Nanos, &NodeName)> {
    match &record.kind {
        RecordKind::Log(line) => Some((record.at, &line.node)),
        _ => None,
    }
}

fn disappearances(history: &History) -> Vec<(Nanos, &NodeName, usize)> {
    let disappeared = history.records.iter().enumerate().filter_map(|(index, record)| match &record.kind {
        RecordKind::Log(line) if line.class == LogClass::MemberDisappeared => Some((record.at, &line.node, index)),
        _ => None,
    });
    let mut disappeared: Vec<_> = disappeared.collect();
    disappeared.sort_by_key(|(at, ..)| *at);
    disappeared
}

fn looks(history: &History) -> Vec<Look<'_>> {
    let looks = in_time(history).into_iter().filter_map(|index| match &history.records[index] {
        crate::history::Record { at, kind: RecordKind::Observe(observation) } => Some(Look {
            record: index,
            node: &observation.node,
            asked: observation.asked,
            at: *at,
            question: &observation.question,
            state: observation.state(),
        }),
        _ => None,
    });
    looks.collect()
}

/// Gives each session what the looks show of it. A proxy holds nothing, and what is not valid is gone.
fn add_replicas<'a>(sessions: &mut [Session<'a>], looks: &[Look<'a>], counters: &BTreeSet<&ContextPath>) {
    let mut by_id = BTreeMap::new();
    for (index, session) in sessions.iter().enumerate() {
        by_id.extend(session.stems.iter().map(|stem| ((session.context, *stem), index)));
    }
    for (number, look) in looks.iter().enumerate() {
        let contexts = look.contexts(counters);
        for (path, replica) in contexts.flat_map(|context| context.sessions.iter().map(|it| (&context.path, it))) {
            let path = counters.get(path).copied();
            let Some(session) = by_id.get(&(path, stem(replica.id.as_str()))) else { continue };
            if replica.role == ReplicaRole::Proxy || !replica.valid {
                continue;
            }
            sessions[*session].replicas.push(Replica {
                look: number,
                record: look.record,
                node: look.node,
                id: replica.id.as_str(),
                primary: replica.role == ReplicaRole::Primary,
                asked: look.asked,
                at: look.at,
                missing: missing(replica),
                content: Content::of_replica(replica),
                lives: replica
                    .max_inactive_s
                    .and_then(|s| u64::try_from(s).ok())
                    .filter(|s| *s > 0)
                    .map(Duration::from_secs),
            });
        }
    }
}

fn missing(replica: &SessionReplica) -> Vec<&'static str> {
    let here = |name: &str| replica.attributes.get(name).is_some_and(|attribute| !attribute.value.is_null());
    [COUNT_ATTRIBUTE, ONCE_ATTRIBUTE, LIST_ATTRIBUTE].into_iter().filter(|name| !here(name)).collect()
}
