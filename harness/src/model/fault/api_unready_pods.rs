//! Pods that do not run yet, as the API server says.

use super::about::About;
use super::error::FaultError;

pub(super) const ABOUT: About = About::of_api("lists a node's peers to it in phase Pending (Kubernetes membership)");

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("list the peers of {node} to it as not running yet")
}
