//! Clusters that do not form, apps that do not arrive, Managers and members that are not those configured.

use rstest::rstest;

use super::green::{after_the_first_kill, before_the_kill, main_job};
use super::run::{Run, context, node, scenario};
use super::{holds, unknown, violated};
use crate::history::{Event, MemberState, NodeState, RecordKind};
use crate::model::{Guarantee, StepKind};
use crate::verdict::Status;

fn event(kind: &RecordKind) -> Option<&Event> {
    match kind {
        RecordKind::Event(event) => Some(event),
        _ => None,
    }
}

/// A run that ends in a wait that ran out.
fn ran_out(mut scenario: Run, kind: StepKind, breaks: Option<Guarantee>) -> Run {
    scenario.plan.steps.push(crate::model::Step::new("a wait", kind));
    let step = u32::try_from(scenario.plan.steps.len()).expect("few");
    scenario.event(Event::StepBegins { step, title: "a wait".to_owned() });
    scenario.event(Event::WaitRanOut {
        wanted: "something".to_owned(),
        last_seen: "n1 sees nobody".to_owned(),
        waited_ms: 60_000,
        breaks,
        went_on: false,
    });
    scenario
}

#[rstest]
#[case(Guarantee::ClusterForms, StepKind::Start)]
#[case(Guarantee::DeployedEverywhere, StepKind::deploy(crate::model::plan::App::Counter, context()))]
#[case(Guarantee::MembersAgree, StepKind::restart(node("n1")))]
fn a_wait_that_a_guarantee_explains_breaks_it(#[case] guarantee: Guarantee, #[case] kind: StepKind) {
    let scenario = ran_out(scenario(), kind, Some(guarantee));
    violated(&scenario, guarantee, &["timed out after 60000 ms waiting for something; last status: n1 sees nobody"]);
}

#[test]
fn an_app_that_does_not_start_breaks_what_it_was_to_show_and_nothing_else() {
    let mut scenario = ran_out(scenario(), StepKind::deploy(crate::model::plan::App::Counter, context()), None);
    scenario.history.records.retain(|record| !matches!(event(&record.kind), Some(Event::WaitRanOut { .. })));
    let (node, why) = (node("n2"), "its log says: no".to_owned());
    scenario.event(Event::DeploymentFailed { node, context: context(), why, waited_ms: 7 });
    let words = ["n2 could not start the app at /counter: its log says: no"];
    violated(&scenario, Guarantee::DeployedEverywhere, &words);
    assert_eq!(scenario.finding(Guarantee::MembersAgree).status, Status::Unknown);
}

#[test]
fn a_node_that_serves_other_bytes_than_were_dropped_is_reported() {
    let scenario = super::green::main_job();
    assert!(scenario.finding(Guarantee::DeployedEverywhere).because.contains("the same bytes"));
    let other = scenario.seeing("n1", |state| state.contexts[0].war_sha256 = Some("cd".to_owned()));
    let words = ["n1 served /counter from a WAR with SHA-256 cd", "where ab had been dropped"];
    let finding = super::violated(&other, Guarantee::DeployedEverywhere, &words);
    assert_eq!(finding.violations.get(&crate::model::Violation::OtherBytes), Some(&1));
    let without_bytes = super::green::main_job();
    let without_bytes = without_bytes.seeing("n1", |state| state.contexts[0].war_sha256 = None);
    super::holds(&without_bytes, Guarantee::DeployedEverywhere);
}

#[test]
fn a_wait_that_nothing_explains_leaves_all_open() {
    let scenario = ran_out(main_job(), StepKind::restart(node("n2")), None);
    for guarantee in Guarantee::COMMON {
        unknown(&scenario, guarantee, &["n"]);
    }
    assert!(scenario.judge().assumptions.iter().any(|assumed| !assumed.met && assumed.what == "no wait timed out"));
}

#[test]
fn an_app_on_one_node_only_is_not_deployed_everywhere() {
    let unseen = before_the_kill()
        .without(|kind| matches!(event(kind), Some(Event::Deployed { node, .. }) if node.as_str() == "n2"));
    unknown(&unseen, Guarantee::DeployedEverywhere, &["n2 was not seen to serve /counter"]);
    let vanished = before_the_kill().seeing("n2", |state| state.contexts.clear());
    violated(&vanished, Guarantee::DeployedEverywhere, &["n2 did not serve /counter"]);
    let stopped = before_the_kill().seeing("n2", |state| state.contexts[0].available = false);
    violated(&stopped, Guarantee::DeployedEverywhere, &["n2 did not serve /counter"]);
}

#[test]
fn what_was_deployed_before_the_last_drop_does_not_count() {
    let mut scenario = before_the_kill();
    let sha256 = "cd".to_owned();
    scenario.event(Event::WarDropped {
        node: node("n1"),
        alone: false,
        context: context(),
        sha256,
        served_sha256: None,
    });
    unknown(&scenario, Guarantee::DeployedEverywhere, &["after the WAR was dropped"]);
}

#[test]
fn a_look_that_did_not_ask_for_the_app_says_nothing_of_it() {
    let mut scenario = main_job();
    for record in &mut scenario.history.records {
        if let RecordKind::Observe(look) = &mut record.kind
            && look.node.as_str() == "n2"
        {
            look.question = crate::history::Question::Members;
            if let crate::history::Seen::State(state) = &mut look.seen {
                state.contexts.clear();
            }
        }
    }
    holds(&scenario, Guarantee::DeployedEverywhere);
}

