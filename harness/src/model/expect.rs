//! Expectations: what a step's answers must look like, and which violation a scenario is told to show.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Guarantee, Millis, NodeName};

/// What the last answer of each client of a step must look like. What is not said may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the counter app counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Whether the attribute of the session's first request is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub once: Option<bool>,
    /// The list that is changed in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Vec<i64>>,
    /// What became of the session that the client's cookie named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionFate>,
    /// The node in the route of the session id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<NodeName>,
    /// A text that the body contains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Whether there is an answer at all: `false` where a node is to be silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<bool>,
    /// Headers that the answer has, each with a text that its value contains. Not of the counter app.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, String>,
    /// A cookie that the answer sets, by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sets_cookie: Option<String>,
    /// From the step's begin to its first answer, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_answer_within: Option<Millis>,
    /// How long each answer of the step takes, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each_answer_within: Option<Millis>,
    /// How long each answer of the step takes, at least: where a request is to wait for a peer that does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each_answer_after: Option<Millis>,
    /// What a node is for the session, of a `look`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica: Option<ReplicaFate>,
    /// Attributes of the session with their values, of a `look`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, serde_json::Value>,
    /// The nodes on which the app's listener is told that the session is created, and no other, in the whole run; of the
    /// app `listener`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Vec<NodeName>>,
    /// The same of the session's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroyed: Option<Vec<NodeName>>,
    /// A text that a line of some node's log contains, from the step's begin to the run's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// A text that no line of any node's log contains, from the step's begin to the run's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_log: Option<String>,
}

impl Expect {
    /// Whether it asks for what only the counter app answers.
    pub fn is_about_the_counter(&self) -> bool {
        self.count.is_some() || self.once.is_some() || self.list.is_some()
    }

    /// Whether it asks for what only an answer has.
    pub fn is_about_an_answer(&self) -> bool {
        let answer = Self {
            count: None,
            once: None,
            list: None,
            replica: None,
            attributes: BTreeMap::new(),
            ..self.only_answers()
        };
        answer != Self::default()
    }

    /// Whether it asks for anything but lines of logs.
    pub fn is_about_more_than_logs(&self) -> bool {
        self.only_answers() != Self::default()
    }

    /// Whether it asks for what the listener of an app is told.
    pub fn is_about_a_listener(&self) -> bool {
        self.created.is_some() || self.destroyed.is_some()
    }

    /// The texts that it looks for in logs.
    pub fn log_texts(&self) -> impl Iterator<Item = &String> {
        self.log.iter().chain(&self.no_log)
    }

    fn only_answers(&self) -> Self {
        Self { log: None, no_log: None, ..self.clone() }
    }
}

/// What a node is for a session, as a look at it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicaFate {
    /// It does not know it.
    None,
    /// It holds it, as whatever.
    Held,
    /// It is its owner.
    Primary,
    /// It has a copy (`DeltaManager`).
    Replica,
    /// It has the copy (`BackupManager`).
    Backup,
    /// It knows where it is and holds nothing (`BackupManager`).
    Proxy,
}

kebab!(ReplicaFate);

/// What each measure of a run may be at most. What is not said may take any time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AtMost {
    /// The first right answer after each fault that ends or freezes a node, from its request on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_answer: Option<Millis>,
    /// From the drop of the WAR to the last node that serves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub farm: Option<Millis>,
    /// From the start of the first node until all are ready and see each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Millis>,
    /// What 99 of 100 answers take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_p99: Option<Millis>,
    /// From the answer that acknowledges a write to its being in another node's replica, as far as looks tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication_lag: Option<Millis>,
    /// From the start of a node that comes back until it holds its peers' sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_transfer: Option<Millis>,
    /// From the hit of a fault until a survivor logs that a member has disappeared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eviction: Option<Millis>,
}

impl AtMost {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is said, as a person reads it.
    pub fn told(&self) -> Vec<String> {
        let all = [
            (self.first_answer, "the first answer after a fault"),
            (self.farm, "the farm"),
            (self.start, "the start"),
            (self.latency_p99, "99 of 100 answers"),
            (self.replication_lag, "the replication lag"),
            (self.state_transfer, "a state transfer"),
            (self.eviction, "an eviction"),
        ];
        all.into_iter().filter_map(|(limit, what)| Some(format!("{what} {}", limit?))).collect()
    }
}

/// What became of a session, as an answer shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SessionFate {
    /// The answer comes out of the session that was asked for.
    Kept,
    /// The answer comes out of another, new one.
    New,
    /// There is none.
    None,
}

kebab!(SessionFate);

