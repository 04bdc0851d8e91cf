//! The guarantees: what a run may promise and a verdict decides, and how each is violated.
//!
//! A guarantee is a row here, with its [`About`], and a file in `verdict/guarantees/`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known of a guarantee beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// When it holds, as the manual says it.
    pub holds_where: &'static str,
    /// What it is about.
    pub family: Family,
    /// Whether the main job decides it, and a scenario that names none, as far as its steps can show it.
    pub is_common: bool,
    /// Whether it is promised only where a request waits until the peers have processed what it wrote.
    pub needs_waiting: bool,
    /// How it is violated; the first is what it is where nothing nearer is known.
    pub violations: &'static [Violation],
}

/// What a guarantee is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The cluster.
    Cluster,
    /// Sessions, which a fault must have put to the test.
    Sessions,
    /// Sessions of any app: no counter is needed.
    AnyApp,
    /// The balancer in front.
    Front,
    /// The nodes' logs.
    Logs,
}

/// Makes [`Guarantee`] of the rows.
macro_rules! guarantees {
    ($($(#[doc = $doc:literal])+ $name:ident $about:expr;)+) => {
        /// One promise about the cluster or its sessions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Guarantee {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Guarantee {
            /// All, in the order of a run.
            pub const ALL: [Self; [$(Self::$name),+].len()] = [$(Self::$name),+];

            /// What is known of it.
            pub const fn about(self) -> &'static About {
                match self { $(Self::$name => const { &$about },)+ }
            }
        }
    };
}

/// Makes [`Violation`] of the rows.
macro_rules! violations {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {
        /// A way in which a guarantee is violated.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Violation {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Violation {
            /// All.
            pub const ALL: [Self; [$(Self::$name),+].len()] = [$(Self::$name),+];
        }
    };
}

