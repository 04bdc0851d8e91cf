//! The judge: guarantees, promises and assumptions weighed into a verdict.

use std::collections::{BTreeMap, BTreeSet};

use super::assumptions::{Weighed, assumptions};
use super::finding::{Aside, Finding, Status, Verdict};
use super::guarantees::{self, Judgement};
use super::view::View;
use super::{expectations, measures, notes, page_names, promise, thresholds};
use crate::history::{Event, History, RecordKind};
use crate::model::{Guarantee, Plan, Violation};

/// Judges a run.
///
/// A guarantee is violated where a record proves it, unknown where an assumption that it rests on is not met or where
/// too little was tried, and holds only where the run could have shown the contrary. A loss that was seen is reported whatever
/// guarantees the plan asks for, and whatever the configuration promises.
pub fn judge(plan: &Plan, history: &History) -> Verdict {
    let history = history.with_chosen_nodes();
    let pages = page_names::names(&history);
    let mut view = View::of(plan, &history, &pages);
    // All go through the whole history, which may be long.
    let (assumed, (mut guarantees, lost_by_plan), measures, notes) = std::thread::scope(|scope| {
        let others = scope.spawn(|| {
            let measures = measures::measure(&view);
            let notes = notes::notes(&view).into_iter().chain(thresholds::warnings(&view, &measures)).collect();
            (measures, notes)
        });
        let assumed = assumptions(&view);
        let guarantees = findings(&view, &assumed);
        let (measures, notes) = others.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (assumed, guarantees, measures, notes)
    });
    if !lost_by_plan.is_empty() {
        // What became of these is known, so they leave nothing open.
        view.lost_by_plan = lost_by_plan;
        let (again, _) = findings(&view, &assumed);
        for (known, again) in guarantees.iter_mut().zip(again) {
            if known.status == Status::Unknown && known.aside.is_none() && known.guarantee == again.guarantee {
                *known = again;
            }
        }
    }
    let mut expectations = expectations::expectations(&view);
    expectations.extend(thresholds::thresholds(&view, &measures, &plan.at_most));
    let unmet = assumed.iter().map(|weighed| &weighed.assumption).find(|assumption| !assumption.met);
    let unmet = unmet.map(|unmet| format!("not met: {} ({})", unmet.what, unmet.because));
    let expected_violations = expectations::expected_violations(&view, &guarantees, unmet.as_deref());
    let mut statuses: Vec<Status> = guarantees.iter().filter_map(Finding::counts).collect();
    statuses.extend(expectations.iter().chain(&expected_violations).map(|expectation| expectation.status));
    let status = overall(&statuses, &assumed);
    Verdict {
        format: 1,
        status,
        measures,
        notes,
        guarantees,
        expectations,
        expected_violations,
        assumptions: assumed.into_iter().map(|weighed| weighed.assumption).collect(),
    }
}

/// Those of the plan, and behind them each other one that reports a loss which was seen; and the sessions whose loss the plan
/// expects or allows.
fn findings(view: &View<'_>, assumed: &[Weighed]) -> (Vec<Finding>, BTreeSet<String>) {
    let asked = &view.plan.guarantees;
    let mut findings: Vec<(Finding, Showing)> = asked.iter().map(|it| finding(*it, view, assumed)).collect();
    for guarantee in Guarantee::LOSSES.into_iter().filter(|guarantee| !asked.contains(guarantee)) {
        let (mut seen, in_sessions) = finding(guarantee, view, assumed);
        // Of other apps only what counts: no excuse makes a run unknown that nobody asked to decide it.
        let excused = Guarantee::ANY_APP.contains(&guarantee) && seen.status != Status::Violated;
        if seen.violations.is_empty() || excused {
            continue;
        }
        // A fault stands beside each loss that came after it.
        let shows = |record: usize| !matches!(view.history.records[record].kind, RecordKind::Fault { .. });
        // The same loss may break several guarantees, and be expected under the name that it has in one of them. What
        // showed in another session is another loss.
        let shown = |(known, of): &&(Finding, Showing)| {
            matches!(known.aside, Some(Aside::Expected | Aside::Allowed))
                && (of.contains(&None) || in_sessions.is_subset(of))
                && seen.evidence.iter().any(|record| known.evidence.contains(record) && shows(*record))
        };
        seen.aside = seen.aside.or_else(|| findings.iter().find(shown).and_then(|(known, _)| known.aside));
        findings.push((seen, in_sessions));
    }
    let by_plan = findings.iter().filter(|(it, _)| {
        let gone = it.violations.keys().all(|violation| *violation == Violation::LostSession);
        gone && matches!(it.aside, Some(Aside::Expected | Aside::Allowed))
    });
    let lost = by_plan.flat_map(|(_, sessions)| sessions.iter().flatten().cloned()).collect();
    (findings.into_iter().map(|(finding, _)| finding).collect(), lost)
}