/// A way in which a guarantee is violated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Violation {
    /// Nodes do not see each other.
    ClusterDoesNotForm,
    /// A node does not serve the app.
    NotDeployed,
    /// A node serves other bytes than were dropped.
    OtherBytes,
    /// A context runs another Manager than the configuration names.
    WrongManager,
    /// The nodes list different members.
    MembersDisagree,
    /// A node lists a member that does not live.
    GhostMember,
    /// A restarted node lacks sessions of its peers.
    StateNotTransferred,
    /// What a replica was seen to hold is gone.
    LostReplicatedWrite,
    /// What the client got an answer for is gone.
    LostWrite,
    /// What the first request of a session wrote is gone, and later writes are there.
    LostFirstRequest,
    /// A whole session is gone.
    LostSession,
    /// An increment was applied twice.
    DoubledWrite,
    /// A session that was ended is back.
    RisenSession,
    /// Both sides of a partition wrote to a session, and the two are not one again.
    ForkedSession,
    /// A session without one of the attributes that were written together.
    PartialSession,
    /// The id lost its stem, or does not have the route of the node that answered.
    WrongIdentity,
    /// A write was answered although the peer that it had to wait for was silent.
    ReplicationDoesNotWait,
    /// A write waited for a silent peer although the send options wait for nobody.
    NeedlessWait,
    /// An answer does not show what had been acknowledged, without a fault between.
    StaleRead,
    /// A copy lacks what had been acknowledged, and was not seen to catch up.
    StaleReplica,
    /// A node holds a session that no client was given.
    PhantomSession,
    /// A session ended before its time.
    ExpiredEarly,
    /// A session was there long after its time.
    ExpiredLate,
    /// An attribute of a session is gone, or has an older value.
    LostAttribute,
    /// A request that was answered with success before a fault is not so after it.
    AnswerLost,
    /// A client was given the session of another one.
    ForeignSession,
    /// A node logged what is not known to be harmless.
    DirtyLog,
}

kebab!(Violation);

impl Violation {
    /// All.
    pub const ALL: [Self; 27] = [
        Self::ClusterDoesNotForm,
        Self::NotDeployed,
        Self::OtherBytes,
        Self::WrongManager,
        Self::MembersDisagree,
        Self::GhostMember,
        Self::StateNotTransferred,
        Self::LostReplicatedWrite,
        Self::LostWrite,
        Self::LostFirstRequest,
        Self::LostSession,
        Self::DoubledWrite,
        Self::RisenSession,
        Self::ForkedSession,
        Self::PartialSession,
        Self::WrongIdentity,
        Self::ReplicationDoesNotWait,
        Self::NeedlessWait,
        Self::StaleRead,
        Self::StaleReplica,
        Self::PhantomSession,
        Self::ExpiredEarly,
        Self::ExpiredLate,
        Self::LostAttribute,
        Self::AnswerLost,
        Self::ForeignSession,
        Self::DirtyLog,
    ];

    /// How a guarantee is violated where nothing nearer is known.
    pub fn of(guarantee: Guarantee) -> Self {
        match guarantee {
            Guarantee::ClusterForms => Self::ClusterDoesNotForm,
            Guarantee::DeployedEverywhere => Self::NotDeployed,
            Guarantee::ManagerAsConfigured => Self::WrongManager,
            Guarantee::MembersAgree => Self::MembersDisagree,
            Guarantee::StateTransferred => Self::StateNotTransferred,
            Guarantee::ReplicatedWritesSurvive => Self::LostReplicatedWrite,
            Guarantee::AcknowledgedWritesSurvive => Self::LostWrite,
            Guarantee::CompleteSession => Self::PartialSession,
            Guarantee::IdentityKept => Self::WrongIdentity,
            Guarantee::ReplicationWaits => Self::ReplicationDoesNotWait,
            Guarantee::NoStaleRead => Self::StaleRead,
            Guarantee::NoPhantomSession => Self::PhantomSession,
            Guarantee::Expiry => Self::ExpiredEarly,
            Guarantee::SessionKept => Self::LostSession,
            Guarantee::AttributesReplicated => Self::StaleReplica,
            Guarantee::AttributesSurvive => Self::LostAttribute,
            Guarantee::AnswersKept => Self::AnswerLost,
            Guarantee::CleanLogs => Self::DirtyLog,
        }
    }
}

/// A violation that a scenario allows: where it shows, the run is none the worse for it. It need not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AllowedViolation {
    /// Which one.
    pub violation: Violation,
    /// In how many of a hundred sessions it may show at most; in any number where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most_percent: Option<u8>,
}

/// A violation that a scenario is told to show. Strict: where it does not show, the scenario has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ExpectedViolation {
    /// Which one.
    pub violation: Violation,
    /// How often it must show at least.
    pub at_least: u32,
    /// How many sessions must have been tried: with fewer, nobody knows.
    pub trials: u32,
}
