//! A pod of another app.

use super::about::About;
use super::error::FaultError;

pub(super) const ABOUT: About = About::of_api(
    "runs a pod of another app in the namespace, which has no label of the nodes (Kubernetes membership)",
);

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("list a pod of another app to {node}")
}
