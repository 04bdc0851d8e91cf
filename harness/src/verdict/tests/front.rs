//! Requests through a balancer in front of the nodes: which node they were for, what its clients must not see, and where a
//! session belongs.

use std::collections::BTreeMap;

use super::run::{Run, node};
use super::{holds, unknown, violated};
use crate::history::{Event, FaultPhase, Outcome, Record, RecordKind};
use crate::model::front::Sticky;
use crate::model::{Front, FrontState, Guarantee, JvmRoute, NodeName, Topology};
use crate::verdict::Status;

const ANSWERS: Guarantee = Guarantee::FrontAnswers;
const STICKS: Guarantee = Guarantee::FrontSticks;
const UP: FrontState = FrontState::Up;

fn before(front: Front, guarantee: Guarantee) -> Run {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.front = Some(Box::new(front));
    sees(Run::on(topology).start().deploy().deciding(guarantee), UP, UP)
}

fn sees(mut run: Run, n1: FrontState, n2: FrontState) -> Run {
    run.event(Event::FrontSees { nodes: BTreeMap::from([(node("n1"), n1), (node("n2"), n2)]) });
    run
}

/// All requests of a run, as if the balancer had chosen their nodes.
fn through(mut run: Run) -> Run {
    let mut asked = BTreeMap::new();
    for record in &mut run.history.records {
        match &mut record.kind {
            RecordKind::Invoke { operation, node, .. } => {
                asked.insert(*operation, std::mem::replace(node, NodeName::front()));
            }
            RecordKind::Complete {
                operation,
                outcome: Outcome::Ok { reply } | Outcome::Unknown { reply: Some(reply), .. },
            } => reply.chosen = asked.remove(operation),
            _ => {}
        }
    }
    run
}

/// The last answer was the balancer's own.
fn answered_by_the_balancer(mut run: Run, status: u16) -> Run {
    run.last_outcome(|outcome| {
        let Outcome::Ok { reply } = &*outcome else { panic!("an answer") };
        let (counter, set_cookie) = (None, vec![]);
        let reply = crate::history::Reply { status, set_cookie, counter, ..reply.clone() };
        *outcome = match status {
            503 => Outcome::Failed { why: "the front answered HTTP 503: no node took it".to_owned() },
            _ => Outcome::Unknown { why: format!("the front answered HTTP {status}"), reply: Some(reply) },
        };
    });
    run
}

#[test]
fn a_failover_through_the_front_is_judged_as_any_other() {
    let run = |run: Run| run.count("alice", "n1").count("alice", "n1").observe();
    let down = |run: Run| sees(run.kill("n1").reformed(), FrontState::Down, UP);
    let after = |run: Run| run.count("alice", "n2").count("alice", "n2").observe();
    for guarantee in [ANSWERS, STICKS, Guarantee::AcknowledgedWritesSurvive, Guarantee::IdentityKept] {
        holds(&through(after(down(run(before(Front::default(), guarantee))))), guarantee);
    }
    // What is lost is lost, whoever chose the node.
    let lost = Guarantee::AcknowledgedWritesSurvive;
    let forgot = after(down(run(before(Front::default(), lost))).forget("n2"));
    violated(&through(forgot), lost, &["alice"]);
    let other = Guarantee::SessionKept;
    violated(&through(after(down(run(before(Front::default(), other))).forget("n2"))), other, &["a new session"]);
}

#[test]
fn a_session_that_moved_on_later_was_answered_from_all_the_same() {
    let kept = Guarantee::SessionKept;
    let moved = |run: Run| run.count("alice", "n1").count("alice", "n1").count("alice", "n2").observe();
    let run = through(moved(before(Front::default(), kept)));
    assert_ne!(run.finding(kept).status, Status::Violated, "{}", run.finding(kept).because);
}

