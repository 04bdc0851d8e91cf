//! An API server that refuses or fails.

use super::about::About;
use super::error::{self, FaultError, STATUS};

pub(super) const ABOUT: About = About {
    parameters: &[STATUS],
    ..About::of_api(
        "answers every poll of the API server by a node with `status`, as 403 or 503 (Kubernetes membership)",
    )
};

pub(super) fn check(status: u16) -> Result<(), FaultError> {
    error::is_error("api-error", status)
}

pub(super) fn title(node: &str, status: u16) -> String {
    format!("answer every poll of {node} with {status}")
}