guarantees! {
    /// Every node is ready and sees every other.
    ClusterForms About {
        holds_where: "every node is ready and sees every other",
        family: Family::Cluster,
        is_common: true,
        needs_waiting: false,
        violations: &[Violation::ClusterDoesNotForm],
    };
    /// Every node serves the app.
    DeployedEverywhere About {
        holds_where: "every node serves each app, from the bytes that were dropped",
        family: Family::Cluster,
        is_common: true,
        needs_waiting: false,
        violations: &[Violation::NotDeployed, Violation::OtherBytes],
    };
    /// Each context of the app runs the Manager that the configuration names.
    ManagerAsConfigured About {
        holds_where: "each context runs the Manager that the configuration names",
        family: Family::Cluster,
        is_common: true,
        needs_waiting: false,
        violations: &[Violation::WrongManager],
    };
    /// Whenever the cluster is whole, all nodes list the same members, without ghosts.
    MembersAgree About {
        holds_where: "all nodes list the same members, without ghosts",
        family: Family::Cluster,
        is_common: true,
        needs_waiting: false,
        violations: &[Violation::MembersDisagree, Violation::GhostMember],
    };
    /// A restarted node takes over the sessions of its peers: joined is not synchronised.
    StateTransferred About {
        holds_where: "a restarted node takes over its peers' sessions",
        family: Family::Sessions,
        is_common: true,
        needs_waiting: false,
        violations: &[Violation::StateNotTransferred],
    };
    /// What a replica held before the fault is there after it.
    ReplicatedWritesSurvive About {
        holds_where: "what a replica was seen to hold is there after the fault",
        family: Family::Sessions,
        is_common: true,
        needs_waiting: false,
        violations: &[Violation::LostReplicatedWrite, Violation::LostSession, Violation::DoubledWrite],
    };
    /// What the client got an answer for before the fault is there after it.
    /// An HTTP 200 is not the replication's acknowledgement, hence two guarantees.
    AcknowledgedWritesSurvive About {
        holds_where: "what the client got an answer for is there after the fault, what it ended stays ended, and the sides \
         of a partition are one session again",
        family: Family::Sessions,
        is_common: true,
        needs_waiting: true,
        violations: &[Violation::LostWrite, Violation::LostFirstRequest, Violation::LostSession, Violation::DoubledWrite, Violation::RisenSession, Violation::ForkedSession, Violation::StaleReplica],
    };
    /// No attribute without its companion: what one request wrote is there as a whole.
    CompleteSession About {
        holds_where: "what one request wrote is there as a whole",
        family: Family::Sessions,
        is_common: true,
        needs_waiting: true,
        violations: &[Violation::PartialSession, Violation::LostFirstRequest],
    };
    /// The id keeps its stem and takes the route of the node that answers.
    IdentityKept About {
        holds_where: "the id keeps its stem and takes the route of the node that answers",
        family: Family::Sessions,
        is_common: true,
        needs_waiting: true,
        violations: &[Violation::WrongIdentity, Violation::LostSession],
    };
    /// While the peer is silent a write waits for it where the send options say so, and does not where they do not: one
    /// request distinguishes synchronous from asynchronous replication.
    ReplicationWaits About {
        holds_where: "the first write after a `pause` or a partition of a peer waits for it (4 s or more; less than 1 s is \
         no wait, and what is between may be the machine's doing) where the send options wait, and does not \
         where they do not",
        family: Family::Sessions,
        is_common: false,
        needs_waiting: false,
        violations: &[Violation::ReplicationDoesNotWait, Violation::NeedlessWait],
    };
    /// What was acknowledged shows in the next answer of any node, without a fault between.
    NoStaleRead About {
        holds_where: "the next answer of any node shows what was acknowledged, as long as nothing was broken between",
        family: Family::Sessions,
        is_common: false,
        needs_waiting: true,
        violations: &[Violation::StaleRead],
    };
    /// No node holds a session that no client was given, nor more sessions than clients made.
    NoPhantomSession About {
        holds_where: "no node holds a session that no client was given, nor more sessions than clients made",
        family: Family::Sessions,
        is_common: false,
        needs_waiting: false,
        violations: &[Violation::PhantomSession],
    };
    /// A session ends so long after its last use as it says: neither before, nor much later.
    Expiry About {
        holds_where: "a session that `short-live` made short-lived ends 5 s after its last use, not before; a copy whose \
         owner died after twice the time with DeltaManager; both plus what the background thread takes to \
         notice",
        family: Family::Sessions,
        is_common: false,
        needs_waiting: false,
        violations: &[Violation::ExpiredEarly, Violation::ExpiredLate],
    };
    /// A client that sends the id of a live session is answered out of it, whichever app it is.
    SessionKept About {
        holds_where: "a client that sends the id of a live session of any app is answered out of it, and out of nobody \
         else's; its cookie can be sent back",
        family: Family::AnyApp,
        is_common: false,
        needs_waiting: true,
        violations: &[Violation::LostSession, Violation::ForeignSession],
    };
    /// Each copy that is due holds the owner's attributes, by name and by value, whichever app they are of.
    AttributesReplicated About {
        holds_where: "while nobody asks for a session, each copy that is due holds the owner's attributes by name and \
         value; what cannot be serialised is named",
        family: Family::AnyApp,
        is_common: false,
        needs_waiting: false,
        violations: &[Violation::StaleReplica],
    };
    /// After a fault or a move the node that answers holds the attributes that were last seen, whichever app they are of.
    AttributesSurvive About {
        holds_where: "after a fault or a move the node that answers holds the attributes that the owner had shown",
        family: Family::AnyApp,
        is_common: false,
        needs_waiting: true,
        violations: &[Violation::LostAttribute, Violation::LostSession],
    };
    /// A request that was answered with success before a fault is so after it.
    AnswersKept About {
        holds_where: "a request that was answered with 2xx or 304 before a fault is so after it, on a node that serves the \
         app; a form that was answered with a redirect is not refused with 401, 403 or 5xx; and a page lacks no word, \
         behind a fault or a move, that the node goes on to show other clients",
        family: Family::AnyApp,
        is_common: false,
        needs_waiting: false,
        violations: &[Violation::AnswerLost],
    };
    /// Each request to the front is answered by a node.
    FrontAnswers About {
        holds_where: "each request to the front, as long as a node is up, is answered by a node: the counter with 200, any \
         other app with less than 500",
        family: Family::Front,
        is_common: false,
        needs_waiting: false,
        violations: &[Violation::FrontError],
    };
    /// The front sends a session to the node that answered it last, as long as it has that node as UP.
    FrontSticks About {
        holds_where: "the front sends a session to the node that answered it last, as long as it has that node as UP",
        family: Family::Front,
        is_common: false,
        needs_waiting: false,
        violations: &[Violation::NotSticky],
    };
    /// No node logs a WARNING or SEVERE that is not known to be harmless.
    CleanLogs About {
        holds_where: "no node logs a WARNING or SEVERE that is not known to be harmless where it stands",
        family: Family::Logs,
        is_common: false,
        needs_waiting: false,
        violations: &[Violation::DirtyLog],
    };
}

