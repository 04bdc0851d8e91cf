use std::time::Duration;
use integration_tests::fake::*;
use tomee_harness::spec::{ManagerKind, Topology};
use tomee_harness::verdict::Status;

async fn tell(nodes: usize, manager: ManagerKind, bug: Option<Bug>) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = camino::Utf8Path::from_path(folder.path()).expect("UTF-8");
    let mut topology = Topology::of(nodes).expect("good");
    topology.cluster.manager = manager;
    let run = FakeRun { patience: Duration::from_secs(2), ..FakeRun::new(topology, bug) };
    let begun = std::time::Instant::now();
    match run.run(path).await {
        Err(error) => format!("error {error} ({:?})", begun.elapsed()),
        Ok(ended) => {
            let mut out = format!("{:?} ({:?})", ended.verdict.status, begun.elapsed());
            for f in &ended.verdict.guarantees {
                if f.status != Status::Holds || !f.promised { out += &format!("\n     {:?} {} promised={}: {}", f.status, f.guarantee, f.promised, f.because); }
            }
            for a in &ended.verdict.assumptions { if !a.met { out += &format!("\n     not met: {}: {}", a.what, a.because); } }
            if let Some(c) = ended.cut_short { out += &format!("\n     cut short: {c}"); }
            out
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explore() {
    use Bug::*;
    let which = std::env::var("N").unwrap_or("2".into()).parse().unwrap();
    let manager = if std::env::var("B").is_ok() { ManagerKind::Backup } else { ManagerKind::Delta };
    println!("GREEN {}", tell(which, manager, None).await);
    let all = [LosesTheLastWrite, AnswersBeforeWriting, StaleReplica, PartialSession("once"), PartialSession("list"), LateMessageOfTheDead, ForgetsAtFailover(1), ForgetsAtFailover(2),
      LosesAttributeAtFailover(1,"once"), LosesAttributeAtFailover(2,"list"), NewSessionAtFailover(1), NewSessionAtFailover(2), NewStemAtFailover(1), OldRouteAtFailover(1), OldRouteAtFailover(2), CountsTwiceAtFailover(1), CountsTwiceAtFailover(2),
      BadAnswerAtFailover(1, BadAnswer::ServerError), BadAnswerAtFailover(2, BadAnswer::ServerError), BadAnswerAtFailover(1, BadAnswer::Silence), BadAnswerAtFailover(1, BadAnswer::BrokenJson), BadAnswerAtFailover(1, BadAnswer::Reset),
      NeverDeploysOnPeers, NotDistributable, OtherManagerOnOneNode, NeverMeet, OneSidedView, ForgetsMember, GhostMember, DiesSlowly, KillOnPaper, KillFails, BadProbe(1, super_bad()), BadProbe(2, integration_tests::fake::BadProbe::ServerError), BadProbe(2, integration_tests::fake::BadProbe::Garbage), BadProbe(2, integration_tests::fake::BadProbe::SessionsUnreadable),
      JoinerStaysEmpty, JoinerIsBehind, OpenEjbFails, ExitsAtStart, AddressTakenAtFirst];
    let mut tasks = vec![];
    for bug in all { tasks.push((bug, tokio::spawn(tell(which, manager, Some(bug))))); }
    for (bug, task) in tasks { println!("{bug:?}: {}", task.await.unwrap()); }
}
fn super_bad() -> integration_tests::fake::BadProbe { integration_tests::fake::BadProbe::ServerError }
