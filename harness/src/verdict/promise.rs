//! Promises: what a configuration promises at all, and when so much was broken at once that the promise was void.

use std::collections::BTreeSet;

use super::timeline::Timeline;
use crate::history::Nanos;
use crate::spec::{Guarantee, ManagerKind, NodeName, Plan, Topology};

/// The guarantees that a configuration promises.
///
/// Where the owner's request does not wait until its peers have processed what it wrote, an answered write, the
/// attributes of a first request and a whole new session may each be lost with the node (of 300 new sessions 49 to 61
/// lost their first attributes on the peer with `channelSendOptions="8"`). What a replica was seen to hold is promised
/// always, and that a write waits for a silent peer just where the options say so. (With `8` an older message may come
/// after a newer one and undo it: so it was with 7 to 17 of 300 sessions, but with none of 7,000 between two looks.) So
/// are the sessions of a joiner's peers: `DeltaManager.sendSessions` sends state with `6`, whatever the options are, and
/// `BackupManager` gives a joiner each session as owner's copy or as proxy.
pub fn promises(plan: &Plan) -> Vec<Guarantee> {
    let waits = plan.waits_for_the_peer();
    Guarantee::ALL.into_iter().filter(|guarantee| waits || !needs_waiting(*guarantee)).collect()
}

fn needs_waiting(guarantee: Guarantee) -> bool {
    match guarantee {
        Guarantee::AcknowledgedWritesSurvive
        | Guarantee::CompleteSession
        | Guarantee::IdentityKept
        | Guarantee::NoStaleRead => true,
        Guarantee::ClusterForms
        | Guarantee::DeployedEverywhere
        | Guarantee::ManagerAsConfigured
        | Guarantee::MembersAgree
        | Guarantee::StateTransferred
        | Guarantee::ReplicatedWritesSurvive
        | Guarantee::ReplicationWaits
        | Guarantee::NoPhantomSession
        | Guarantee::Expiry
        | Guarantee::CleanLogs => false,
    }
}

/// Why a guarantee is not promised here, in words; `None` where it is.
pub(super) fn void(guarantee: Guarantee, plan: &Plan, timeline: &Timeline<'_>) -> Option<String> {
    let topology = &plan.topology;
    if !needs_waiting(guarantee) {
        return None;
    }
    let hasty = plan.each_node().map(|(node, topology)| (node, topology.cluster.session_send_options()));
    if let Some((node, options)) = hasty.into_iter().find(|(_, options)| !options.waits_for_the_peer()) {
        let whose =
            if topology.cluster.session_send_options() == options { String::new() } else { format!(" of {node}") };
        return Some(format!("send options {options}{whose} do not wait for the peer"));
    }
    let at = match topology.cluster.manager {
        ManagerKind::Delta => all_broken(topology, timeline),
        ManagerKind::Backup => two_broken(timeline).or_else(|| all_broken(topology, timeline)),
    };
    at.map(|at| format!("no copy was left at {at}"))
}

/// When the last node went that held what its peers held.
fn all_broken(topology: &Topology, timeline: &Timeline<'_>) -> Option<Nanos> {
    let mut ends = broken(timeline);
    ends.sort_unstable();
    let left = |at: Nanos| topology.names().any(|node| timeline.settled(node, at, at));
    ends.into_iter().map(|(at, _)| at).find(|at| !left(*at))
}

/// When a second node went before the cluster had formed anew: both copies of a session may have been on these two.
fn two_broken(timeline: &Timeline<'_>) -> Option<Nanos> {
    let mut gone: BTreeSet<&NodeName> = BTreeSet::new();
    let mut ends = broken(timeline);
    ends.sort_unstable();
    let mut since = Nanos::default();
    for (at, node) in ends {
        if timeline.whole.iter().any(|whole| since < whole.from && whole.from < at) {
            gone.clear();
        }
        since = at;
        gone.insert(node);
        if gone.len() > 1 {
            return Some(at);
        }
    }
    None
}

fn broken<'a>(timeline: &Timeline<'a>) -> Vec<(Nanos, &'a NodeName)> {
    let gone = timeline.faults.iter().filter(|fault| !fault.kind.leaves_it_up());
    let hit = gone.filter_map(|fault| Some((fault.hit()?, fault.node)));
    hit.chain(timeline.deaths.iter().map(|(at, node, ..)| (*at, *node))).collect()
}
