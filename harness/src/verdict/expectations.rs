//! What the steps of a plan expected of their answers, and which violations the scenario is expected to show.

mod asked;
mod bodies;
mod logs;
mod replicas;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use self::asked::{Asked, answered, each, received, same};
pub use self::replicas::replica_shows;
use super::finding::{Expectation, Finding, Status};
use super::guarantees::{self, state_transferred};
use super::requests::Request;
use super::timeline::in_time;
use super::view::View;
use crate::history::{CounterReply, Event, Nanos, RecordKind, Reply};
use crate::model::exchange::filled;
use crate::model::{
    ClientName, Expect, ExpectedViolation, Guarantee, SessionFate, SessionId, Step, StepKind, Violation,
};

/// How each expectation of the plan's steps stands, and whether what they capture and send was there.
pub(super) fn expectations(view: &View<'_>) -> Vec<Expectation> {
    let asks = |step: &Step| step.expect.is_some() || matches!(step.kind, StepKind::Http { .. });
    if !view.plan.steps.iter().any(asks) {
        return vec![];
    }
    let steps = steps(view);
    let all = asked(view);
    let mut found = vec![];
    for (number, step) in (1..).zip(&view.plan.steps).filter(|(_, step)| asks(step)) {
        let parts = match (steps.get(&number), &step.expect) {
            (Some(Span { from, to: Some(to) }), expect) => of_step(view, step, expect.as_ref(), (*from, *to), &all),
            (_, Some(_)) => vec![Expectation {
                what: "its answers".to_owned(),
                status: Status::Unknown,
                because: "the run ended before this step did".to_owned(),
                rests_on: vec![],
                evidence: vec![],
            }],
            (_, None) => vec![],
        };
        let what = |what: &str| format!("step {number} ({}): {what}", step.title);
        found.extend(parts.into_iter().map(|part| Expectation { what: what(&part.what), ..part }));
    }
    found
}

