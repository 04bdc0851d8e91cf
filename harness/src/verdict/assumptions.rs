//! Assumptions: what must be true for a verdict to mean anything, checked before anything else counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::expectations::{cut_short_as_expected, shows_what_is_expected};
use super::finding::Assumption;
use super::timeline::FaultFate;
use super::view::View;
use super::{effective_server, records, steps};
use crate::history::{Event, Nanos, OperationId, RecordKind};
use crate::model::Guarantee;

/// An assumption and how far it reaches.
#[derive(Debug)]
pub(super) struct Weighed {
    pub(super) assumption: Assumption,
    /// Where it is not met, nothing can be proven: a violation is none either.
    founds_all: bool,
    /// From when on it is not met; what was shown before stays proven.
    since: Option<Nanos>,
    /// Whether it is about the sessions and the faults only.
    pub(super) sessions_only: bool,
}

impl Weighed {
    /// Whether a guarantee depends on it.
    pub(super) fn concerns(&self, guarantee: Guarantee) -> bool {
        guarantee.is_about_sessions() || !self.sessions_only
    }

    /// Whether what these records show proves nothing, as it is not met.
    pub(super) fn undoes(&self, view: &View<'_>, evidence: &[usize]) -> bool {
        let before = |since| !evidence.is_empty() && evidence.iter().all(|of| view.history.records[*of].at < since);
        self.founds_all && !self.since.is_some_and(before)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Reach {
    FoundsAll,
    FoundsSessions,
    Run,
    Sessions,
}

/// All assumptions, met or not.
pub(super) fn assumptions(view: &View<'_>) -> Vec<Weighed> {
    [
        ("operations begin and end once", Reach::FoundsAll, operations_end_once(view).map_err(Unmet::from)),
        ("the clock never goes back", Reach::FoundsAll, clock(view).map_err(Unmet::from)),
        ("each answer came from the node that was asked", Reach::FoundsSessions, answered_by_the_asked(view)),
        ("the cluster was whole before each fault", Reach::FoundsSessions, whole_before(view)),
        ("the run was not cut short", Reach::Run, not_interrupted(view).map_err(Unmet::from)),
        ("every step of the plan ended", Reach::Run, steps_ended(view).map_err(Unmet::from)),
        ("no wait timed out", Reach::Run, no_wait_ran_out(view).map_err(Unmet::from)),
        ("no node exited unexpectedly", Reach::Run, no_node_died(view).map_err(Unmet::from)),
        ("every step left its records", Reach::Run, empty_step(view).map_err(Unmet::from)),
        ("no operation is missing", Reach::Run, no_operation_is_missing(view).map_err(Unmet::from)),
        ("every fault had an effect", Reach::Sessions, faults_hit(view).map_err(Unmet::from)),
        ("no node answered after its end", Reach::Sessions, nobody_answered_dead(view).map_err(Unmet::from)),
        (
            "the send options in effect are those of the configuration",
            Reach::Sessions,
            send_options(view).map_err(Unmet::from),
        ),
        ("each node runs the server of the plan", Reach::Run, effective_server::as_planned(view).map_err(Unmet::from)),
    ]
    .into_iter()
    .map(|(what, reach, shown)| {
        let (met, because, since) = match shown {
            Ok(because) => (true, because, None),
            Err(Unmet { because, since }) => (false, because, since),
        };
        Weighed {
            assumption: Assumption { what: what.to_owned(), met, because },
            since,
            founds_all: matches!(reach, Reach::FoundsAll | Reach::FoundsSessions),
            sessions_only: matches!(reach, Reach::FoundsSessions | Reach::Sessions),
        }
    })
    .collect()
}

type Shown = Result<String, String>;

struct Unmet {
    because: String,
    since: Option<Nanos>,
}

/// Not met for the whole run.
impl From<String> for Unmet {
    fn from(because: String) -> Self {
        Self { because, since: None }
    }
}

fn operations_end_once(view: &View<'_>) -> Shown {
    let mut ends: HashMap<OperationId, Option<bool>> = HashMap::new();
    for record in &view.history.records {
        match &record.kind {
            RecordKind::Invoke { operation, .. } if ends.insert(*operation, Some(false)).is_some() => {
                return Err(format!("{operation} began twice"));
            }
            RecordKind::Complete { operation, .. } => match ends.insert(*operation, Some(true)) {
                Some(Some(false)) => {}
                Some(_) => return Err(format!("{operation} ended twice")),
                None => return Err(format!("{operation} ended without having begun")),
            },
            _ => {}
        }
    }
    Ok(format!("{} operations", ends.len()))
}

/// They are numbered from 1 on, so one that is missing was lost with what it showed.
fn no_operation_is_missing(view: &View<'_>) -> Shown {
    let begun = view.history.records.iter().filter_map(|record| match &record.kind {
        RecordKind::Invoke { operation, .. } => Some(*operation),
        _ => None,
    });
    let begun: BTreeSet<OperationId> = begun.collect();
    match (1..).map(OperationId).zip(&begun).find(|(due, begun)| due != *begun) {
        Some((due, next)) => Err(format!("there is no record of {due}, and one of {next}")),
        None => Ok(format!("their numbers have no gap up to {}", begun.len())),
    }
}

/// Within one operation, one fault and the steps; across tasks records may arrive a little out of order.
fn clock(view: &View<'_>) -> Shown {
    let mut begun: HashMap<OperationId, Nanos> = HashMap::new();
    let mut asked: BTreeMap<u32, Nanos> = BTreeMap::new();
    let mut steps = Nanos::default();
    for record in &view.history.records {
        let earlier = match &record.kind {
            RecordKind::Invoke { operation, .. } => begun.insert(*operation, record.at),
            RecordKind::Complete { operation, .. } => begun.get(operation).copied(),
            RecordKind::Fault { fault, .. } => asked.insert(*fault, record.at),
            RecordKind::Observe(observation) => Some(observation.asked),
            RecordKind::Event(Event::StepBegins { .. } | Event::StepEnds { .. }) => {
                Some(std::mem::replace(&mut steps, record.at))
            }
            RecordKind::Event(_) | RecordKind::Log(_) => None,
        };
        if let Some(earlier) = earlier.filter(|earlier| record.at < *earlier) {
            return Err(format!("a record of {} follows one of {earlier} that came before it", record.at));
        }
    }
    Ok(format!("{} records", view.history.records.len()))
}

fn answered_by_the_asked(view: &View<'_>) -> Result<String, Unmet> {
    for operation in &view.operations {
        if let Some(answer) = operation.answer().filter(|answer| answer.node != operation.node.as_str()) {
            let because = format!("{} was answered by {}", operation.name(), answer.node);
            return Err(Unmet { because, since: Some(operation.invoked) });
        }
    }
    let answers = view.operations.iter().filter(|operation| operation.answer().is_some()).count();
    let others = view.invocations.len().saturating_sub(view.operations.len());
    Ok(match others {
        0 => format!("{answers} answers"),
        others => format!("{answers} answers named their node, the {others} of other apps do not"),
    })
}

fn whole_before(view: &View<'_>) -> Result<String, Unmet> {
    for fault in &view.timeline.faults {
        let mut others = view.plan.topology.names().filter(|node| *node != fault.node);
        // The last one of all has nobody to be seen by, and nobody to leave a session to.
        if !others.any(|node| view.timeline.up(node, fault.asked, fault.asked).is_some()) {
            continue;
        }
        // Some living peer has seen the victim, and the victim it, since both last started.
        let began = |node| {
            let lives = view.timeline.lives(node).iter();
            lives.filter(|life| life.from < fault.asked).map(|life| life.from).max()
        };
        let met = view.plan.topology.names().filter(|node| *node != fault.node).any(|peer| {
            let up = view.timeline.up(peer, fault.asked, fault.asked).is_some();
            let since = began(fault.node).max(began(peer)).unwrap_or_default();
            let seen = view.timeline.whole.iter().any(|whole| {
                since < whole.from
                    && whole.from < fault.asked
                    && whole.nodes.contains(fault.node)
                    && whole.nodes.contains(peer)
            });
            up && seen
        });
        if !met {
            let because = format!("no living peer was known to see {} before {}", fault.node, fault.name());
            return Err(Unmet { because, since: Some(fault.asked) });
        }
    }
    Ok(match view.timeline.faults.len() {
        0 => "no fault".to_owned(),
        count => format!("{count} faults"),
    })
}

fn not_interrupted(view: &View<'_>) -> Shown {
    for (_, at, event) in view.events() {
        if let Event::Interrupted { by } = event {
            return Err(format!("interrupted at {at} by {by}"));
        }
    }
    Ok("it was not interrupted".to_owned())
}

fn steps_ended(view: &View<'_>) -> Shown {
    if cut_short_as_expected(view) {
        return Ok("the expected violation ended the scenario early".to_owned());
    }
    for (index, step) in view.plan.steps.iter().enumerate() {
        let number = index + 1;
        let ended = view
            .events()
            .any(|(_, _, event)| matches!(event, Event::StepEnds { step } if usize::try_from(*step) == Ok(number)));
        if !ended {
            return Err(format!("step {number} ({}) did not end", step.title));
        }
    }
    Ok(format!("{} steps", view.plan.steps.len()))
}

fn empty_step(view: &View<'_>) -> Shown {
    let lacks = steps::empty_step(view).or_else(|| steps::open_request(view));
    let lacks = lacks.or_else(|| super::guarantees::never_answered::outside(view));
    lacks.map_or_else(|| Ok("each that ended".to_owned()), Err)
}

fn nobody_answered_dead(view: &View<'_>) -> Shown {
    records::answered_dead(view).map_or_else(|| Ok("neither a client nor a look".to_owned()), Err)
}

fn no_wait_ran_out(view: &View<'_>) -> Shown {
    let mut expected = false;
    for (record, at, event) in view.events() {
        // A wait by hand that found nothing is an answer, as long as no guarantee was to bring what was waited for.
        if let Event::WaitRanOut { wanted, last_seen, waited_ms, breaks, went_on } = event
            && (breaks.is_some() || !went_on)
        {
            if shows_what_is_expected(view, record, event) {
                expected = true;
                continue;
            }
            return Err(format!(
                "timed out at {at} after {waited_ms} ms waiting for {wanted}; last status: {last_seen}"
            ));
        }
    }
    let how = if expected { "the one that did showed the violation that was expected" } else { "every wait succeeded" };
    Ok(how.to_owned())
}

fn no_node_died(view: &View<'_>) -> Shown {
    match view.timeline.deaths.first() {
        Some((at, node, why, _)) => Err(format!("{node} ended at {at}: {why}")),
        None => records::began_anew(view).map_or_else(|| Ok("nodes exited only as requested".to_owned()), Err),
    }
}

fn faults_hit(view: &View<'_>) -> Shown {
    for fault in &view.timeline.faults {
        if !fault.was_asked_for {
            return Err(format!("no record shows when {} was asked for", fault.name()));
        }
        match fault.fate {
            FaultFate::Hit(_) => {
                if let Some(why) = records::no_hit(view, fault) {
                    return Err(why);
                }
            }
            FaultFate::Missed(seen) => return Err(format!("{} had no effect: {seen}", fault.name())),
            FaultFate::Open => return Err(format!("nothing proves that {} had an effect", fault.name())),
        }
    }
    Ok(match view.timeline.faults.len() {
        0 => "no fault".to_owned(),
        count => format!("{count} had an effect"),
    })
}

/// Where the probe reports them: the channel's, and with the BackupManager those of its map.
fn send_options(view: &View<'_>) -> Shown {
    let cluster = &view.plan.topology.cluster;
    let (channel, map) = (cluster.channel_send_options(), cluster.session_send_options());
    let mut reported = 0;
    for look in &view.looks {
        let Some(state) = look.state else { continue };
        let maps = look.contexts(&view.contexts).filter_map(|context| context.manager.attributes.get("mapSendOptions"));
        let maps = maps.filter_map(|options| options.parse().ok()).map(|found: i64| (found, map));
        for (found, wanted) in state.send_options.map(|found| (found, channel)).into_iter().chain(maps) {
            let wanted = i64::from(wanted.bits());
            if found != wanted {
                return Err(format!("{} runs with send options {found}, not {wanted}, at {}", look.node, look.at));
            }
            reported += 1;
        }
    }
    // Where one node's probe says it, silence of another's says that it cannot be read there.
    let silent = |node: &&crate::model::NodeName| {
        let mut looks = view.looks.iter().filter(|look| look.node == *node).filter_map(|look| look.state).peekable();
        looks.peek().is_some() && looks.all(|state| state.send_options.is_none())
    };
    let says = view.looks.iter().any(|look| look.state.is_some_and(|state| state.send_options.is_some()));
    if let Some(silent) = view.plan.topology.names().find(silent).filter(|_| says) {
        return Err(format!("nothing shows with which send options {silent} runs"));
    }
    Ok(if reported == 0 {
        "the probe does not report them".to_owned()
    } else {
        format!("as configured in {reported} looks")
    })
}
