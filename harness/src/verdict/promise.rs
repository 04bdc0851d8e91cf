//! Promises: what a configuration rules out.

use crate::model::{Guarantee, Plan};

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
    guarantee.about().needs_waiting
}

/// Why a configuration does not promise a guarantee, in words; `None` where it does.
pub(super) fn not_promised_reason(guarantee: Guarantee, plan: &Plan) -> Option<String> {
    if !needs_waiting(guarantee) {
        return None;
    }
    let common = plan.topology.cluster.session_send_options();
    let each = plan.each_node().map(|(node, topology)| (node, topology.cluster.session_send_options()));
    let (node, options) = each.into_iter().find(|(_, options)| !options.waits_for_the_peer())?;
    let whose = if common == options { String::new() } else { format!(" of {node}") };
    Some(format!("send options {options}{whose} do not wait for the peer"))
}