/// The sessions in which a violation showed, by their first stems; `None` stands for one that names no session.
type Showing = BTreeSet<Option<String>>;

fn finding(guarantee: Guarantee, view: &View<'_>, assumed: &[Weighed]) -> (Finding, Showing) {
    let judgement = ran_out(guarantee, view).unwrap_or_else(|| guarantees::of(guarantee, view));
    let not_promised_reason = promise::not_promised_reason(guarantee, view.plan);
    let unmet = assumed.iter().find(|weighed| {
        let counts = match judgement.status {
            Status::Violated => weighed.undoes(view, &judgement.evidence),
            Status::Holds | Status::Unknown => true,
        };
        counts && !weighed.assumption.met && weighed.concerns(guarantee)
    });
    let unmet = unmet.map(|unmet| format!("not met: {} ({})", unmet.assumption.what, unmet.assumption.because));
    let because = &judgement.because;
    let (status, because) = match (judgement.status, unmet, &judgement.unpromised, &not_promised_reason) {
        (Status::Violated, Some(unmet), ..) => (Status::Unknown, format!("{unmet}; otherwise violated: {because}")),
        (Status::Holds, Some(unmet), ..) => (Status::Unknown, unmet),
        (Status::Violated, None, Some(why), _) => (Status::Unknown, format!("{because}; excused: {why}")),
        (Status::Violated, None, None, Some(why)) => {
            (Status::Violated, format!("{because}; the configuration does not rule it out: {why}"))
        }
        (Status::Holds, None, _, Some(why)) => (Status::Unknown, format!("{why}; {}", none_in(judgement.trials))),
        (status, ..) => (status, because.clone()),
    };
    let (violations, sessions) = if judgement.status == Status::Violated && !because.starts_with("not met") {
        named(guarantee, &judgement)
    } else {
        (BTreeMap::new(), BTreeMap::new())
    };
    let mut finding = Finding {
        guarantee,
        promised: not_promised_reason.is_none(),
        aside: None,
        violations,
        sessions,
        status,
        because,
        rests_on: judgement.rests_on.clone(),
        evidence: judgement.evidence.clone(),
    };
    finding.aside = aside(view, &finding, &judgement);
    // By the first of its ids, where another app's finding names a later one.
    let first = |stem: String| {
        let session = view.sessions.iter().find(|session| session.stems.contains(&stem.as_str()));
        session.map_or(stem, |session| session.stems[0].to_owned())
    };
    (finding, judgement.violations.into_iter().map(|(_, session)| session.map(first)).collect())
}

/// What the trials allow where none showed a loss: of `n` trials without one, the rate that would show none with 5 %
/// probability.
fn none_in(trials: usize) -> String {
    if trials == 0 {
        return "not tried".to_owned();
    }
    let exponent = f64::from(u32::try_from(trials).unwrap_or(u32::MAX)).recip();
    let percent = (1.0 - 0.05_f64.powf(exponent)) * 100.0;
    let trials = if trials == 1 { "1 trial".to_owned() } else { format!("{trials} trials") };
    format!("none lost in {trials}: at most {percent:.0} % with 95 % confidence")
}

