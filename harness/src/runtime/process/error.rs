//! What a process of a node could not do.

use crate::model::NodeName;
use crate::runtime::RuntimeError;

pub(super) fn node_error(
    node: &NodeName,
    action: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> RuntimeError {
    RuntimeError::Node { node: node.clone(), action: action.to_owned(), source: source.into() }
}
