//! What steps expect of their answers, and violations that a scenario is expected to show.

use std::collections::BTreeMap;

use super::green::{after_the_first_kill, before_the_kill, main_job, summary};
use super::run::{Run, scenario};
use crate::history::{Event, Outcome};
use crate::model::plan::AppRequest;
use crate::model::{Expect, ExpectedViolation, Guarantee, Millis, SessionFate, Violation};
use crate::verdict::{Expectation, Status};

impl Run {
    /// Lets the step that was added last expect something.
    pub(super) fn expecting(mut self, expect: Expect) -> Self {
        self.plan.steps.last_mut().expect("a step").expect = Some(expect);
        self
    }

    pub(super) fn expecting_violation(mut self, violation: Violation, at_least: u32, trials: u32) -> Self {
        self.plan.expect_violations.push(ExpectedViolation { violation, at_least, trials });
        self
    }
}

fn counts(count: i64) -> Expect {
    Expect { count: Some(count), ..Expect::default() }
}

/// The one expectation of a scenario, with the status of its verdict.
fn only(scenario: &Run) -> (Expectation, Status) {
    let verdict = scenario.judge();
    let mut all: Vec<_> = verdict.expectations.into_iter().chain(verdict.expected_violations).collect();
    assert_eq!(all.len(), 1, "{all:?}");
    (all.remove(0), verdict.status)
}

#[test]
fn an_answer_that_is_not_as_expected_breaks_the_run_though_all_guarantees_hold() {
    let verdict = main_job().judge();
    assert_eq!(verdict.status, Status::Holds);
    let scenario = before_the_kill().kill("n1").count("alice", "n2").expecting(counts(6)).observe();
    let (expectation, status) = only(&scenario);
    assert_eq!((expectation.status, status), (Status::Violated, Status::Violated));
    assert!(expectation.because.contains("#6 (alice on n2) answered count 5"), "{}", expectation.because);
    assert!(!expectation.evidence.is_empty());
}

#[test]
fn each_part_of_an_expectation_is_red_on_what_it_does_not_say() {
    let good = Expect {
        status: Some(200),
        count: Some(5),
        once: Some(true),
        list: Some(vec![0]),
        session: Some(SessionFate::Kept),
        route: Some("n2".parse().expect("a name")),
        answered: Some(true),
        first_answer_within: Some(Millis(60_000)),
        each_answer_within: Some(Millis(60_000)),
        ..Expect::default()
    };
    let scenario = || {
        before_the_kill()
            .logs("n1", "INFO", "up")
            .logs("n2", "INFO", "up")
            .kill("n1")
            .count("alice", "n2")
            .without_joiners()
    };
    let with = |expect: Expect| scenario().expecting(expect).observe();
    let verdict = with(good).judge();
    assert_eq!(verdict.status, Status::Holds, "{}: {:?}", summary(&verdict), verdict.expectations);
    assert_eq!(verdict.expectations.len(), 9);
    let bad = [
        Expect { status: Some(404), ..Expect::default() },
        counts(4),
        Expect { once: Some(false), ..Expect::default() },
        Expect { list: Some(vec![0, 1]), ..Expect::default() },
        Expect { session: Some(SessionFate::New), ..Expect::default() },
        Expect { session: Some(SessionFate::None), ..Expect::default() },
        Expect { route: Some("n1".parse().expect("a name")), ..Expect::default() },
        Expect { answered: Some(false), ..Expect::default() },
        Expect { body: "count".into(), ..Expect::default() },
        Expect { first_answer_within: Some(Millis(0)), ..Expect::default() },
        Expect { each_answer_within: Some(Millis(0)), ..Expect::default() },
        Expect { each_answer_after: Some(Millis(60_000)), ..Expect::default() },
        Expect { header: BTreeMap::from([("X-A".to_owned(), "b".to_owned())]), ..Expect::default() },
        Expect { sets_cookie: Some("other".to_owned()), ..Expect::default() },
        Expect { log: Some("never said".to_owned()), ..Expect::default() },
    ];
    for expect in bad {
        let (expectation, status) = only(&with(expect.clone()));
        assert_eq!((expectation.status, status), (Status::Violated, Status::Violated), "{expect:?}");
    }
}

#[test]
fn a_first_session_is_new_and_an_ended_one_is_none() {
    let fate = |fate| Expect { session: Some(fate), ..Expect::default() };
    let scenario = scenario().start().deploy().count("alice", "n1").expecting(fate(SessionFate::New)).observe();
    assert_eq!(only(&scenario).0.status, Status::Holds);
    let scenario = scenario.request("alice", "n1", AppRequest::Invalidate).expecting(fate(SessionFate::Kept));
    let kept = scenario.judge().expectations.pop().expect("one");
    assert_eq!(kept.status, Status::Violated, "{}", kept.because);
}

