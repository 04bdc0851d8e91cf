//! An API server that answers late.

use super::about::About;
use super::error::{self, DELAY, FaultError};
use crate::model::Millis;

pub(super) const ABOUT: About = About {
    parameters: &[DELAY],
    ..About::of_api(
        "answers each poll of the API server by a node `delay = \"3s\"` later; Tomcat waits 1 s (Kubernetes membership)",
    )
};

pub(super) fn check(delay: Millis) -> Result<(), FaultError> {
    error::is_delay("api-latency", delay)
}

pub(super) fn title(node: &str, delay: Millis) -> String {
    format!("answer each poll of {node} {delay} later")
}
