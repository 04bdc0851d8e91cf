//! Why configurations are no cluster.

use crate::model::topology::NodeCountError;

/// Configurations that are no cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OwnError {
    /// Too few or too many.
    #[error(transparent)]
    Count(#[from] NodeCountError),
    /// The lists of members name more nodes than there are.
    #[error("the lists name {} members ({}), but {nodes} nodes are run", .members.len(), .members.join(", "))]
    MoreMembers {
        /// The members.
        members: Vec<String>,
        /// How many nodes there are.
        nodes: usize,
    },
}