#[test]
fn silence_is_what_was_expected_or_breaks_what_was() {
    let silent = Expect { answered: Some(false), ..Expect::default() };
    let refused = || {
        let mut scenario = after_the_first_kill().count("alice", "n2");
        scenario.last_outcome(|outcome| *outcome = Outcome::Failed { why: "connection refused".to_owned() });
        scenario
    };
    assert_eq!(only(&refused().expecting(silent)).0.status, Status::Holds);
    assert_eq!(only(&refused().expecting(counts(6))).0.status, Status::Violated);
}

#[test]
fn an_expectation_of_a_step_that_never_ended_is_unknown() {
    let mut scenario = before_the_kill().count("alice", "n1").expecting(counts(5));
    scenario.history.records.retain(|record| {
        let step = u32::try_from(scenario.plan.steps.len()).expect("few");
        record.kind != crate::history::RecordKind::Event(Event::StepEnds { step })
    });
    let (expectation, status) = only(&scenario);
    assert_eq!((expectation.status, status), (Status::Unknown, Status::Unknown));
}

fn losing() -> Run {
    after_the_first_kill().answering(|answer| answer.once = None).observe()
}

#[test]
fn a_violation_that_was_expected_is_what_holds_and_only_that() {
    let verdict = losing().judge();
    assert_eq!(verdict.status, Status::Violated);
    let complete = verdict.guarantees.iter().find(|finding| finding.guarantee == Guarantee::CompleteSession);
    let violations = &complete.expect("it is judged").violations;
    assert_eq!(violations.keys().copied().collect::<Vec<_>>(), [Violation::LostFirstRequest]);

    let mut only_this = losing();
    only_this.plan.guarantees = vec![Guarantee::CompleteSession];
    let (expectation, status) = only(&only_this.expecting_violation(Violation::LostFirstRequest, 1, 1));
    assert_eq!((expectation.status, status), (Status::Holds, Status::Holds), "{}", expectation.because);

    // Another violation than the one that was to be shown is none of it.
    let mut another = losing();
    another.plan.guarantees = vec![Guarantee::CompleteSession];
    let (_, status) = only(&another.expecting_violation(Violation::LostSession, 1, 1));
    assert_eq!(status, Status::Violated);
}

#[test]
fn a_violation_that_does_not_show_fails_the_scenario() {
    let (expectation, status) = only(&main_job().expecting_violation(Violation::LostFirstRequest, 1, 1));
    assert_eq!((expectation.status, status), (Status::Violated, Status::Violated), "{}", expectation.because);
}

#[test]
fn too_few_trials_are_unknown_and_too_few_showings_a_failure() {
    let rare = |at_least, trials| {
        let mut scenario = losing();
        scenario.plan.guarantees = vec![Guarantee::CompleteSession];
        only(&scenario.expecting_violation(Violation::LostFirstRequest, at_least, trials))
    };
    assert_eq!(rare(2, 300).0.status, Status::Unknown, "one session is no 300");
    let mut none = main_job();
    none.plan.guarantees = vec![Guarantee::CompleteSession];
    let (expectation, _) = only(&none.expecting_violation(Violation::LostFirstRequest, 1, 300));
    assert_eq!(expectation.status, Status::Unknown, "{}", expectation.because);
}

#[test]
fn an_expected_violation_that_cuts_the_scenario_short_leaves_the_rest_undecided_by_right() {
    let mut scenario = scenario().start();
    scenario.plan.steps.push(crate::model::Step::new(
        "deploy",
        crate::model::StepKind::deploy(
            crate::model::plan::App::Counter,
            crate::model::ContextPath::new("/counter").expect("a path"),
        ),
    ));
    scenario.event(Event::StepBegins { step: 2, title: "deploy".to_owned() });
    scenario.event(Event::WaitRanOut {
        wanted: "n2 to serve /counter".to_owned(),
        last_seen: "n2 has no context /counter".to_owned(),
        waited_ms: 60_000,
        breaks: Some(Guarantee::DeployedEverywhere),
        went_on: false,
    });
    assert_eq!(scenario.judge().status, Status::Violated);
    let (expectation, status) = only(&scenario.clone().expecting_violation(Violation::NotDeployed, 1, 1));
    assert_eq!((expectation.status, status), (Status::Holds, Status::Holds), "{}", expectation.because);
    let (_, status) = only(&scenario.expecting_violation(Violation::LostSession, 1, 1));
    assert_eq!(status, Status::Violated);
}
