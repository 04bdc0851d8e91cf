//! The judge: guarantees, promises and assumptions weighed into a verdict.

use std::collections::BTreeMap;

use super::assumptions::{Weighed, assumptions};
use super::finding::{Finding, Status, Verdict};
use super::guarantees::{self, Judgement};
use super::view::View;
use super::{expectations, measures, notes, promise, thresholds};
use crate::history::{Event, History};
use crate::spec::{Guarantee, Plan, Violation};

/// Judges a run.
///
/// A guarantee is violated where a record proves it, unknown where an assumption that it rests on is not met or where
/// too little was tried, and holds only where the run could have shown the contrary.
pub fn judge(plan: &Plan, history: &History) -> Verdict {
    let view = View::of(plan, history);
    // All go through the whole history, which may be long.
    let (assumed, guarantees, measures, notes) = std::thread::scope(|scope| {
        let others = scope.spawn(|| (measures::measure(&view), notes::notes(&view)));
        let assumed = assumptions(&view);
        let guarantees: Vec<_> = plan.guarantees.iter().map(|it| finding(*it, &view, &assumed)).collect();
        let (measures, notes) = others.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (assumed, guarantees, measures, notes)
    });
    let mut expectations = expectations::expectations(&view);
    expectations.extend(thresholds::thresholds(&view, &measures));
    let expected_violations = expectations::expected_violations(&view, &guarantees);
    let mut told: Vec<Status> = guarantees.iter().filter_map(|finding| counts(&view, finding)).collect();
    told.extend(expectations.iter().chain(&expected_violations).map(|expectation| expectation.status));
    let status = overall(&told, &assumed);
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

fn finding(guarantee: Guarantee, view: &View<'_>, assumed: &[Weighed]) -> Finding {
    let judgement = ran_out(guarantee, view).unwrap_or_else(|| guarantees::of(guarantee, view));
    let unmet = assumed.iter().find(|weighed| {
        let counts = match judgement.status {
            Status::Violated => weighed.founds_all,
            Status::Holds | Status::Unknown => true,
        };
        counts && !weighed.assumption.met && weighed.concerns(guarantee)
    });
    let told = match &judgement.unpromised {
        Some(why) => format!("{}; not promised: {why}", judgement.because),
        None => judgement.because.clone(),
    };
    let (status, because) = match (judgement.status, unmet) {
        (Status::Violated, Some(unmet)) => {
            let why = format!("not met: {} ({})", unmet.assumption.what, unmet.assumption.because);
            (Status::Unknown, format!("{why}; otherwise violated: {told}"))
        }
        (Status::Holds, Some(unmet)) => {
            (Status::Unknown, format!("not met: {} ({})", unmet.assumption.what, unmet.assumption.because))
        }
        (status, _) => (status, told),
    };
    Finding {
        guarantee,
        promised: promise::void(guarantee, view.plan, &view.timeline).is_none() && judgement.unpromised.is_none(),
        violations: if status == Status::Violated { named(guarantee, &judgement) } else { BTreeMap::new() },
        status,
        because,
        rests_on: judgement.rests_on,
        evidence: judgement.evidence,
    }
}

/// A wait that ran out because a guarantee does not hold.
fn ran_out(guarantee: Guarantee, view: &View<'_>) -> Option<Judgement> {
    view.events().find_map(|(record, _, event)| match event {
        Event::WaitRanOut { wanted, last_seen, waited_ms, breaks } if *breaks == Some(guarantee) => {
            Some(Judgement::violated_by(format!("waited {waited_ms} ms for {wanted}; last seen: {last_seen}"), record))
        }
        _ => None,
    })
}

/// How often each way of violating a guarantee showed.
fn named(guarantee: Guarantee, judgement: &Judgement) -> BTreeMap<Violation, u32> {
    let mut times = BTreeMap::new();
    for violation in &judgement.violations {
        *times.entry(violation.unwrap_or(Violation::of(guarantee))).or_default() += 1;
    }
    times
}

/// What a finding adds to the verdict; `None` where it adds nothing: it is not promised, or it is violated just as the
/// story was told to show, or what was to be shown has cut the story short.
fn counts(view: &View<'_>, finding: &Finding) -> Option<Status> {
    let expected = |violation: &Violation| expectations::is_expected(view, *violation);
    match finding.status {
        _ if !finding.promised => None,
        // A violation without a name is none that was expected.
        Status::Violated if !finding.violations.is_empty() && finding.violations.keys().all(expected) => None,
        Status::Unknown if expectations::cut_short_as_expected(view) => None,
        status => Some(status),
    }
}

/// Violated before unknown before holds; and nothing holds where nothing was told.
fn overall(told: &[Status], assumed: &[Weighed]) -> Status {
    if told.contains(&Status::Violated) {
        return Status::Violated;
    }
    let all_hold = !told.is_empty() && told.iter().all(|status| *status == Status::Holds);
    if all_hold && assumed.iter().all(|weighed| weighed.assumption.met) { Status::Holds } else { Status::Unknown }
}