fn of_step(
    view: &View<'_>,
    step: &Step,
    expect: Option<&Expect>,
    (from, to): (Nanos, Nanos),
    all: &[Asked<'_>],
) -> Vec<Expectation> {
    let stock = Expect::default();
    let expect = expect.unwrap_or(&stock);
    let mut parts = if let StepKind::Look { client, context, node, .. } = &step.kind {
        replicas::judged(view, &replicas::Looked { client, context, node, from, to }, expect, all)
    } else {
        let clients = step.kind.clients();
        let mine = all.iter().filter(|asked| {
            from <= asked.invoked
                && asked.invoked <= to
                && clients.is_none_or(|(name, count)| asked.client.is_one_of(name, count))
        });
        let mine: Vec<_> = mine.collect();
        let mut parts = judged(expect, from, &mine);
        parts.extend(bodies::captures(step, &mine));
        parts.extend(logs::listeners(view, expect, &mine));
        parts
    };
    parts.extend(logs::texts(view, expect, from));
    parts
}

/// How each expected violation stands: it *holds* where it showed.
pub(super) fn expected_violations(view: &View<'_>, findings: &[Finding], unmet: Option<&str>) -> Vec<Expectation> {
    view.plan.expect_violations.iter().map(|expected| expected_violation(view, findings, unmet, expected)).collect()
}

/// Where an assumption is not met, that it showed too few times proves nothing.
fn expected_violation(
    view: &View<'_>,
    findings: &[Finding],
    unmet: Option<&str>,
    expected: &ExpectedViolation,
) -> Expectation {
    let showing: Vec<&Finding> =
        findings.iter().filter(|finding| finding.violations.contains_key(&expected.violation)).collect();
    // The same breach may show to several guarantees: that which saw most of it counts.
    let most = showing.iter().max_by_key(|finding| finding.violations.get(&expected.violation));
    let chance = expected.trials > 1;
    // Tried are sessions, so it is counted in sessions.
    let shown = |finding: &&Finding| {
        let all = if chance { &finding.sessions } else { &finding.violations };
        all.get(&expected.violation).copied()
    };
    let times = most.and_then(shown).unwrap_or(0);
    let trials = match most {
        Some(finding) if Guarantee::ANY_APP.contains(&finding.guarantee) => sessions_of_any_app(view),
        Some(_) => view.first_sessions(),
        None => view.first_sessions().max(sessions_of_any_app(view)),
    };
    let trials = u32::try_from(trials).unwrap_or(u32::MAX);
    let (status, because) = if times >= expected.at_least {
        let seen = most.map_or_else(String::new, |finding| finding.because.clone());
        (Status::Holds, if chance { format!("it occurred {times} times in {trials} sessions: {seen}") } else { seen })
    } else if chance && trials < expected.trials {
        (Status::Unknown, format!("{trials} sessions were tried, at least {} are needed", expected.trials))
    } else if times == 0
        && !chance
        && let Some((guarantee, why)) = undecided(view, findings, expected.violation, trials > 0)
    {
        (Status::Unknown, format!("it did not occur, and not everything was decided ({guarantee}: {why})"))
    } else if let Some(unmet) = unmet.filter(|_| chance) {
        (Status::Unknown, format!("it occurred {times} times, and {unmet}"))
    } else if chance {
        let least = expected.at_least;
        (Status::Violated, format!("it occurred {times} times in {trials} sessions, expected at least {least}"))
    } else {
        (Status::Violated, "it did not occur".to_owned())
    };
    Expectation {
        what: expected.violation.to_string(),
        status,
        because,
        rests_on: most.map(|finding| finding.rests_on.clone()).unwrap_or_default(),
        evidence: most.map(|finding| finding.evidence.clone()).unwrap_or_default(),
    }
}

/// What is not decided, and why: a finding, or, where an app had sessions to lose, a guarantee that this violation breaks. What
/// nobody asked to decide of an app is no finding.
fn undecided(
    view: &View<'_>,
    findings: &[Finding],
    violation: Violation,
    is_tried: bool,
) -> Option<(Guarantee, String)> {
    if let Some(open) = findings.iter().find(|finding| finding.status == Status::Unknown) {
        return Some((open.guarantee, open.because.clone()));
    }
    let of_apps = Guarantee::ANY_APP.into_iter().filter(|guarantee| {
        is_tried && Violation::of(*guarantee) == violation && findings.iter().all(|it| it.guarantee != *guarantee)
    });
    let mut judged = of_apps.map(|guarantee| (guarantee, guarantees::of(guarantee, view)));
    let (guarantee, open) = judged.find(|(_, judged)| judged.status == Status::Unknown)?;
    Some((guarantee, open.because))
}

/// How many sessions of any app there were to lose: those that were made before the last fault, and not in the place of another
/// one.
fn sessions_of_any_app(view: &View<'_>) -> usize {
    let tested = view.app_sessions(Guarantee::SessionKept).filter(|session| {
        let born = session.born.map(|born| &view.requests[born]);
        let instead = |born: &Request<'_>| {
            let sent = born.sent.filter(|sent| sent.stem() != session.stem);
            sent.is_some_and(|sent| {
                view.apps.find(born.context, sent.as_str()).is_some_and(|other| other.born.is_some())
            })
        };
        born.is_some_and(|born| !instead(born) && view.is_before_the_last_fault(Some(born.invoked)))
    });
    tested.count()
}

/// Whether a violation is one that the scenario is expected to show.
pub(super) fn is_expected(view: &View<'_>, violation: Violation) -> bool {
    view.plan.expect_violations.iter().any(|expected| expected.violation == violation)
}

/// Whether an event is a wait that ran out, or a deployment that failed, because of a violation that the scenario is expected to
/// show.
pub(super) fn shows_what_is_expected(view: &View<'_>, record: usize, event: &Event) -> bool {
    let expected = |guarantee| is_expected(view, Violation::of(guarantee));
    match event {
        Event::WaitRanOut { breaks: Some(guarantee), .. } => expected(*guarantee),
        Event::WaitRanOut { breaks: None, .. } => {
            expected(Guarantee::StateTransferred) && state_transferred::showed_it(view, record)
        }
        Event::DeploymentFailed { .. } => expected(Guarantee::DeployedEverywhere),
        _ => false,
    }
}

/// Whether a violation that the scenario is expected to show ended it: the wait for it did not go on, and no step began after it.
pub(super) fn cut_short_as_expected(view: &View<'_>) -> bool {
    let began = view.events().filter(|(_, _, event)| matches!(event, Event::StepBegins { .. }));
    let last = began.map(|(_, at, _)| at).max().unwrap_or_default();
    view.events().any(|(record, at, event)| {
        let went_on = matches!(event, Event::WaitRanOut { went_on: true, .. });
        last <= at && !went_on && shows_what_is_expected(view, record, event)
    })
}

/// From when to when a step went.
struct Span {
    from: Nanos,
    to: Option<Nanos>,
}