kebab!(Guarantee);

violations! {
    /// Nodes do not see each other.
    ClusterDoesNotForm;
    /// A node does not serve the app.
    NotDeployed;
    /// A node serves other bytes than were dropped.
    OtherBytes;
    /// A context runs another Manager than the configuration names.
    WrongManager;
    /// The nodes list different members.
    MembersDisagree;
    /// A node lists a member that does not live.
    GhostMember;
    /// A restarted node lacks sessions of its peers.
    StateNotTransferred;
    /// What a replica was seen to hold is gone.
    LostReplicatedWrite;
    /// What the client got an answer for is gone.
    LostWrite;
    /// What the first request of a session wrote is gone, and later writes are there.
    LostFirstRequest;
    /// A whole session is gone.
    LostSession;
    /// An increment was applied twice.
    DoubledWrite;
    /// A session that was ended is back.
    RisenSession;
    /// Both sides of a partition wrote to a session, and the two are not one again.
    ForkedSession;
    /// A session without one of the attributes that were written together.
    PartialSession;
    /// The id lost its stem, or does not have the route of the node that answered.
    WrongIdentity;
    /// A write was answered although the peer that it had to wait for was silent.
    ReplicationDoesNotWait;
    /// A write waited for a silent peer although the send options wait for nobody.
    NeedlessWait;
    /// An answer does not show what had been acknowledged, without a fault between.
    StaleRead;
    /// A copy lacks what had been acknowledged, and was not seen to catch up.
    StaleReplica;
    /// A node holds a session that no client was given.
    PhantomSession;
    /// A session ended before its time.
    ExpiredEarly;
    /// A session was there long after its time.
    ExpiredLate;
    /// An attribute of a session is gone, or has an older value.
    LostAttribute;
    /// A request that was answered with success before a fault is not so after it.
    AnswerLost;
    /// A client was given the session of another one.
    ForeignSession;
    /// A request to the front was answered by the balancer itself, with an error, or by nobody.
    FrontError;
    /// The front sent a session to another node than before, though it had that one as UP.
    NotSticky;
    /// A node logged what is not known to be harmless.
    DirtyLog;
}

kebab!(Violation);

/// As many as the array holds, of those that fit.
const fn fitting<const N: usize>(any_app: bool) -> [Guarantee; N] {
    let mut found = [Guarantee::ALL[0]; N];
    let (mut next, mut filled) = (0, 0);
    while next < Guarantee::ALL.len() {
        let about = Guarantee::ALL[next].about();
        let fits = if any_app { matches!(about.family, Family::AnyApp) } else { about.is_common };
        if fits {
            found[filled] = Guarantee::ALL[next];
            filled += 1;
        }
        next += 1;
    }
    assert!(filled == N, "the array is as long as there are some");
    found
}

impl Guarantee {
    /// Those that the main job decides, and a scenario that names none, as far as its steps can show them.
    ///
    /// Such a scenario decides [`Self::ANY_APP`], and whose routes ids have, as well where it deploys a WAR of the user's and asks
    /// any app after a fault;
    /// all others are decided where a scenario names them.
    pub const COMMON: [Self; 9] = fitting(false);

    /// Those that need no counter: they are decided for sessions of any app.
    pub const ANY_APP: [Self; 4] = fitting(true);

    /// Those of losses: what is seen of these is reported though nobody asked for it, in this order. Of the counter app
    /// the first three show it, of every other app the last four.
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
        matches!(self.about().family, Family::Sessions | Family::AnyApp)
    }

    /// Whether only the counter app shows it: nobody knows what another app writes.
    pub fn needs_the_counter(self) -> bool {
        matches!(
            self,
            Self::ReplicatedWritesSurvive
                | Self::AcknowledgedWritesSurvive
                | Self::CompleteSession
                | Self::ReplicationWaits
                | Self::NoStaleRead
                | Self::Expiry
        )
    }
}

impl Violation {
    /// How a guarantee is violated where nothing nearer is known.
    pub fn of(guarantee: Guarantee) -> Self {
        guarantee.about().violations[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_guarantee_can_be_violated_and_each_violation_is_of_some_guarantee() {
        assert!(Guarantee::ALL.iter().all(|guarantee| !guarantee.about().violations.is_empty()));
        for violation in Violation::ALL {
            let of = Guarantee::ALL.iter().any(|guarantee| guarantee.about().violations.contains(&violation));
            assert!(of, "{violation}");
        }
    }
}
