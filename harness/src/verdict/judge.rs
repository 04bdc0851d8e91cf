//! The judge: guarantees, promises and assumptions weighed into a verdict.

use super::assumptions::{Weighed, assumptions};
use super::finding::{Finding, Status, Verdict};
use super::guarantees::{self, Judgement};
use super::view::View;
use super::{measures, notes, promise};
use crate::history::{Event, History};
use crate::spec::{Guarantee, Plan};

/// Judges a run.
///
/// A guarantee is violated where a record proves it, unknown where an assumption that it rests on is not met or where
/// too little was tried, and holds only where the run could have shown the contrary.
pub fn judge(plan: &Plan, history: &History) -> Verdict {
    let view = View::of(plan, history);
    let assumed = assumptions(&view);
    let guarantees: Vec<_> = plan.guarantees.iter().map(|guarantee| finding(*guarantee, &view, &assumed)).collect();
    let status = overall(&guarantees, &assumed);
    Verdict {
        format: 1,
        status,
        measures: measures::measure(&view),
        notes: notes::notes(&view),
        guarantees,
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
    let (status, because) = match (judgement.status, unmet) {
        (Status::Violated, Some(unmet)) => {
            let why = format!("not met: {} ({})", unmet.assumption.what, unmet.assumption.because);
            (Status::Unknown, format!("{why}; otherwise violated: {}", judgement.because))
        }
        (Status::Holds, Some(unmet)) => {
            (Status::Unknown, format!("not met: {} ({})", unmet.assumption.what, unmet.assumption.because))
        }
        (status, _) => (status, judgement.because),
    };
    Finding {
        guarantee,
        promised: promise::void(guarantee, &view.plan.topology, &view.timeline).is_none(),
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

fn overall(guarantees: &[Finding], assumed: &[Weighed]) -> Status {
    let promised = || guarantees.iter().filter(|finding| finding.promised);
    if promised().any(|finding| finding.status == Status::Violated) {
        return Status::Violated;
    }
    let all_hold = promised().count() > 0 && promised().all(|finding| finding.status == Status::Holds);
    if all_hold && assumed.iter().all(|weighed| weighed.assumption.met) { Status::Holds } else { Status::Unknown }
}
