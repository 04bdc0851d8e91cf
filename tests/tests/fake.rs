//! The verdict on a fake cluster: red in the right way for each bug, and never red without one.

use std::collections::BTreeSet;
use std::io::BufReader;
use std::time::Duration;

use camino::Utf8Path;
use integration_tests::fake::{BadAnswer, BadProbe, Bug, FakeRun};
use rstest::rstest;
use tokio::task::JoinSet;
use tomee_harness::cluster::ClusterError;
use tomee_harness::history;
use tomee_harness::history::{FaultPhase, History, Outcome, RecordKind};
use tomee_harness::model::plan::Limits;
use tomee_harness::model::{Fault, FaultKind, Guarantee, ManagerKind, Scenario, SendOptions, Topology};
use tomee_harness::runner::{Ended, TrialError};
use tomee_harness::verdict::{self, Status, Verdict};

use Guarantee::{
    AcknowledgedWritesSurvive as Acknowledged, ClusterForms, CompleteSession, DeployedEverywhere, IdentityKept,
    ManagerAsConfigured, MembersAgree, ReplicatedWritesSurvive as Replicated, StateTransferred,
};

/// What a run must come to.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// All holds.
    Holds,
    /// All of the first are violated, and of the others at most the second (more nodes show more).
    Violated(&'static [Guarantee], &'static [Guarantee]),
    /// Nobody can know, for a reason with one of these in it.
    Unknown(&'static [&'static str]),
    /// Nobody can know, for a reason with one of these in it; or all holds, where the session was asked again and its
    /// values settled what the lost answer would have shown.
    UnknownUnlessSettled(&'static [&'static str]),
    /// It cannot be judged at all, for a reason with this in it.
    CannotRun(&'static str),
}

use Expected::{CannotRun, Holds, Unknown, UnknownUnlessSettled, Violated};

/// The limit that a bug makes run out, made short.
#[derive(Debug, Clone, Copy)]
enum RunsOut {
    Nothing,
    Start,
    Deploy,
    Request,
    Synchronise,
}

/// The answer that was to show the failover is none.
const UNUSABLE: &[&str] = &["tested nothing", "got no answer of the app"];
const SHORT: Duration = Duration::from_secs(3);
const NEVER: Duration = Duration::from_hours(1);
const MISSING: &str = "Error configuring application listener of class [a.B]: java.lang.ClassNotFoundException: a.B";
const CLUSTERS: [(usize, ManagerKind); 6] = [
    (2, ManagerKind::Delta),
    (3, ManagerKind::Delta),
    (5, ManagerKind::Delta),
    (2, ManagerKind::Backup),
    (3, ManagerKind::Backup),
    (5, ManagerKind::Backup),
];

