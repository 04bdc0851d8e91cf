//! A node that is cut off from its peers.

use super::about::{About, Part};
use super::error::FaultError;
use crate::model::Capability;

pub(super) const ABOUT: About = About {
    is_partition: true,
    ..About::of(
        Part::Traffic,
        Capability::Partition,
        "cuts all traffic between a node and its peers; clients still reach it",
    )
};

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("cut {node} off from its peers")
}