fn steps(view: &View<'_>) -> BTreeMap<u32, Span> {
    let mut steps: BTreeMap<u32, Span> = BTreeMap::new();
    for (_, at, event) in view.events() {
        match event {
            Event::StepBegins { step, .. } => drop(steps.insert(*step, Span { from: at, to: None })),
            Event::StepEnds { step } => {
                if let Some(span) = steps.get_mut(step) {
                    span.to = Some(at);
                }
            }
            _ => {}
        }
    }
    steps
}

fn asked<'a>(view: &View<'a>) -> Vec<Asked<'a>> {
    let mut all: Vec<Asked<'a>> = vec![];
    let mut by_id = HashMap::new();
    for index in in_time(view.history) {
        let record = &view.history.records[index];
        match &record.kind {
            RecordKind::Invoke { operation, client, node, session, target, .. } => {
                by_id.insert(*operation, all.len());
                let (id, invoked) = (*operation, record.at);
                all.push(Asked { id, client, node, target, sent: session.as_ref(), invoked, end: None });
            }
            RecordKind::Complete { operation, outcome } => {
                if let Some(asked) = by_id.get(operation).and_then(|index: &usize| all.get_mut(*index)) {
                    asked.end.get_or_insert((record.at, outcome, index));
                }
            }
            _ => {}
        }
    }
    all
}

fn judged(expect: &Expect, from: Nanos, asked: &[&Asked<'_>]) -> Vec<Expectation> {
    let mut last: BTreeMap<&ClientName, &Asked<'_>> = BTreeMap::new();
    for one in asked {
        last.insert(one.client, one);
    }
    let last: Vec<&Asked<'_>> = last.into_values().collect();
    let mut parts = vec![];
    if let Some(answered) = expect.answered {
        let wanted = if answered { "an answer" } else { "no answer" };
        let shown = |reply: bool| if reply { "was answered" } else { "was not answered" }.to_owned();
        let of = |asked: &Asked<'_>| {
            Err(shown(asked.reply().is_some()))
                .or_else(|shown: String| if asked.reply().is_some() == answered { Ok(shown) } else { Err(shown) })
        };
        parts.push(each(wanted.to_owned(), &last, of));
    }
    if let Some(status) = expect.status {
        let of = |_: &Asked<'_>, reply: &Reply| same(&status, reply.status, |status| format!("answered HTTP {status}"));
        parts.push(answered(format!("HTTP {status}"), &last, of));
    }
    if let Some(count) = expect.count {
        parts.push(counted(format!("count {count}"), &last, |counter| {
            same(&count, counter.count, |count| format!("answered count {count}"))
        }));
    }
    if let Some(once) = expect.once {
        let shown = |there| if there { "showed once" } else { "showed no once" }.to_owned();
        let what = if once { "once there" } else { "once gone" };
        parts.push(counted(what.to_owned(), &last, |counter| same(&once, counter.once.is_some(), shown)));
    }
    if let Some(list) = &expect.list {
        parts.push(counted(format!("list {list:?}"), &last, |counter| {
            same(&list, &counter.list, |list| format!("showed list {list:?}"))
        }));
    }
    if let Some(fate) = expect.session {
        parts.push(of_session(fate, &last));
    }
    if let Some(route) = &expect.route {
        let of = |asked: &Asked<'_>, reply: &Reply| {
            let id = received(reply).or(asked.sent.map(SessionId::as_str)).map(SessionId::new);
            let found = id.as_ref().and_then(SessionId::route).unwrap_or("none").to_owned();
            same(&route.to_string(), found, |route| format!("had route {route}"))
        };
        parts.push(answered(format!("route {route}"), &last, of));
    }
    parts.extend(bodies::bodies(expect, &last));
    parts.extend(headers(expect, &last));
    parts.extend(times(expect, from, asked));
    parts
}

/// What answers of any app say beside their body.
fn headers(expect: &Expect, last: &[&Asked<'_>]) -> Vec<Expectation> {
    let mut parts = vec![];
    for (name, text) in &expect.header {
        let of = |_: &Asked<'_>, reply: &Reply| {
            let sought = filled(text, &reply.values).map_err(|missing| format!("cannot be judged: {missing}"))?;
            match reply.headers.get(&name.to_ascii_lowercase()) {
                Some(value) if value.contains(&sought) => Ok(format!("answered {name}: {value}")),
                Some(value) => Err(format!("answered {name}: {value}")),
                None => Err(format!("answered without {name}")),
            }
        };
        parts.push(answered(format!("{text:?} in header {name}"), last, of));
    }
    if let Some(cookie) = &expect.sets_cookie {
        let of = |_: &Asked<'_>, reply: &Reply| {
            let set = reply.headers.get("set-cookie").map(String::as_str).unwrap_or_default();
            let found = set.split(", ").any(|name| name == cookie);
            if found { Ok(format!("set {cookie}")) } else { Err(format!("set the cookies [{set}]")) }
        };
        parts.push(answered(format!("a cookie {cookie}"), last, of));
    }
    parts
}