#[test]
fn a_session_that_is_sent_elsewhere_while_its_node_is_up_does_not_stick() {
    let moved = |front: Front| before(front, STICKS).count("alice", "n1").count("alice", "n2").count("alice", "n2");
    let words = ["sent #2", "to n2 though #1", "was UP there"];
    violated(&through(moved(Front::default())), STICKS, &words);
    // The cause: the balancer knows the node by another route.
    let routes = BTreeMap::from([(node("n1"), JvmRoute::new("tomcat-1").expect("a route"))]);
    let named = ["it knows n1 by the route tomcat-1, and its sessions name n1"];
    violated(&through(moved(Front { routes, ..Front::default() })), STICKS, &named);
    unknown(&through(moved(Front { sticky: Sticky::None, ..Front::default() })), STICKS, &["to the nodes in turn"]);
    // A node that itself was asked is no matter of the balancer's.
    assert_eq!(moved(Front::default()).finding(STICKS).status, Status::Unknown);
}

#[test]
fn a_session_may_be_sent_elsewhere_when_the_front_has_its_node_no_more_as_up() {
    for state in [FrontState::Down, FrontState::Maint, FrontState::Drain] {
        let run = before(Front::default(), STICKS).count("alice", "n1").count("alice", "n1");
        let early = sees(run.clone(), state, UP).count("alice", "n2").count("alice", "n2");
        holds(&through(early), STICKS);
        // It may show a little later than the balancer knew it.
        let late = sees(run.clone().count("alice", "n2"), state, UP);
        holds(&through(late), STICKS);
        let mut much_later = run.count("alice", "n2");
        much_later.wait(5000);
        violated(&through(sees(much_later, state, UP)), STICKS, &["sent #3"]);
    }
}

#[test]
fn an_error_of_the_front_is_one_while_a_node_is_up() {
    let asked = |guarantee| before(Front::default(), guarantee).count("alice", "n1").count("alice", "n1");
    holds(&through(asked(ANSWERS)), ANSWERS);
    let words = ["#2", "the front answered HTTP 504 in its place", "had it as UP, and it was running"];
    violated(&answered_by_the_balancer(through(asked(ANSWERS)), 504), ANSWERS, &words);
    violated(&answered_by_the_balancer(through(asked(ANSWERS)), 503), ANSWERS, &["#2", "no node answered"]);
    // Nobody can answer where nobody is.
    let nobody = asked(ANSWERS).kill("n1").kill("n2").count("alice", "n2");
    unknown(&answered_by_the_balancer(through(nobody), 503), ANSWERS, &["excused: no node was up"]);
    // A node that has ended, and one that is about to be there.
    let ended = asked(ANSWERS).kill("n1").count("alice", "n1");
    let words = ["HTTP 502", "had it as UP, and it had ended"];
    violated(&answered_by_the_balancer(through(ended), 502), ANSWERS, &words);
    let frozen = asked(ANSWERS).freeze("n1").count("alice", "n1");
    violated(&answered_by_the_balancer(through(frozen), 504), ANSWERS, &["and it was frozen"]);
    // One that was asked to stop, and has not ended yet.
    let stopping = asked(ANSWERS).kill("n1").count("alice", "n1");
    let mut stopping = answered_by_the_balancer(through(stopping), 502);
    let is_hit = |record: &Record| matches!(record.kind, RecordKind::Fault { phase: FaultPhase::Hit { .. }, .. });
    let hit = stopping.history.records.iter().position(is_hit).expect("a hit");
    let hit = stopping.history.records.remove(hit);
    stopping.push(hit.kind);
    violated(&stopping, ANSWERS, &["had it as UP, and it was ending"]);
}

#[test]
fn what_the_front_gave_up_on_may_have_landed_and_need_not() {
    let survive = Guarantee::AcknowledgedWritesSurvive;
    for landed in [true, false] {
        let run = before(Front::default(), survive).count("alice", "n1").observe();
        let held = run.held.clone();
        let mut run = answered_by_the_balancer(through(run.count("alice", "n1")), 504);
        if !landed {
            run.held = held;
        }
        let run = through(run.kill("n1").reformed().count("alice", "n2").observe());
        assert_ne!(run.finding(survive).status, Status::Violated, "{}", run.finding(survive).because);
    }
}
