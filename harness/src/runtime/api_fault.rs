//! Faults of the API server that lists the nodes as pods: what it says to one node.

use std::time::Duration;

/// What the API server does to the polls of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiFault {
    /// It answers each with this status.
    Error(u16),
    /// It answers one with this status.
    ErrorOnce(u16),
    /// It answers each so much later.
    Late(Duration),
    /// It lists the peers as pods that do not run yet.
    UnreadyPods,
    /// It lists what it listed when this began.
    StalePods,
    /// It lists the peers at addresses that nobody has.
    OldAddresses,
    /// It lists a pod of another app beside them, which has none of their labels.
    ForeignPod,
}
