//! Targets: a node by its name, or by what it is when its turn comes.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::NodeName;
use super::front::Front;
use super::names::NameError;

/// Which node a step is about. As text: a node's name, or the role's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Target {
    /// The node of this name.
    Node(NodeName),
    /// The node of this role, looked up when the step begins.
    Role(Role),
}

/// What a node can be at one moment of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Holds the client's session as its primary: the node that answered it last.
    Owner,
    /// Holds a copy of the client's session: its backup with `BackupManager`; with `DeltaManager`, where every other node
    /// has a copy, the first of them.
    Backup,
    /// Is neither owner nor backup of the client's session; with `BackupManager` it holds a proxy.
    Neither,
    /// Has been up longest: it is the one that a `DeltaManager` which starts asks for its sessions.
    Oldest,
    /// Watches the farm's folder.
    Watcher,
    /// Was broken last.
    Victim,
    /// The living nodes in turn, another one for each request.
    Rotate,
    /// The node whose jvmRoute the client's session id names, as long as it lives; else the living nodes in turn. So does a
    /// load balancer with sticky sessions.
    Sticky,
    /// The load balancer in front of the nodes, which chooses one of them.
    Front,
}

impl Role {
    /// All, with the names that stand for them. No node may have one of these names.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Owner, "owner"),
        (Self::Backup, "backup"),
        (Self::Neither, "neither"),
        (Self::Oldest, "oldest"),
        (Self::Watcher, "watcher"),
        (Self::Victim, "victim"),
        (Self::Rotate, "rotate"),
        (Self::Sticky, "sticky"),
        (Self::Front, Front::NAME),
    ];

    /// Whether it is about a client's session.
    pub fn is_of_a_session(self) -> bool {
        matches!(self, Self::Owner | Self::Backup | Self::Neither)
    }
}

impl Target {
    /// The node, where it is said by its name.
    pub fn node(&self) -> Option<&NodeName> {
        match self {
            Self::Node(node) => Some(node),
            Self::Role(_) => None,
        }
    }

    /// Which one, in a title.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Node(node) => node.to_string(),
            Self::Role(Role::Rotate) => "each node in turn".to_owned(),
            Self::Role(Role::Sticky) => "the node that its session id names".to_owned(),
            Self::Role(Role::Front) => "the front".to_owned(),
            Self::Role(Role::Victim) => "the node that was broken last".to_owned(),
            Self::Role(Role::Neither) => "a node that is neither owner nor backup".to_owned(),
            Self::Role(role @ (Role::Owner | Role::Backup | Role::Oldest | Role::Watcher)) => format!("the {role}"),
        }
    }

    /// The role, where it is said by one.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Node(_) => None,
            Self::Role(role) => Some(*role),
        }
    }
}

impl From<NodeName> for Target {
    fn from(node: NodeName) -> Self {
        Self::Node(node)
    }
}

impl From<Role> for Target {
    fn from(role: Role) -> Self {
        Self::Role(role)
    }
}

impl FromStr for Target {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match Role::ALL.into_iter().find(|(_, name)| *name == text) {
            Some((role, _)) => Ok(Self::Role(role)),
            None => NodeName::new(text).map(Self::Node),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.into_iter().find(|(role, _)| role == self).map_or("", |(_, name)| name);
        f.pad(name)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::Role(role) => role.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_role_where_its_word_is_one_and_a_node_else() {
        for (role, name) in Role::ALL {
            assert_eq!(name.parse(), Ok(Target::Role(role)));
            assert_eq!(Target::Role(role).to_string(), name);
        }
        assert_eq!("n1".parse(), Ok(Target::Node(NodeName::nth(0))));
        assert!("N 1".parse::<Target>().is_err());
    }
}
