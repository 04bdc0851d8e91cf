//! Addresses that pods have no longer.

use super::about::About;
use super::error::FaultError;

pub(super) const ABOUT: About =
    About::of_api("lists a node's peers to it at addresses that nobody has (Kubernetes membership)");

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("list the peers of {node} to it at old addresses")
}