#[rstest]
#[case::no_bug(None, Holds)]
#[case::a_slow_death_is_only_slow(Some(Bug::DiesSlowly), Holds)]
#[case::a_port_taken_at_first_is_got_round(Some(Bug::AddressTakenAtFirst), Holds)]
#[case::the_last_write_is_lost(Some(Bug::LosesTheLastWrite), Violated(&[Acknowledged], &[]))]
#[case::a_write_is_answered_before_it_is_done(Some(Bug::AnswersBeforeWriting), Violated(&[Acknowledged], &[]))]
#[case::the_replica_is_stale(Some(Bug::StaleReplica), Violated(&[Acknowledged], &[Replicated]))]
#[case::once_never_replicates(Some(Bug::PartialSession("once")), Violated(&[CompleteSession, Acknowledged], &[]))]
#[case::list_never_replicates(Some(Bug::PartialSession("list")), Violated(&[CompleteSession, Acknowledged], &[]))]
#[case::the_dead_write_late(Some(Bug::LateMessageOfTheDead), Violated(&[Acknowledged], &[Replicated]))]
#[case::the_first_failover_forgets(Some(Bug::ForgetsAtFailover(1)), Violated(&[Replicated, Acknowledged], &[]))]
#[case::the_second_failover_forgets(Some(Bug::ForgetsAtFailover(2)), Violated(&[Replicated, Acknowledged], &[]))]
#[case::once_is_lost_at_the_first_failover(
    Some(Bug::LosesAttributeAtFailover(1, "once")),
    Violated(&[CompleteSession, Replicated, Acknowledged], &[])
)]
#[case::the_list_is_lost_at_the_second_failover(
    Some(Bug::LosesAttributeAtFailover(2, "list")),
    Violated(&[CompleteSession, Replicated, Acknowledged], &[])
)]
#[case::a_new_session_at_the_first_failover(
    Some(Bug::NewSessionAtFailover(1)),
    Violated(&[IdentityKept, Replicated, Acknowledged], &[])
)]
#[case::a_new_session_at_the_second_failover(
    Some(Bug::NewSessionAtFailover(2)),
    Violated(&[IdentityKept, Replicated, Acknowledged], &[])
)]
#[case::a_new_stem_at_the_first_failover(
    Some(Bug::NewStemAtFailover(1)),
    Violated(&[IdentityKept], &[Replicated, Acknowledged])
)]
#[case::a_new_stem_at_the_second_failover(
    Some(Bug::NewStemAtFailover(2)),
    Violated(&[IdentityKept], &[Replicated, Acknowledged])
)]
#[case::the_old_route_at_the_first_failover(Some(Bug::OldRouteAtFailover(1)), Violated(&[IdentityKept], &[]))]
#[case::the_old_route_at_the_second_failover(Some(Bug::OldRouteAtFailover(2)), Violated(&[IdentityKept], &[]))]
#[case::the_first_failover_counts_twice(
    Some(Bug::CountsTwiceAtFailover(1)),
    Violated(&[Acknowledged], &[Replicated])
)]
#[case::the_second_failover_counts_twice(
    Some(Bug::CountsTwiceAtFailover(2)),
    Violated(&[Acknowledged], &[Replicated])
)]
#[case::one_node_has_another_manager(Some(Bug::OtherManagerOnOneNode), Violated(&[ManagerAsConfigured], &[]))]
#[case::a_member_is_forgotten(Some(Bug::ForgetsMember), Violated(&[MembersAgree], &[]))]
#[case::the_joiner_is_behind(Some(Bug::JoinerIsBehind), Violated(&[Replicated], &[Acknowledged]))]
#[case::http_500_at_the_first_failover(Some(bad_answer(1, BadAnswer::ServerError)), UnknownUnlessSettled(UNUSABLE))]
#[case::http_500_at_the_second_failover(Some(bad_answer(2, BadAnswer::ServerError)), UnknownUnlessSettled(UNUSABLE))]
#[case::broken_json_at_the_first_failover(Some(bad_answer(1, BadAnswer::BrokenJson)), UnknownUnlessSettled(UNUSABLE))]
#[case::broken_json_at_the_second_failover(Some(bad_answer(2, BadAnswer::BrokenJson)), UnknownUnlessSettled(UNUSABLE))]
#[case::a_reset_at_the_first_failover(Some(bad_answer(1, BadAnswer::Reset)), UnknownUnlessSettled(UNUSABLE))]
#[case::the_last_probe_answers_500(Some(bad_probe(BadProbe::ServerError)), Unknown(&["the probe of n1 returned nothing"]))]
#[case::the_last_probe_answers_garbage(Some(bad_probe(BadProbe::Garbage)), Unknown(&["the probe of n1 returned nothing"]))]
#[case::the_last_probe_cannot_read_sessions(
    Some(bad_probe(BadProbe::SessionsUnreadable)),
    Unknown(&["the probe of n1 returned nothing"])
)]
#[case::the_machine_cannot_kill(
    Some(Bug::KillFails),
    Unknown(&["the kill of n1 had no effect: n1: sending SIGKILL failed"])
)]
#[case::open_ejb_is_not_healthy(Some(Bug::OpenEjbFails), CannotRun("without a healthy OpenEJB"))]
#[case::a_node_ends_while_it_starts(
    Some(Bug::ExitsAtStart),
    CannotRun("failed while starting: ended with exit code 1")
)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_verdict_on(#[case] bug: Option<Bug>, #[case] expected: Expected) {
    on_every_cluster(bug, expected, RunsOut::Nothing).await;
}

