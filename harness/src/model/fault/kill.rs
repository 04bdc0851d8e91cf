//! SIGKILL of a node's JVM.

use super::about::{About, Part};
use super::error::FaultError;
use crate::model::Capability;

pub(super) const ABOUT: About = About::of(Part::Process, Capability::Kill, "ends a node's JVM with SIGKILL");

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("kill {node}")
}
