//! Properties: a cluster that does all right never breaks a guarantee, and a run that loses a write never holds.

use proptest::prelude::*;

use super::green::summary;
use super::run::{Run, scenario};
use crate::history::{Outcome, RecordKind};
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, Topology};
use crate::verdict::Status;
use crate::verdict::view::View;

#[derive(Debug, Clone)]
enum Act {
    Ask { client: usize, node: usize, request: AppRequest },
    InVain { client: usize, node: usize, landed: bool },
    Observe,
    KillAndBringBack { node: usize, between: Vec<(usize, usize)> },
}

const CLIENTS: [&str; 3] = ["alice", "bob", "carol"];
const NODES: [&str; 3] = ["n1", "n2", "n3"];

fn act() -> impl Strategy<Value = Act> {
    let request = prop_oneof![
        6 => Just(AppRequest::Count),
        2 => Just(AppRequest::Read),
        2 => Just(AppRequest::Mutate),
        1 => Just(AppRequest::ChangeId),
        1 => Just(AppRequest::Invalidate),
    ];
    prop_oneof![
        8 => (0..3_usize, 0..3_usize, request).prop_map(|(client, node, request)| Act::Ask { client, node, request }),
        1 => (0..3_usize, 0..3_usize, any::<bool>())
            .prop_map(|(client, node, landed)| Act::InVain { client, node, landed }),
        2 => Just(Act::Observe),
        2 => (0..3_usize, prop::collection::vec((0..3_usize, 0..3_usize), 0..4))
            .prop_map(|(node, between)| Act::KillAndBringBack { node, between }),
    ]
}

fn play(acts: &[Act]) -> Run {
    let scenario = Run::on(Topology::of(3).expect("three nodes")).start().deploy().observe();
    acts.iter().fold(scenario, |scenario, act| match act {
        Act::Ask { client, node, request } => scenario.request(CLIENTS[*client], NODES[*node], *request),
        Act::InVain { client, node, landed } => scenario.count_in_vain(CLIENTS[*client], NODES[*node], *landed),
        Act::Observe => scenario.observe(),
        Act::KillAndBringBack { node, between } => {
            let living: Vec<_> = (0..3).filter(|other| other != node).collect();
            let scenario = scenario.observe().kill(NODES[*node]);
            let scenario = between.iter().fold(scenario, |scenario, (client, on)| {
                scenario.count(CLIENTS[*client], NODES[living[on % living.len()]])
            });
            scenario.observe().restart(NODES[*node]).observe()
        }
    })
}

fn shows_a_count(scenario: &Run, place: usize) -> bool {
    match &scenario.history.records[place].kind {
        RecordKind::Complete { outcome: Outcome::Ok { reply }, .. } => {
            reply.counter.as_ref().is_some_and(|answer| answer.count > 0)
        }
        _ => false,
    }
}

/// What the checkers ask for by search and by sums, asked one by one.
mod one_by_one {
    use super::super::super::sessions::Session;
    use super::super::super::timeline::FOREVER;
    use super::super::super::view::View;
    use crate::history::Nanos;
    use crate::model::plan::AppRequest;

    pub(super) fn acknowledged(view: &View<'_>, session: &Session<'_>, before: Nanos) -> Vec<usize> {
        let counts = session.operations.iter().copied().filter(|index| {
            let operation = &view.operations[*index];
            operation.request == AppRequest::Count
                && operation.answer().is_some()
                && operation.completed.is_some_and(|end| end < before)
        });
        let mut counts: Vec<_> = counts.collect();
        counts.sort_by_key(|index| std::cmp::Reverse(view.operations[*index].completed));
        counts
    }

    pub(super) fn busy(view: &View<'_>, session: &Session<'_>, (from, to): (Nanos, Nanos)) -> bool {
        let mut asked = session.operations.iter().map(|index| &view.operations[*index]);
        asked.any(|operation| operation.invoked <= to && operation.completed.is_none_or(|end| from <= end))
    }

    pub(super) fn raced(view: &View<'_>, session: &Session<'_>, index: usize) -> bool {
        let operation = &view.operations[index];
        let ended = operation.completed.unwrap_or(FOREVER);
        let others = session.operations.iter().filter(|other| **other != index);
        others.map(|other| &view.operations[*other]).any(|other| {
            (other.node != operation.node || other.request == AppRequest::ChangeId)
                && other.invoked < ended
                && operation.invoked < other.acts_until
        })
    }
}

