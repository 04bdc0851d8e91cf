//! The guarantees: what a run may promise and a verdict decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One promise about the cluster or its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Guarantee {
    /// Every node is ready and sees every other.
    ClusterForms,
    /// Every node serves the app.
    DeployedEverywhere,
    /// Each context of the app runs the Manager that the configuration names.
    ManagerAsConfigured,
    /// Whenever the cluster is whole, all nodes list the same members, without ghosts.
    MembersAgree,
    /// A restarted node takes over the sessions of its peers: joined is not synchronised.
    StateTransferred,
    /// What a replica held before the fault is there after it.
    ReplicatedWritesSurvive,
    /// What the client got an answer for before the fault is there after it.
    /// An HTTP 200 is not the replication's acknowledgement, hence two guarantees.
    AcknowledgedWritesSurvive,
    /// No attribute without its companion: what one request wrote is there as a whole.
    CompleteSession,
    /// The id keeps its stem and takes the route of the node that answers.
    IdentityKept,
    /// While the peer is silent a write waits for it where the send options say so, and does not where they do not: one
    /// request tells synchronous replication from asynchronous.
    ReplicationWaits,
    /// What was acknowledged shows in the next answer of any node, without a fault between.
    NoStaleRead,
    /// No node holds a session that no client was given, nor more sessions than clients made.
    NoPhantomSession,
    /// A session ends so long after its last use as it says: neither before, nor much later.
    Expiry,
    /// A client that sends the id of a live session is answered out of it, whichever app it is.
    SessionKept,
    /// Each copy that is due holds the owner's attributes, by name and by value, whichever app they are of.
    AttributesReplicated,
    /// After a fault or a move the node that answers holds the attributes that were last seen, whichever app they are of.
    AttributesSurvive,
    /// A request that was answered with success before a fault is so after it.
    AnswersKept,
    /// No node logs a WARNING or SEVERE that is not known to be harmless.
    CleanLogs,
}

impl Guarantee {
    /// All, in the order of a run.
    pub const ALL: [Self; 18] = [
        Self::ClusterForms,
        Self::DeployedEverywhere,
        Self::ManagerAsConfigured,
        Self::MembersAgree,
        Self::StateTransferred,
        Self::ReplicatedWritesSurvive,
        Self::AcknowledgedWritesSurvive,
        Self::CompleteSession,
        Self::IdentityKept,
        Self::ReplicationWaits,
        Self::NoStaleRead,
        Self::NoPhantomSession,
        Self::Expiry,
        Self::SessionKept,
        Self::AttributesReplicated,
        Self::AttributesSurvive,
        Self::AnswersKept,
        Self::CleanLogs,
    ];

    /// Those that the main job decides, and a scenario that names none, as far as its steps can show them.
    ///
    /// Such a scenario decides [`Self::ANY_APP`] as well where it deploys a WAR of the user's and asks any app after a fault;
    /// all others are decided where a scenario names them.
    pub const COMMON: [Self; 9] = [
        Self::ClusterForms,
        Self::DeployedEverywhere,
        Self::ManagerAsConfigured,
        Self::MembersAgree,
        Self::StateTransferred,
        Self::ReplicatedWritesSurvive,
        Self::AcknowledgedWritesSurvive,
        Self::CompleteSession,
        Self::IdentityKept,
    ];

    /// Those that need no counter: they are decided for sessions of any app.
    pub const ANY_APP: [Self; 4] =
        [Self::SessionKept, Self::AttributesReplicated, Self::AttributesSurvive, Self::AnswersKept];

    /// Those that tell of losses: what is seen of these is told though nobody asked for it. Of the counter app the first
    /// three tell, of every other app the last four.
    pub const LOSSES: [Self; 7] = [
        Self::AcknowledgedWritesSurvive,
        Self::ReplicatedWritesSurvive,
        Self::CompleteSession,
        Self::SessionKept,
        Self::AttributesSurvive,
        Self::AttributesReplicated,
        Self::AnswersKept,
    ];

    /// Whether it is about sessions, which a fault must have put to the test.
    pub fn is_about_sessions(self) -> bool {
        matches!(
            self,
            Self::StateTransferred
                | Self::ReplicatedWritesSurvive
                | Self::AcknowledgedWritesSurvive
                | Self::CompleteSession
                | Self::IdentityKept
                | Self::ReplicationWaits
                | Self::NoStaleRead
                | Self::NoPhantomSession
                | Self::Expiry
                | Self::SessionKept
                | Self::AttributesReplicated
                | Self::AttributesSurvive
                | Self::AnswersKept
        )
    }
}

kebab!(Guarantee);
