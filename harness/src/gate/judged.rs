//! From a run's verdict to its line of the gate.

use super::choice::{Choice, Role};
use super::measures::measured;
use super::problems::{logged, problems};
use super::result::{RunResult, Tested};
use crate::config::own;
use crate::history::{History, Outcome, RecordKind};
use crate::model::{Guarantee, deploy_job};
use crate::verdict::{Aside, Finding, Status, Verdict};

/// What a run showed. `cut_short` is why it ended early, where it did.
pub fn judged(
    choice: &Choice,
    (verdict, history): (&Verdict, &History),
    cut_short: Option<&str>,
    run_dir: String,
) -> RunResult {
    // What a run shows because it was made to says nothing of the configuration.
    let says = |finding: &&Finding| matches!(finding.aside, None | Some(Aside::NotPromised));
    let findings = verdict.guarantees.iter().filter(says);
    let tested: Vec<Tested> = findings.map(|finding| tested(choice, finding)).collect();
    let status = match verdict.status {
        Status::Holds if tested.iter().any(|one| one.counts && one.status == Status::Unknown) => Status::Unknown,
        // What began nowhere is no control.
        Status::Violated if choice.role == Role::Control && cut_short.is_some() => Status::Unknown,
        status => status,
    };
    let because = match (choice.role, status) {
        (_, Status::Holds) => None,
        // A control run that ended early lost nothing and kept nothing.
        (Role::Control, _) if cut_short.is_some() => cut_short.map(str::to_owned),
        (Role::Control, _) if !gives_a_session(history) => {
            Some("no client was given a session, so none could be lost".to_owned())
        }
        (Role::Control, _) => Some(not_lost(verdict)),
        // What ended a run early is why nothing was decided.
        (_, Status::Unknown) if cut_short.is_some() => cut_short.map(str::to_owned),
        _ if tested.iter().any(|one| one.counts && one.status == status) => None,
        _ => undecided(verdict),
    };
    RunResult {
        name: choice.name.to_owned(),
        reason: choice.reason.clone(),
        role: choice.role,
        status,
        because,
        tested: if choice.role == Role::Control { vec![] } else { tested },
        logged: if status == Status::Holds { vec![] } else { logged(history) },
        problems: problems(history),
        measured: measured(verdict, &choice.plan),
        run_dir,
    }
}

fn tested(choice: &Choice, finding: &Finding) -> Tested {
    let plan = &choice.plan;
    let replaced = plan.topology.own.as_ref().and_then(|own| own.replaced.first());
    let rests_on_it = matches!(finding.guarantee, Guarantee::ClusterForms | Guarantee::MembersAgree);
    let is_waiting = finding.guarantee == Guarantee::ReplicationWaits;
    let tested = Tested {
        guarantee: finding.guarantee.to_string(),
        // Where nobody waits as nobody claims to, the guarantee is kept and worth nothing.
        promised: finding.promised && (!is_waiting || plan.waits_for_the_peer()),
        status: finding.status,
        counts: finding.aside.is_none(),
        because: finding.because.clone(),
    };
    let of_the_app = deploy_job::OF_ANY_APP.contains(&finding.guarantee)
        && !matches!(
            finding.guarantee,
            Guarantee::ClusterForms
                | Guarantee::MembersAgree
                | Guarantee::DeployedEverywhere
                | Guarantee::ManagerAsConfigured
        );
    let files = plan.topology.own.as_ref();
    let absent = files.and_then(|own| own.absent.iter().find(|entry| !own.mistaken.contains(entry)));
    let absent = absent.filter(|_| rests_on_it);
    let absent = absent.map(|entry| format!("the Member {entry}, which is no node's Receiver"));
    let route = files.and_then(|own| own.routes_given.iter().next());
    let route = route.filter(|_| finding.guarantee == Guarantee::IdentityKept);
    let route =
        route.map(|(node, placeholder)| format!("a route that {node} was given: {}", own::not_said(placeholder)));
    let replaced = replaced.filter(|_| rests_on_it).map(|what| format!("{what}, which was replaced"));
    let what = choice.rests_on.clone().filter(|_| of_the_app).or(absent).or(route).or(replaced);
    match what.filter(|_| finding.status == Status::Holds) {
        Some(what) => {
            let because = format!("it rests on {what}: {}", finding.because);
            Tested { status: Status::Unknown, because, ..tested }
        }
        None => tested,
    }
}

/// Whether any answer gave a client a session.
fn gives_a_session(history: &History) -> bool {
    history.records.iter().any(|record| match &record.kind {
        RecordKind::Complete { outcome: Outcome::Ok { reply }, .. } => {
            !reply.set_cookie.is_empty() || reply.counter.as_ref().is_some_and(|counter| counter.session.is_some())
        }
        _ => false,
    })
}

