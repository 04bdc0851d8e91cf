//! An API server that fails once.

use super::about::About;
use super::error::{self, FaultError, STATUS};

pub(super) const ABOUT: About = About {
    parameters: &[STATUS],
    ..About::of_api(
        "answers one poll of the API server by a node with `status`, each later one as ever (Kubernetes membership)",
    )
};

pub(super) fn check(status: u16) -> Result<(), FaultError> {
    error::is_error("api-error-once", status)
}

pub(super) fn title(node: &str, status: u16) -> String {
    format!("answer one poll of {node} with {status}")
}
