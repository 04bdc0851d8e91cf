//! The bugs that can be planted: each in one session of many, at a random time.

use fastrand::Rng;
use tomee_harness::model::{ManagerKind, SendOptions};

/// One thing that is wrong with the servers, or with what was recorded of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum BugKind {
    // The first request behind the death of the owner.
    LastWriteLost,
    ThreeWritesLost,
    CountStartsAgain,
    SessionReplaced,
    SessionGone,
    OnceLost,
    OnceChanged,
    ListLost,
    ListOther,
    WriteDoubled,
    CrossTalk,
    OtherClientsSession,
    StemChanged,
    RouteKept,
    CookieNotSet,
    CookieOfAnotherId,
    CookieForAnotherPath,
    TakenForNew,
    WrongNodeNamed,
    // The same where something else has happened before, or only the second time.
    LostAtSecondFailover,
    LostBehindUnansweredWrite,
    GoneBehindUnansweredEnd,
    LostBehindHeal,
    LostInOneOfTwenty,
    LostUnderTraffic,
    // Without a fault.
    LostWithoutFault,
    ReplacedWithoutFault,
    StaleOnMove,
    UpdateLost,
    EndIgnored,
    EndNotReplicated,
    // Between the nodes.
    ReplicaBehindForEver,
    DeltaOutOfOrder,
    NoReplicationOfSession,
    CreationWithoutOnce,
    CreationWithoutList,
    JoinerLacksSession,
    JoinerBehind,
    RelocatedBackupMissing,
    // In what was recorded.
    CookieNotSent,
    DeadNodeAnswers,
    KillWithoutDeath,
    CrashTakenForKill,
    StepDidNothing,
    FaultStepDidNothing,
    WarBytesUntold,
    DeadNodeSeen,
    // Of the cluster, as looks show it.
    OtherManager,
    OtherBytes,
    MemberForgotten,
    GhostMember,
    OtherSendOptions,
}

impl BugKind {
    /// All.
    pub const ALL: [Self; 52] = [
        Self::LastWriteLost,
        Self::ThreeWritesLost,
        Self::CountStartsAgain,
        Self::SessionReplaced,
        Self::SessionGone,
        Self::OnceLost,
        Self::OnceChanged,
        Self::ListLost,
        Self::ListOther,
        Self::WriteDoubled,
        Self::CrossTalk,
        Self::OtherClientsSession,
        Self::StemChanged,
        Self::RouteKept,
        Self::CookieNotSet,
        Self::CookieOfAnotherId,
        Self::CookieForAnotherPath,
        Self::TakenForNew,
        Self::WrongNodeNamed,
        Self::LostAtSecondFailover,
        Self::LostBehindUnansweredWrite,
        Self::GoneBehindUnansweredEnd,
        Self::LostBehindHeal,
        Self::LostInOneOfTwenty,
        Self::LostUnderTraffic,
        Self::LostWithoutFault,
        Self::ReplacedWithoutFault,
        Self::StaleOnMove,
        Self::UpdateLost,
        Self::EndIgnored,
        Self::EndNotReplicated,
        Self::ReplicaBehindForEver,
        Self::DeltaOutOfOrder,
        Self::NoReplicationOfSession,
        Self::CreationWithoutOnce,
        Self::CreationWithoutList,
        Self::JoinerLacksSession,
        Self::JoinerBehind,
        Self::RelocatedBackupMissing,
        Self::CookieNotSent,
        Self::DeadNodeAnswers,
        Self::KillWithoutDeath,
        Self::CrashTakenForKill,
        Self::StepDidNothing,
        Self::FaultStepDidNothing,
        Self::WarBytesUntold,
        Self::DeadNodeSeen,
        Self::OtherManager,
        Self::OtherBytes,
        Self::MemberForgotten,
        Self::GhostMember,
        Self::OtherSendOptions,
    ];