/// Why a control run proves nothing.
fn not_lost(verdict: &Verdict) -> String {
    let expected = verdict.expected_violations.iter().find(|expected| expected.status != Status::Holds);
    let why = expected.map(|expected| expected.because.clone()).or_else(|| undecided(verdict));
    match expected.map(|expected| expected.status) {
        Some(Status::Violated) => format!(
            "the session survived without <Cluster>, so its survival proves nothing: {}",
            why.unwrap_or_default()
        ),
        _ => format!("whether the session is lost without <Cluster> was not decided: {}", why.unwrap_or_default()),
    }
}

fn undecided(verdict: &Verdict) -> Option<String> {
    let expectations = verdict.expectations.iter().chain(&verdict.expected_violations);
    let open =
        expectations.filter(|one| one.status != Status::Holds).map(|one| format!("{}: {}", one.what, one.because));
    let unmet = verdict.assumptions.iter().filter(|one| !one.met).map(|one| format!("{}: {}", one.what, one.because));
    open.chain(unmet).next()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::choice::choose;
    use super::*;
    use crate::model::{NodeName, OwnConfiguration, Topology};
    use crate::verdict::judge;

    #[test]
    fn what_rests_on_a_member_that_is_nobody_or_on_a_given_route_is_unknown() {
        let status = |guarantee, own: OwnConfiguration| {
            let mut topology = Topology::of(2).expect("two nodes");
            let choices = choose(&topology, &[], None).expect("runs");
            let mut choice = choices.into_iter().next().expect("a run");
            topology.own = Some(Box::new(own));
            choice.plan.topology = topology;
            let finding = Finding {
                guarantee,
                promised: true,
                aside: None,
                status: Status::Holds,
                because: "it held".to_owned(),
                violations: BTreeMap::new(),
                sessions: BTreeMap::new(),
                rests_on: vec![],
                evidence: vec![],
            };
            let tested = tested(&choice, &finding);
            (tested.status, tested.because)
        };
        let absent = || OwnConfiguration { absent: vec!["10.0.0.2:4110".to_owned()], ..OwnConfiguration::default() };
        let (formed, because) = status(Guarantee::ClusterForms, absent());
        assert_eq!(formed, Status::Unknown);
        assert_eq!(because, "it rests on the Member 10.0.0.2:4110, which is no node's Receiver: it held");
        // A node under a port that is not its own is not reached anywhere.
        let mistaken = OwnConfiguration { mistaken: vec!["10.0.0.2:4110".to_owned()], ..absent() };
        assert_eq!(status(Guarantee::ClusterForms, mistaken).0, Status::Holds);
        let given = || OwnConfiguration {
            routes_given: [(NodeName::nth(0), "${shop.rote}".to_owned())].into(),
            ..OwnConfiguration::default()
        };
        let (kept, because) = status(Guarantee::IdentityKept, given());
        assert_eq!(kept, Status::Unknown);
        assert_eq!(
            because,
            "it rests on a route that n1 was given: nothing says what ${shop.rote} is (`-D shop.rote={node}` would): it held"
        );
        // Near misses: what does not rest on it.
        assert_eq!(status(Guarantee::IdentityKept, absent()).0, Status::Holds);
        assert_eq!(status(Guarantee::ClusterForms, given()).0, Status::Holds);
        assert_eq!(status(Guarantee::IdentityKept, OwnConfiguration::default()).0, Status::Holds);
    }

    #[test]
    fn a_control_run_that_was_cut_short_is_not_said_to_have_kept_the_session() {
        let topology = Topology::of(2).expect("two nodes");
        let choices = choose(&topology, &[], None).expect("runs");
        let control = choices.iter().find(|choice| choice.role == Role::Control).expect("a control run");
        let history = History::default();
        let verdict = judge(&control.plan, &history);
        let of = |cut_short| judged(control, (&verdict, &history), cut_short, String::new());
        let cut = of(Some("10s were over"));
        assert_eq!((cut.because.as_deref(), cut.status), (Some("10s were over"), Status::Unknown));
        // Whatever else is not decided has its own reason: here nobody was given a session.
        assert_eq!(of(None).because.as_deref(), Some("no client was given a session, so none could be lost"));
        let red = Verdict { status: Status::Violated, ..verdict };
        let never_began = judged(control, (&red, &history), Some("n1 did not start"), String::new());
        assert_eq!(never_began.status, Status::Unknown);
    }
}