/// How long answers took.
fn times(expect: &Expect, from: Nanos, asked: &[&Asked<'_>]) -> Vec<Expectation> {
    let mut parts = vec![];
    if let Some(limit) = expect.first_answer_within {
        parts.push(first_answer(limit, from, asked));
    }
    let took = |asked: &Asked<'_>| asked.end.map(|(at, ..)| at.since(asked.invoked)).unwrap_or_default();
    let timed = |what: String, fits: &dyn Fn(Duration) -> bool| {
        answered(what, asked, |asked, _| {
            let shown = format!("was answered after {} ms", took(asked).as_millis());
            if fits(took(asked)) { Ok(shown) } else { Err(shown) }
        })
    };
    if let Some(limit) = expect.each_answer_within {
        parts.push(timed(format!("each answer within {limit}"), &|took| took <= limit.duration()));
    }
    if let Some(limit) = expect.each_answer_after {
        parts.push(timed(format!("each answer after {limit}"), &|took| took >= limit.duration()));
    }
    parts
}

fn counted(what: String, last: &[&Asked<'_>], of: impl Fn(&CounterReply) -> Result<String, String>) -> Expectation {
    answered(what, last, |_, reply| match &reply.counter {
        Some(counter) => of(counter),
        None => Err(format!("got HTTP {} from something other than the counter app", reply.status)),
    })
}

fn session(fate: SessionFate, asked: &Asked<'_>, reply: &Reply) -> Result<String, String> {
    let sent = asked.sent.map(SessionId::stem);
    // Another app gives the id only when it changes.
    let id = received(reply).or(if reply.counter.is_none() { asked.sent.map(SessionId::as_str) } else { None });
    let id = id.map(super::operations::stem);
    let found = match (sent, id) {
        (_, None) => SessionFate::None,
        (Some(sent), Some(id)) if sent == id => SessionFate::Kept,
        _ => SessionFate::New,
    };
    same(&fate, found, |fate| match fate {
        SessionFate::Kept => "was answered from its session".to_owned(),
        SessionFate::New => "was answered from a new session".to_owned(),
        SessionFate::None => "was answered without a session".to_owned(),
    })
}

/// An error of another app that says nothing of a session shows neither that it was kept nor that there is none.
fn of_session(fate: SessionFate, last: &[&Asked<'_>]) -> Expectation {
    let judged = answered(format!("session {fate}"), last, |asked, reply| session(fate, asked, reply));
    let silent = last.iter().find_map(|asked| {
        let reply = asked.reply().filter(|reply| reply.counter.is_none() && received(reply).is_none())?;
        (400 <= reply.status).then_some((*asked, reply.status))
    });
    match silent.filter(|_| judged.status != Status::Violated) {
        Some((asked, status)) => Expectation {
            status: Status::Unknown,
            because: format!(
                "{} ({} on {}) answered HTTP {status}, which says nothing of its session",
                asked.id, asked.client, asked.node
            ),
            ..judged
        },
        None => judged,
    }
}

fn first_answer(limit: crate::model::Millis, from: Nanos, asked: &[&Asked<'_>]) -> Expectation {
    let ends = asked.iter().filter(|asked| asked.reply().is_some()).filter_map(|asked| Some((asked.end?, asked.id)));
    let first = ends.min_by_key(|((at, _, _), _)| *at);
    let what = format!("first answer within {limit}");
    match first {
        Some(((at, _, record), id)) => {
            let took = at.since(from);
            let status = if took <= limit.duration() { Status::Holds } else { Status::Violated };
            let because = format!("{id} was answered after {} ms", took.as_millis());
            Expectation { what, status, because, rests_on: vec![id], evidence: vec![record] }
        }
        None => Expectation {
            what,
            status: Status::Violated,
            because: "nothing was answered".to_owned(),
            rests_on: vec![],
            evidence: vec![],
        },
    }
}
