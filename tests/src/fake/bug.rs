//! The bugs that can be injected, each a way in which a real cluster has been seen, or could be thought, to fail.

use std::time::Duration;

/// One thing that is wrong with a cluster. A bug at a failover names the kill behind which it strikes, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The last write before the first kill is answered, but its message reaches nobody.
    LosesTheLastWrite,
    /// The last write before the first kill is answered, but kept nowhere, not even on its own node.
    AnswersBeforeWriting,
    /// Replicas take the first two messages of a session and no more.
    StaleReplica,
    /// This attribute never replicates.
    PartialSession(&'static str),
    /// What the last node has got of sessions is not to be seen at the first three looks. Not wrong, only slow.
    CopiesComeLate,
    /// A message of the killed node is processed after the survivor's first answer, and wins over it.
    LateMessageOfTheDead,
    /// What the replica held is one count older when it is needed.
    ForgetsAtFailover(u32),
    /// The session comes back without this attribute, which the replica held.
    LosesAttributeAtFailover(u32, &'static str),
    /// The survivor makes a new session, with nothing in it.
    NewSessionAtFailover(u32),
    /// The survivor gives the session a new stem.
    NewStemAtFailover(u32),
    /// The survivor leaves the dead node's route in the id, however often it is asked.
    OldRouteAtFailover(u32),
    /// The survivor applies the first request twice.
    CountsTwiceAtFailover(u32),
    /// The survivor's first answer is none that a client can use.
    BadAnswerAtFailover(u32, BadAnswer),
    /// The farm brings the app to the watcher alone.
    NeverDeploysOnPeers,
    /// An app reaches the peers once; its next archive does not.
    NeverDeploysAgainOnPeers,
    /// The app takes so long to start on a node: on the watcher, and then on the others. Not wrong, only slow.
    StartsTheAppSlowly(Duration),
    /// The app starts on no node, for this cause.
    AppFails(&'static str),
    /// The app is deployed without `<distributable/>`, hence with a `StandardManager`.
    NotDistributable,
    /// The last node runs another clustered Manager than the one that the configuration names.
    OtherManagerOnOneNode,
    /// No node ever sees another.
    NeverMeet,
    /// The last node does not see the first, which sees it.
    OneSidedView,
    /// The last node forgets the first when the app is deployed.
    ForgetsMember,
    /// After a restart the others keep the entry of the earlier life beside the new one.
    GhostMember,
    /// The survivors evict a dead node late, and the first answer after its death is slow. Not wrong, only slow.
    DiesSlowly,
    /// The machine says that it killed the node, which lives on.
    KillOnPaper,
    /// The machine cannot kill the node, and says so.
    KillFails,
    /// The first node's probe, and only that, breaks behind this many kills.
    BadProbe(u32, BadProbe),
    /// No probe can read the first session. Not wrong, for whoever does not ask for it.
    FirstSessionUnreadable,
    /// A restarted node sees its peers and has none of their sessions.
    JoinerStaysEmpty,
    /// The same, and the logs say that its peers could not send them.
    TransferFails,
    /// A restarted node has the sessions of its peers, one count older.
    JoinerIsBehind,
    /// An app whose archive is gone stays deployed.
    UndeployDoesNotTake,
    /// The last node does not see the first any more when an app was undeployed.
    ForgetsMemberAtUndeploy,
    /// The sessions of an app that was undeployed go over to another context.
    SessionsOutliveTheirApp,
    /// A node that was killed ends at once when it is started again.
    ExitsAtRestart,
    /// TomEE starts, its OpenEJB does not.
    OpenEjbFails,
    /// The last node's JVM ends while it starts.
    ExitsAtStart,
    /// Somebody has taken the last node's port, as first reserved, when it starts. Not wrong: there are other ports.
    AddressTakenAtFirst,
}

/// An answer that no client can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadAnswer {
    /// HTTP 500.
    ServerError,
    /// Nothing, for as long as the client waits.
    Silence,
    /// HTTP 200, with JSON that breaks off.
    BrokenJson,
    /// The connection is reset when the request was read.
    Reset,
}

/// An answer of a probe that reports nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadProbe {
    /// HTTP 500.
    ServerError,
    /// HTTP 200, and no JSON.
    Garbage,
    /// Members and server are reported, the sessions cannot be read.
    SessionsUnreadable,
}