/// Lets requests and looks overlap: moves records to other instants, by turns of a few milliseconds.
fn shaken(mut scenario: Run, by: &[u64]) -> Run {
    for (record, by) in scenario.history.records.iter_mut().zip(by.iter().cycle()) {
        record.at.0 += by * 1_000_000;
    }
    scenario
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_by_search_is_what_is_found_one_by_one(
        acts in prop::collection::vec(act(), 0..25), by in prop::collection::vec(0..12_u64, 1..9),
        instants in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        let scenario = shaken(play(&acts), &by);
        let pages = std::collections::HashMap::new();
        let view = View::of(&scenario.plan, &scenario.history, &pages);
        let at = |index: &prop::sample::Index| scenario.history.records[index.index(scenario.history.records.len())].at;
        for (session, pair) in view.sessions.iter().flat_map(|session| instants.windows(2).map(move |pair| (session, pair))) {
            let span = (at(&pair[0]).min(at(&pair[1])), at(&pair[0]).max(at(&pair[1])));
            prop_assert_eq!(
                session.acknowledged_by(span.0).collect::<Vec<_>>(), one_by_one::acknowledged(&view, session, span.0)
            );
            prop_assert_eq!(session.busy(&view.operations, span.0, span.1), one_by_one::busy(&view, session, span));
        }
        for session in &view.sessions {
            for answer in &session.answers {
                prop_assert_eq!(
                    session.raced(&view.operations, *answer), one_by_one::raced(&view, session, *answer)
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_cluster_that_does_all_right_never_breaks_a_guarantee(acts in prop::collection::vec(act(), 0..25)) {
        let verdict = play(&acts).judge();
        let broken = verdict.guarantees.iter().find(|finding| finding.status == Status::Violated);
        prop_assert!(broken.is_none(), "{}", summary(&verdict));
        let about_the_cluster = &verdict.guarantees[..4];
        prop_assert!(about_the_cluster.iter().all(|finding| finding.status == Status::Holds), "{}", summary(&verdict));
    }

    #[test]
    fn a_run_that_loses_one_write_never_holds(
        before in 1..6_usize, after in 1..4_usize, lost in any::<prop::sample::Index>(), by in 1..3_i64, what in 0..4_u8,
    ) {
        let mut scenario = (0..before).fold(scenario().start().deploy(), |scenario, _| scenario.count("alice", "n1")).observe().kill("n1");
        scenario = (0..after).fold(scenario, |scenario, _| scenario.count("alice", "n2")).observe().restart("n1").observe();
        prop_assert_eq!(scenario.judge().status, Status::Holds);
        let last = before + after;
        let first = before + 1;
        let spoiled = first + lost.index(last + 1 - first);
        for record in &mut scenario.history.records {
            let RecordKind::Complete { operation, outcome: Outcome::Ok { reply } } = &mut record.kind else { continue };
            if operation.0 as usize != spoiled {
                continue;
            }
            let answer = reply.counter.as_mut().expect("the counter");
            match what {
                0 => answer.count -= by,
                1 => answer.once = None,
                2 => answer.list.clear(),
                _ => answer.session = None,
            }
        }
        let verdict = scenario.judge();
        prop_assert_eq!(verdict.status, Status::Violated, "{}", summary(&verdict));
        let survival = scenario.finding(Guarantee::AcknowledgedWritesSurvive);
        prop_assert_eq!(survival.status, Status::Violated);
        prop_assert_eq!(survival.rests_on[0].0 as usize, spoiled);
    }

    #[test]
    fn any_answer_that_shows_one_write_less_is_found(
        acts in prop::collection::vec(act(), 1..25), which in any::<prop::sample::Index>(),
    ) {
        // Without unanswered requests each answer is known exactly.
        let acts: Vec<_> = acts.into_iter().filter(|act| !matches!(act, Act::InVain { .. })).collect();
        let mut scenario = play(&acts);
        let answers: Vec<usize> = (0..scenario.history.records.len()).filter(|place| shows_a_count(&scenario, *place)).collect();
        prop_assume!(!answers.is_empty());
        let place = answers[which.index(answers.len())];
        let RecordKind::Complete { operation, outcome: Outcome::Ok { reply } } = &mut scenario.history.records[place].kind
        else { unreachable!("only answers were chosen") };
        let operation = *operation;
        reply.counter.as_mut().expect("the counter").count -= 1;
        let finding = scenario.finding(Guarantee::AcknowledgedWritesSurvive);
        prop_assert_eq!(finding.status, Status::Violated, "{}", finding.because);
        prop_assert_eq!(finding.rests_on[0], operation);
    }

    #[test]
    fn leaving_out_any_one_record_never_turns_a_lost_write_green(gone in any::<prop::sample::Index>()) {
        let mut scenario = super::green::after_the_first_kill().answering(|answer| answer.count = 4).observe();
        let place = gone.index(scenario.history.records.len());
        // Without the answer itself the loss was never shown.
        let shows_it = |kind: &RecordKind| matches!(
            kind,
            RecordKind::Complete { operation, .. } | RecordKind::Invoke { operation, .. } if operation.0 <= 6
        );
        prop_assume!(!shows_it(&scenario.history.records[place].kind));
        scenario.history.records.remove(place);
        prop_assert_ne!(scenario.judge().status, Status::Holds);
    }
}
