//! A node that reaches no peer.

use super::about::{About, Part};
use super::error::FaultError;
use crate::model::Capability;

pub(super) const ABOUT: About =
    About { is_one_way: true, ..About::of(Part::Traffic, Capability::Partition, "drops what it sends its peers") };

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("drop what {node} sends to its peers")
}
