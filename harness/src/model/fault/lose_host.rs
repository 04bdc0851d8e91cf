//! A host that is gone.

use super::about::{About, Part};
use super::error::FaultError;
use crate::model::Capability;

pub(super) const ABOUT: About = About::of(
    Part::Host,
    Capability::LoseHost,
    "makes a node vanish with its host: nothing answers any more, not even with a reset",
);

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("lose the host of {node}")
}
