//! A node that is cut off in Tribes alone.

use super::about::{About, Part};
use super::error::FaultError;
use crate::model::Capability;

pub(super) const ABOUT: About = About {
    is_partition: true,
    ..About::of(Part::Traffic, Capability::Partition, "cuts its Tribes traffic only: receiver ports and heartbeats")
};

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("cut Tribes between {node} and its peers")
}
