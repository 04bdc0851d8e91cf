//! Multicast heartbeats that are cut.

use super::about::{About, Part};
use super::error::FaultError;
use crate::model::Capability;

pub(super) const ABOUT: About = About {
    needs_heartbeats: true,
    ..About::of(Part::Traffic, Capability::Partition, "cuts its multicast heartbeats only (multicast membership)")
};

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("cut the multicast heartbeats between {node} and its peers")
}