/// A wait that ran out because a guarantee does not hold, or that was over because an app failed to start.
fn ran_out(guarantee: Guarantee, view: &View<'_>) -> Option<Judgement> {
    view.events().find_map(|(record, _, event)| match event {
        Event::WaitRanOut { wanted, last_seen, waited_ms, breaks, .. } if *breaks == Some(guarantee) => {
            Some(Judgement::violated_by(
                format!("timed out after {waited_ms} ms waiting for {wanted}; last status: {last_seen}"),
                record,
            ))
        }
        Event::DeploymentFailed { node, context, why, .. } if guarantee == Guarantee::DeployedEverywhere => {
            Some(Judgement::violated_by(format!("{node} could not start the app at {context}: {why}"), record))
        }
        _ => None,
    })
}

/// How often each way of violating a guarantee showed, and in how many sessions; what names none is of one of its own.
fn named(guarantee: Guarantee, judgement: &Judgement) -> (BTreeMap<Violation, u32>, BTreeMap<Violation, u32>) {
    let (mut times, mut sessions, mut known) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    for (violation, session) in &judgement.violations {
        let violation = violation.unwrap_or(Violation::of(guarantee));
        *times.entry(violation).or_default() += 1;
        if session.is_none() || known.insert((violation, session)) {
            *sessions.entry(violation).or_default() += 1;
        }
    }
    (times, sessions)
}

/// Why a finding adds nothing to the verdict, where it does not.
fn aside(view: &View<'_>, finding: &Finding, judgement: &Judgement) -> Option<Aside> {
    let all = |fits: &dyn Fn(Violation) -> bool| {
        // A violation without a name is none that was expected.
        !finding.violations.is_empty() && finding.violations.keys().all(|violation| fits(*violation))
    };
    let expected = |violation| expectations::is_expected(view, violation);
    if all(&expected) {
        Some(Aside::Expected)
    } else if all(&|violation| expected(violation) || is_allowed(view, violation, finding.guarantee, judgement)) {
        Some(Aside::Allowed)
    } else if finding.status == Status::Unknown && !finding.promised && judgement.status == Status::Holds {
        // What was not even tried stays unknown, promised or not.
        Some(Aside::NotPromised)
    } else if finding.status == Status::Unknown && expectations::cut_short_as_expected(view) {
        Some(Aside::CutShort)
    } else {
        None
    }
}

/// Whether the plan allows a violation, in as many sessions as showed it.
fn is_allowed(view: &View<'_>, violation: Violation, guarantee: Guarantee, judgement: &Judgement) -> bool {
    let allowed = view.plan.allow.iter().find(|allowed| allowed.violation == violation);
    allowed.is_some_and(|allowed| {
        let Some(percent) = allowed.at_most_percent else { return true };
        let showing =
            judgement.violations.iter().filter(|(way, _)| way.unwrap_or(Violation::of(guarantee)) == violation);
        // One that names no session is of a session of its own, for all that is known.
        let (named, nameless): (Vec<_>, Vec<_>) = showing.map(|(_, session)| session).partition(|it| it.is_some());
        let named: BTreeSet<&str> = named.into_iter().flatten().map(String::as_str).collect();
        let lost = named.len() + nameless.len();
        // What a client was given in the place of a lost one is not put to the test beside it.
        let all = if Guarantee::ANY_APP.contains(&guarantee) {
            let instead = |born: usize| view.requests[born].sent.is_some_and(|sent| named.contains(sent.stem()));
            let made = |born: Option<usize>| born.map(|born| view.requests[born].invoked);
            let tested = |session: &&super::app_sessions::AppSession<'_>| {
                !session.born.is_some_and(instead)
                    && (named.contains(session.stem) || view.is_before_the_last_fault(made(session.born)))
            };
            view.app_sessions(guarantee).filter(tested).count()
        } else {
            view.first_sessions()
        };
        lost * 100 <= usize::from(percent) * all
    })
}

/// Violated before unknown before holds; and nothing holds where nothing was judged.
fn overall(statuses: &[Status], assumed: &[Weighed]) -> Status {
    if statuses.contains(&Status::Violated) {
        return Status::Violated;
    }
    let all_hold = !statuses.is_empty() && statuses.iter().all(|status| *status == Status::Holds);
    if all_hold && assumed.iter().all(|weighed| weighed.assumption.met) { Status::Holds } else { Status::Unknown }
}