    /// How many nodes it needs, where that matters.
    pub(super) fn nodes(self) -> Option<usize> {
        match self {
            Self::RelocatedBackupMissing => Some(3),
            _ => None,
        }
    }

    pub(super) fn manager(self) -> Option<ManagerKind> {
        match self {
            Self::RelocatedBackupMissing => Some(ManagerKind::Backup),
            Self::ReplicaBehindForEver
            | Self::DeltaOutOfOrder
            | Self::NoReplicationOfSession
            | Self::CreationWithoutOnce
            | Self::CreationWithoutList
            | Self::JoinerLacksSession
            | Self::JoinerBehind
            | Self::EndNotReplicated
            | Self::StaleOnMove => Some(ManagerKind::Delta),
            _ => None,
        }
    }

    pub(super) fn send_options(self) -> Option<SendOptions> {
        match self {
            Self::DeltaOutOfOrder => Some(SendOptions::ASYNC),
            Self::NoReplicationOfSession | Self::StaleOnMove | Self::EndNotReplicated => Some(SendOptions::SYNC_ACK),
            _ => None,
        }
    }

    /// Whether it shows where nothing is known of the app: in the ids that clients have, in what looks show, or in what was
    /// recorded. All others show in what the counter's pages say of its counts. What does not arrive may be late where nobody
    /// waits for it.
    pub(super) fn shows_in_any_app(self, waits: bool) -> bool {
        let between_nodes = matches!(
            self,
            Self::ReplicaBehindForEver
                | Self::NoReplicationOfSession
                | Self::CreationWithoutOnce
                | Self::CreationWithoutList
                | Self::JoinerLacksSession
                | Self::JoinerBehind
                | Self::RelocatedBackupMissing
        );
        (waits && between_nodes)
            || matches!(
                self,
                Self::SessionReplaced
                    | Self::OtherClientsSession
                    | Self::CookieOfAnotherId
                    | Self::CookieForAnotherPath
                    | Self::DeadNodeAnswers
                    | Self::KillWithoutDeath
                    | Self::CrashTakenForKill
                    | Self::StepDidNothing
                    | Self::FaultStepDidNothing
                    | Self::WarBytesUntold
                    | Self::DeadNodeSeen
                    | Self::OtherManager
                    | Self::OtherBytes
                    | Self::MemberForgotten
                    | Self::GhostMember
                    | Self::OtherSendOptions
            )
    }

    /// Whether it strikes at the first request behind the death of the owner.
    pub(super) fn strikes_at_failover(self) -> bool {
        self <= Self::LostUnderTraffic
    }
}

/// A bug with its place.
#[derive(Debug, Clone)]
pub(super) struct Planted {
    pub(super) kind: BugKind,
    /// The session, by the order of creation, once it is known.
    pub(super) victim: Option<usize>,
    /// The chance that it strikes where it can.
    pub(super) share: f64,
    /// At which of its failovers.
    pub(super) nth: usize,
    /// From which count on.
    pub(super) from: i64,
    /// The node, once it is known.
    pub(super) node: Option<usize>,
    pub(super) struck: bool,
    /// What shows, where the ledger does not say it.
    pub(super) shown: Option<String>,
}

impl Planted {
    pub(super) fn random(rng: &mut Rng) -> Self {
        let kind = BugKind::ALL[rng.usize(..BugKind::ALL.len())];
        let nth = match kind {
            BugKind::LostAtSecondFailover => 2,
            _ => [1, 1, 1, 2][rng.usize(..4)],
        };
        // A bug that strikes at a request takes whichever session comes; one in a message needs its session from the start.
        let fixed = !kind.strikes_at_failover() && kind > BugKind::EndIgnored || kind == BugKind::EndNotReplicated;
        let victim = fixed.then(|| [0, 0, 1, 1, 2][rng.usize(..5)]);
        let share = if kind == BugKind::LostInOneOfTwenty { 0.1 } else { 0.6 };
        Self { kind, victim, share, nth, from: rng.i64(1..4), node: None, struck: false, shown: None }
    }
}
