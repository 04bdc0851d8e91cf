//! A full disk.

use super::about::{About, Part};
use super::error::FaultError;
use crate::model::Capability;

pub(super) const ABOUT: About = About {
    needs_preparation: true,
    ..About::of(
        Part::Disk,
        Capability::FillDisk,
        "fills the disk that a node's files are on, until not one more byte can be written",
    )
};

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("fill the disk of {node}")
}
