//! Why a topology has no server.xml.

use crate::model::{NodeName, ServerKind, TomcatVersion};

/// A topology that cannot be said in server.xml, or not for this server.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The server does not have something that the topology asks for.
    #[error("{server} has no {what}: {versions}")]
    Lacks {
        /// The server.
        server: ServerKind,
        /// What it lacks, by the name that server.xml would have used.
        what: String,
        /// Which versions have it, in words.
        versions: String,
    },
    /// The server is older than any that is supported.
    #[error("{server} is not supported: the oldest is Tomcat {oldest}")]
    Unsupported {
        /// The server.
        server: ServerKind,
        /// The oldest that is.
        oldest: TomcatVersion,
    },
    /// The topology has no such node.
    #[error("the topology has no node {0}")]
    NoSuchNode(NodeName),
    /// A node has no addresses.
    #[error("node {0} has no address: the topology has no endpoint for it")]
    NoEndpoint(NodeName),
    /// Membership is multicast, and no group was allocated.
    #[error("membership is `multicast`, and the endpoints name no multicast group")]
    NoGroup,
    /// The topology says something about an element that it does not have.
    #[error("{said} is configured but not used: {because}")]
    Unused {
        /// The element, as the topology's file names it.
        said: &'static str,
        /// What stands in its place.
        because: &'static str,
    },
    /// An attribute's name is no XML name.
    #[error("invalid attribute name {attribute:?} of <{element}>")]
    AttributeName {
        /// The element.
        element: &'static str,
        /// The name.
        attribute: String,
    },
    /// An attribute is there twice.
    #[error("attribute {attribute} of <{element}> is given twice")]
    AttributeTwice {
        /// The element.
        element: &'static str,
        /// The name.
        attribute: String,
    },
    /// A value has a character that XML cannot carry.
    #[error("attribute {attribute} of <{element}> contains the character {character:?}, which is not valid in XML")]
    Character {
        /// The element.
        element: &'static str,
        /// The name.
        attribute: String,
        /// The character.
        character: char,
    },
    /// The writer failed.
    #[error("server.xml could not be written")]
    Write(#[source] std::io::Error),
}
