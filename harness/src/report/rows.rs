//! What a verdict decided, as one list for all reports: guarantees, expectations, expected violations; and what stands
//! beside it.

use serde::Serialize;

use crate::history::OperationId;
use crate::verdict::{Aside, Expectation, Status, Verdict};

/// One thing that was decided, or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row<'a> {
    /// The guarantee, `expected: …` or `expected violation: …`.
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// Why it does not count; `None` where it does.
    pub aside: Option<&'static str>,
    /// One sentence that says why it stands so, with values.
    pub because: &'a str,
    /// The operations it rests on.
    pub rests_on: &'a [OperationId],
    /// The records it rests on, as indexes into the history.
    pub evidence: &'a [usize],
}

impl Row<'_> {
    /// How it counts for the run; `None` where it does not.
    pub fn counts(&self) -> Option<Status> {
        self.aside.is_none().then_some(self.status)
    }

    /// Why it stands so, behind why it does not count.
    pub fn reason(&self) -> String {
        self.aside.map_or_else(|| self.because.to_owned(), |aside| format!("{aside}, observed: {}", self.because))
    }
}

/// All of a verdict, in its order.
pub fn rows(verdict: &Verdict) -> Vec<Row<'_>> {
    let guarantees = verdict.guarantees.iter().map(|finding| Row {
        name: finding.guarantee.to_string(),
        status: finding.status,
        aside: finding.aside.map(Aside::label),
        because: &finding.because,
        rests_on: &finding.rests_on,
        evidence: &finding.evidence,
    });
    let expected = |prefix: &'static str| {
        move |expectation: &'_ Expectation| -> (String, Status) {
            (format!("{prefix}: {}", expectation.what), expectation.status)
        }
    };
    let (steps, shown) = (expected("expected"), expected("expected violation"));
    let expectations = verdict.expectations.iter().map(|it| (steps(it), it));
    let expectations = expectations.chain(verdict.expected_violations.iter().map(|it| (shown(it), it)));
    let expectations = expectations.map(|((name, status), it)| Row {
        name,
        status,
        aside: None,
        because: &it.because,
        rests_on: &it.rests_on,
        evidence: &it.evidence,
    });
    guarantees.chain(expectations).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::violated;
    use super::*;
    use crate::model::Violation;

    #[test]
    fn a_violation_counts_unless_the_judge_has_set_it_aside() {
        let (mut summary, _) = violated();
        let verdict = &mut summary.verdict;
        let of = |verdict: &Verdict| rows(verdict).iter().map(Row::counts).collect::<Vec<_>>();
        let (holds, violated, unknown) = (Some(Status::Holds), Some(Status::Violated), Some(Status::Unknown));
        assert_eq!(of(verdict), [holds, unknown, violated, None], "the last one is not promised");

        let lost = Violation::of(verdict.guarantees[2].guarantee);
        verdict.guarantees[2].aside = Some(Aside::Expected);
        let because = "it showed".to_owned();
        let (rests_on, evidence) = (vec![], vec![1]);
        let shown = Expectation { what: lost.to_string(), status: Status::Holds, because, rests_on, evidence };
        verdict.expected_violations = vec![shown];
        assert_eq!(of(verdict), [holds, unknown, None, None, holds]);
        assert_eq!(rows(verdict)[4].name, format!("expected violation: {lost}"));

        verdict.guarantees[2].aside = None;
        assert_eq!(of(verdict)[2], violated, "another way of violating it was not expected");
    }
}