#[rstest]
#[case::the_farm_forgets_the_peers(Bug::NeverDeploysOnPeers, Violated(&[DeployedEverywhere], &[]), RunsOut::Deploy)]
#[case::the_app_does_not_start(Bug::AppFails(MISSING), Violated(&[DeployedEverywhere], &[]), RunsOut::Nothing)]
#[case::the_app_still_starts(
    Bug::StartsTheAppSlowly(NEVER),
    Unknown(&["still starts counter.war; a longer `within`"]),
    RunsOut::Deploy
)]
#[case::nobody_meets(Bug::NeverMeet, Violated(&[ClusterForms], &[]), RunsOut::Start)]
#[case::one_node_does_not_see_another(Bug::OneSidedView, Violated(&[ClusterForms], &[]), RunsOut::Start)]
// The ghost shows while the cluster forms again, or just after it has: red either way.
#[case::a_ghost_stays(Bug::GhostMember, Violated(&[], &[ClusterForms, MembersAgree]), RunsOut::Start)]
#[case::the_app_comes_without_distributable(
    Bug::NotDistributable,
    Violated(&[ManagerAsConfigured], &[Acknowledged, Replicated, IdentityKept, StateTransferred]),
    RunsOut::Synchronise
)]
#[case::the_joiner_stays_empty(
    Bug::JoinerStaysEmpty,
    Violated(&[StateTransferred], &[]),
    RunsOut::Synchronise
)]
#[case::a_probe_dies_with_the_first_kill(
    Bug::BadProbe(1, BadProbe::ServerError),
    Unknown(&["n2 does not answer"]),
    RunsOut::Start
)]
#[case::a_killed_node_lives_on(Bug::KillOnPaper, Unknown(&["for n1 to stop answering"]), RunsOut::Request)]
#[case::silence_at_the_first_failover(
    Bug::BadAnswerAtFailover(1, BadAnswer::Silence),
    UnknownUnlessSettled(UNUSABLE),
    RunsOut::Request
)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_verdict_on_a_wait_that_runs_out_as(
    #[case] bug: Bug,
    #[case] expected: Expected,
    #[case] runs_out: RunsOut,
) {
    on_every_cluster(Some(bug), expected, runs_out).await;
}

