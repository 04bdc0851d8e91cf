//! Classified log lines: what a server's own log says of cluster, sessions and farm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::NodeName;

/// A log line worth keeping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LogLine {
    /// The node that wrote it.
    pub node: NodeName,
    /// The node's own time, as it wrote it.
    pub node_time: String,
    /// Its level: INFO, WARNING, SEVERE, FINE.
    pub level: String,
    /// The true logger.
    pub logger: String,
    /// The message, without its stack trace.
    pub message: String,
    /// What it says.
    pub class: LogClass,
}

/// What a log line says. The texts are Tomcat's (`LocalStrings.properties` of `ha` and `tribes`), matched by message
/// because TomEE hides the class in its own format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogClass {
    /// `Server startup in`.
    ServerStarted,
    /// `Replication member added`.
    MemberAdded,
    /// `Received member disappeared`.
    MemberDisappeared,
    /// `Register manager`.
    ManagerStarted,
    /// `requesting session state from`.
    StateRequested,
    /// `session state sent at … received in`.
    StateReceived,
    /// `No session state sent at … timing out`.
    StateTimeout,
    /// `skipping state transfer`.
    StateSkipped,
    /// A delta for a session that is not here: it is lost (FINE).
    DeltaForUnknownSession,
    /// `Unable to serialize delta request`.
    SerialisationFailed,
    /// `Non-serializable attribute`: a session of a distributable app refused an attribute, which failed the request.
    AttributeRefused,
    /// `Installing webapp`.
    FarmInstalling,
    /// `Deploying web application archive`.
    Deploying,
    /// `Deployment of web application archive … has finished`.
    Deployed,
    /// `Unable to send message through cluster sender`: normal once in the detection gap of a failover.
    SendFailed,
    /// The listener of the app `listener` was notified that a session begins.
    SessionCreated,
    /// The same of a session's end.
    SessionDestroyed,
    /// A port was already in use.
    AddressInUse,
    /// TomEE's OpenEJB or the server could not start.
    StartFailed,
    /// Another WARNING.
    OtherWarning,
    /// Another SEVERE.
    OtherSevere,
    /// Any other line; kept because the plan asks for its text.
    AskedFor,
}
