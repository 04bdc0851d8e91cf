//! A list that is not renewed.

use super::about::About;
use super::error::FaultError;

pub(super) const ABOUT: About =
    About::of_api("lists to a node what was listed when this began, though pods come and go (Kubernetes membership)");

#[expect(clippy::unnecessary_wraps, reason = "the form of every fault")]
pub(super) fn check() -> Result<(), FaultError> {
    Ok(())
}

pub(super) fn title(node: &str) -> String {
    format!("list to {node} no pod that comes or goes")
}