#[test]
fn a_cluster_that_was_never_seen_to_form_is_open() {
    let scenario = before_the_kill().without(|kind| matches!(event(kind), Some(Event::ClusterFormed { .. })));
    unknown(&scenario, Guarantee::ClusterForms, &["never seen to form"]);
    unknown(&scenario, Guarantee::MembersAgree, &["never seen whole"]);
}

#[test]
fn a_cluster_that_formed_without_one_is_open() {
    let mut scenario = before_the_kill();
    for record in &mut scenario.history.records {
        if let RecordKind::Event(Event::ClusterFormed { nodes }) = &mut record.kind {
            nodes.retain(|node| node.as_str() != "n2");
        }
    }
    let finding = scenario.finding(Guarantee::ClusterForms);
    assert_eq!(finding.status, Status::Unknown);
    assert!(finding.because.contains("n2 was not among the nodes"), "{}", finding.because);
}

#[test]
fn a_node_that_does_not_come_back_into_the_cluster_leaves_it_open() {
    let mut scenario = main_job();
    let second = scenario
        .history
        .records
        .iter()
        .rposition(|record| matches!(event(&record.kind), Some(Event::ClusterFormed { .. })));
    scenario.history.records.remove(second.expect("it formed twice"));
    unknown(&scenario, Guarantee::ClusterForms, &["n1 was not seen to join the cluster after it came back"]);
}

#[test]
fn a_node_that_dies_before_the_cluster_forms_breaks_it() {
    let mut scenario = scenario();
    scenario.event(Event::NodeStarts { node: node("n1") });
    scenario.event(Event::NodeDied { node: node("n1"), why: "exit status 1".to_owned() });
    violated(&scenario, Guarantee::ClusterForms, &["n1 ended at", "before the cluster had formed: exit status 1"]);
}

#[test]
fn a_node_that_dies_later_leaves_all_open() {
    let mut scenario = main_job();
    scenario.event(Event::NodeDied { node: node("n1"), why: "killed by signal 9".to_owned() });
    for guarantee in Guarantee::COMMON {
        unknown(&scenario, guarantee, &["n1 ended at", "killed by signal 9"]);
    }
}

#[test]
fn a_server_without_its_openejb_is_not_ready() {
    let scenario = before_the_kill().seeing("n2", |state| state.openejb = Some(false));
    violated(&scenario, Guarantee::ClusterForms, &["n2 was ready, but its OpenEJB was not healthy"]);
}

#[test]
fn a_standard_manager_says_why() {
    let standard = |state: &mut NodeState| {
        state.contexts[0].manager.class = "org.apache.catalina.session.StandardManager".to_owned();
        state.contexts[0].distributable = false;
    };
    let words = ["n2 runs /counter with org.apache.catalina.session.StandardManager", "not distributable"];
    violated(&before_the_kill().seeing("n2", standard), Guarantee::ManagerAsConfigured, &words);
}

#[test]
fn another_clustered_manager_than_the_configured_one_is_wrong() {
    let scenario = before_the_kill().seeing("n1", |state| {
        state.contexts[0].manager.class = "org.apache.catalina.ha.session.BackupManager".to_owned();
    });
    violated(
        &scenario,
        Guarantee::ManagerAsConfigured,
        &["n1", "BackupManager", "expected org.apache.catalina.ha.session.DeltaManager"],
    );
}

#[test]
fn a_manager_that_nobody_saw_is_open_in_each_life() {
    let scenario = before_the_kill().blind("n2");
    unknown(&scenario, Guarantee::ManagerAsConfigured, &["the Manager on n2 was not seen in its life"]);
    let mut scenario = main_job();
    let formed = scenario
        .history
        .records
        .iter()
        .rposition(|record| matches!(event(&record.kind), Some(Event::ClusterFormed { .. })));
    let formed = formed.expect("it formed");
    let mut place = 0;
    scenario.history.records.retain(|record| {
        place += 1;
        place < formed || !matches!(&record.kind, RecordKind::Observe(look) if look.node.as_str() == "n1")
    });
    unknown(&scenario, Guarantee::ManagerAsConfigured, &["the Manager on n1 was not seen in its life"]);
}

fn member(port: u16) -> MemberState {
    MemberState { host: "{127, 0, 0, 1}".to_owned(), port, unique_id: None }
}

#[rstest]
#[case::ghost(vec![member(4001), member(4001)], "n1 listed n2 2 times: a ghost")]
#[case::nobody(vec![], "n1 did not list n2")]
#[case::stranger(vec![member(4001), member(4999)], "n1 listed {127, 0, 0, 1}:4999, which is not a node")]
#[case::itself(vec![member(4000), member(4001)], "n1 still listed n1, which was not there")]
fn members_that_do_not_agree_break_it(#[case] members: Vec<MemberState>, #[case] words: &str) {
    let scenario = before_the_kill().seeing("n1", |state| state.members = members);
    violated(&scenario, Guarantee::MembersAgree, &[words]);
}

#[test]
fn a_dead_member_is_wrong_once_the_cluster_has_formed_without_it() {
    let scenario = after_the_first_kill().reformed().observe().seeing("n2", |state| state.members = vec![member(4000)]);
    violated(&scenario, Guarantee::MembersAgree, &["n2 still listed n1, which was not there"]);
}

#[test]
fn members_without_addresses_or_looks_are_open() {
    let scenario = main_job().without(|kind| matches!(event(kind), Some(Event::Addressed { .. })));
    unknown(&scenario, Guarantee::MembersAgree, &["does not contain the nodes' addresses"]);
    unknown(&before_the_kill().blind("n1"), Guarantee::MembersAgree, &["n1 was not asked for its members"]);
}