/// The run of an app that is deployed with a limit.
async fn deployed(within: &str, bug: Bug) -> Ended {
    let text = format!("name = \"x\"\n[[step]]\ndeploy = \"counter\"\nwithin = \"{within}\"\n");
    let scenario = Scenario::parse(text.as_bytes()).expect("it is understood");
    let cell = scenario.plans(&Topology::of(2).expect("two nodes")).expect("it can be read").remove(0);
    judged(&FakeRun::of(cell.plan, Some(bug))).await.expect("it can be judged")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_has_its_time_on_each_node_and_one_that_is_not_done_is_told_what_gives_it_more() {
    // The peer begins when the watcher is done, which is behind the limit for both together.
    let slow = deployed("2s", Bug::StartsTheAppSlowly(Duration::from_millis(1200))).await;
    let served = slow.verdict.guarantees.iter().find(|finding| finding.guarantee == DeployedEverywhere);
    assert_eq!(served.map(|finding| finding.status), Some(Status::Holds), "{}", described(&slow.verdict));
    let never = deployed("300ms", Bug::StartsTheAppSlowly(NEVER)).await;
    assert_eq!(never.verdict.status, Status::Unknown, "{}", described(&never.verdict));
    let text = described(&never.verdict);
    for word in ["n1 still starts counter.war", "`within` of `deploy`", "--within beside --war"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_does_not_start_is_red_at_once_with_the_node_and_the_cause() {
    let failed = deployed("1m", Bug::AppFails(MISSING)).await;
    let finding = failed.verdict.guarantees.iter().find(|finding| finding.guarantee == DeployedEverywhere);
    let because = finding.map(|finding| finding.because.as_str()).unwrap_or_default();
    let wanted = format!("n1 could not start the app at /counter: the class a.B is missing; its log says: {MISSING}");
    assert_eq!(because.replace("n2", "n1"), wanted);
    assert!(matches!(failed.cut_short, Some(ClusterError::NotDeployed { .. })), "{:?}", failed.cut_short);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_joiner_whose_transfer_failed_is_not_waited_for_to_the_end_and_the_class_is_named() {
    let mut run = FakeRun::new(Topology::of(2).expect("two nodes"), Some(Bug::TransferFails));
    run.limits.synchronise = Duration::from_hours(1);
    let ended = judged(&run).await.expect("it can be judged");
    assert!(with(&ended.verdict, Status::Violated).contains(&StateTransferred), "{}", described(&ended.verdict));
    let text = described(&ended.verdict);
    for word in [
        "n2 logged: Cannot serialize session attribute [cart]",
        "NotSerializableException: shop.Cart",
        "n1 logged: IOException",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

fn bad_answer(kill: u32, answer: BadAnswer) -> Bug {
    Bug::BadAnswerAtFailover(kill, answer)
}

fn bad_probe(probe: BadProbe) -> Bug {
    Bug::BadProbe(2, probe)
}

async fn on_every_cluster(bug: Option<Bug>, expected: Expected, runs_out: RunsOut) {
    let mut runs = JoinSet::new();
    for (nodes, manager) in CLUSTERS {
        let mut topology = Topology::of(nodes).expect("a number of nodes that can be had");
        topology.cluster.manager = manager;
        let mut run = FakeRun::new(topology, bug);
        shorten(&mut run.limits, runs_out);
        runs.spawn(async move {
            let problem = wrong(&judged(&run).await, expected);
            problem.map(|problem| format!("{nodes} nodes, {manager}: {problem}"))
        });
    }
    let problems: Vec<String> = runs.join_all().await.into_iter().flatten().collect();
    assert!(problems.is_empty(), "{bug:?} is not judged as {expected:?}\n{}", problems.join("\n"));
}

fn shorten(limits: &mut Limits, runs_out: RunsOut) {
    match runs_out {
        RunsOut::Nothing => {}
        RunsOut::Start => limits.start = SHORT,
        RunsOut::Deploy => limits.deploy = SHORT,
        RunsOut::Request => limits.request = SHORT,
        RunsOut::Synchronise => limits.synchronise = SHORT,
    }
}

/// Runs, and judges the stored run again: the verdict must be the same.
async fn judged(run: &FakeRun) -> Result<Ended, TrialError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path in UTF-8");
    let ended = run.run(path).await?;
    let stored = fs_err::File::open(path.join("run/history.jsonl")).expect("the history is stored");
    let stored = history::read(BufReader::new(stored)).expect("the stored history can be read");
    assert_eq!(verdict::judge(&run.plan, &stored), ended.verdict, "a stored run is judged as the run itself was");
    Ok(ended)
}

/// What is not as expected; `None` where all is.
fn wrong(result: &Result<Ended, TrialError>, expected: Expected) -> Option<String> {
    let ended = match (result, expected) {
        (Err(error), CannotRun(text)) if error.to_string().contains(text) => return None,
        (Err(error), _) => return Some(format!("it could not run: {error}")),
        (Ok(ended), _) => ended,
    };
    let verdict = &ended.verdict;
    let right = match expected {
        Holds => verdict.status == Status::Holds && verdict.assumptions.iter().all(|assumption| assumption.met),
        Violated(all, more) => {
            let found = with(verdict, Status::Violated);
            let (all, more): (BTreeSet<_>, BTreeSet<_>) =
                (all.iter().copied().collect(), more.iter().copied().collect());
            verdict.status == Status::Violated
                && all.is_subset(&found)
                && found.is_subset(&all.union(&more).copied().collect())
        }
        UnknownUnlessSettled(_) if verdict.status == Status::Holds => asked_again(&ended.history),
        Unknown(texts) | UnknownUnlessSettled(texts) => {
            let unmet = verdict.assumptions.iter().filter(|assumption| !assumption.met);
            let reasons = unmet.map(|assumption| &assumption.because);
            let unknown = verdict.guarantees.iter().filter(|finding| finding.status == Status::Unknown);
            let mut reasons = reasons.chain(unknown.map(|finding| &finding.because));
            verdict.status == Status::Unknown
                && with(verdict, Status::Violated).is_empty()
                && reasons.any(|reason| texts.iter().any(|text| reason.contains(text)))
        }
        CannotRun(_) => false,
    };
    (!right).then(|| described(verdict))
}

/// Whether the session was asked once more, and answered, behind the answer that no client could use.
fn asked_again(history: &History) -> bool {
    let outcomes = history.records.iter().filter_map(|record| match &record.kind {
        RecordKind::Complete { outcome, .. } => Some(matches!(outcome, Outcome::Ok { .. })),
        _ => None,
    });
    let outcomes: Vec<bool> = outcomes.collect();
    let bad = outcomes.iter().rposition(|answered| !answered);
    bad.is_some_and(|bad| outcomes[bad..].contains(&true))
}

fn with(verdict: &Verdict, status: Status) -> BTreeSet<Guarantee> {
    verdict.guarantees.iter().filter(|finding| finding.status == status).map(|finding| finding.guarantee).collect()
}

fn described(verdict: &Verdict) -> String {
    let findings = verdict.guarantees.iter().filter(|finding| finding.status != Status::Holds);
    let findings = findings.map(|finding| format!("  {:?} {}: {}", finding.status, finding.guarantee, finding.because));
    let unmet = verdict.assumptions.iter().filter(|assumption| !assumption.met);
    let unmet = unmet.map(|assumption| format!("  not met: {}: {}", assumption.what, assumption.because));
    std::iter::once(format!("{:?}", verdict.status)).chain(findings).chain(unmet).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_good_runs_are_green() {
    const RUNS: usize = 200;
    const AT_ONCE: usize = 4;
    let run = || async {
        let topology = Topology::of(2).expect("two nodes");
        wrong(&judged(&FakeRun::new(topology, None)).await, Holds)
    };
    let mut runs = JoinSet::new();
    let mut problems = vec![];
    for begun in 0..RUNS {
        if begun >= AT_ONCE {
            problems.extend(runs.join_next().await.expect("a run is under way").expect("a run does not panic"));
        }
        runs.spawn(run());
    }
    problems.extend(runs.join_all().await.into_iter().flatten());
    assert!(problems.is_empty(), "{} of {RUNS} good runs were not green, the first:\n{}", problems.len(), problems[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_send_options_do_not_promise_is_red_where_its_loss_was_seen_and_no_pass_where_it_was_not() {
    let run = async |bug| {
        let mut topology = Topology::of(2).expect("two nodes");
        topology.cluster.send_options = SendOptions::ASYNC;
        judged(&FakeRun::new(topology, bug)).await.expect("it runs").verdict
    };
    let acknowledged = |verdict: &Verdict| {
        let finding = verdict.guarantees.iter().find(|finding| finding.guarantee == Acknowledged);
        let finding = finding.expect("every guarantee of the plan has a finding");
        (finding.status, finding.promised)
    };
    let lost = run(Some(Bug::LosesTheLastWrite)).await;
    assert_eq!(acknowledged(&lost), (Status::Violated, false), "{}", described(&lost));
    assert_eq!(lost.status, Status::Violated, "{}", described(&lost));
    let kept = run(None).await;
    assert_eq!(acknowledged(&kept), (Status::Unknown, false), "{}", described(&kept));
    assert_eq!(kept.status, Status::Holds, "{}", described(&kept));
}

/// Faults upon faults, on a cluster that does nothing wrong.
#[rstest]
#[case::cut_off_and_frozen_and_the_owner_killed(
    include_str!("../../harness/scenarios/partition/overlapping.toml"),
    Status::Holds
)]
#[case::two_are_cut_off_at_a_time(
    r#"name = "two are cut off at a time"
    [cluster]
    nodes = 4
    [[step]]
    deploy = "counter"
    [[step]]
    request = "count"
    on = "n1"
    [[step]]
    partition = "n3"
    [[step]]
    partition = "n4"
    [[step]]
    wait = "cluster-formed"
    [[step]]
    request = "count"
    on = "n1"
    times = 2
    [[step]]
    heal = "n3"
    [[step]]
    wait = "cluster-formed"
    [[step]]
    heal = "n4"
    [[step]]
    wait = "cluster-formed"
    [[step]]
    kill = "n1"
    [[step]]
    request = "count"
    on = "n2"
    expect = { count = 4, session = "kept" }"#,
    Status::Holds
)]
#[case::a_node_that_is_cut_off_is_killed_and_comes_back(
    r#"name = "a node that is cut off is killed and comes back"
    [[step]]
    deploy = "counter"
    [[step]]
    request = "count"
    on = "n1"
    [[step]]
    partition = "n2"
    [[step]]
    kill = "n2"
    [[step]]
    request = "count"
    on = "n1"
    [[step]]
    heal = "n2"
    [[step]]
    restart = "n2"
    [[step]]
    kill = "n1"
    [[step]]
    request = "count"
    on = "n2"
    expect = { count = 3, session = "kept" }"#,
    // What was written while n2 was cut off is taken over by its next life, whose answer shows all of it: the cut has ended.
    Status::Holds
)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_faults_of(#[case] scenario: &str, #[case] status: Status) {
    let scenario = Scenario::parse(scenario.as_bytes()).expect("it is understood");
    let plans = scenario.plans(&Topology::of(2).expect("two nodes")).expect("it can be read");
    // Of what a BackupManager does when nodes part, the fake knows nothing.
    for cell in plans.into_iter().filter(|cell| cell.plan.topology.cluster.manager == ManagerKind::Delta) {
        let ended = judged(&FakeRun::of(cell.plan, None)).await.expect("it runs");
        assert_eq!(ended.verdict.status, status, "{}", described(&ended.verdict));
        assert!(ended.cut_short.is_none(), "{:?}", ended.cut_short);
    }
}

/// The machine of the fake can slow nothing down; a kill in its place would be a fault that nobody asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_lacks_its_parameter_or_cannot_be_done_kills_nobody() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path in UTF-8");
    let run = FakeRun::new(Topology::of(2).expect("two nodes"), None);
    let cluster = run.cluster(path).await.expect("it starts");
    let n1 = cluster.node("n1").expect("a node");
    let missing = Fault::from(FaultKind::SlowNode).check().expect_err("it lacks its percentage");
    assert!(missing.to_string().contains("missing `percent` of `slow-node`"), "{missing}");
    let refused = n1.fault(Fault::SlowNode { percent: 0 }).await.expect_err("no processor at all");
    assert!(refused.to_string().contains("invalid `percent` of `slow-node`: 0"), "{refused}");
    let faults = || {
        cluster.recorder().history().records.into_iter().filter_map(|record| match record.kind {
            RecordKind::Fault { kind, phase, .. } => Some((kind, matches!(phase, FaultPhase::Hit { .. }))),
            _ => None,
        })
    };
    assert_eq!(faults().count(), 0, "nothing was asked of the machine");
    let lacks = n1.fault(Fault::SlowNode { percent: 10 }).await.expect_err("the fake cannot slow a node down");
    assert!(matches!(lacks, ClusterError::FaultMissed { kind: FaultKind::SlowNode, .. }), "{lacks}");
    assert!(faults().all(|(kind, hit)| kind == FaultKind::SlowNode && !hit), "{:?}", faults().collect::<Vec<_>>());
    assert!(cluster.living().contains(n1.name()), "it lives on");

    n1.fault(Fault::Kill).await.expect("the fake can kill");
    assert!(faults().any(|hit| hit == (FaultKind::Kill, true)) && !cluster.living().contains(n1.name()));
    cluster.shutdown().await.expect("it ends");
}
