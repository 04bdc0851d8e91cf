//! A long line.

use super::about::{About, Part};
use super::error::{self, DELAY, FaultError};
use crate::model::{Capability, Millis};

pub(super) const ABOUT: About = About {
    parameters: &[DELAY],
    needs_preparation: true,
    ..About::of(
        Part::Traffic,
        Capability::Latency,
        "holds each packet between a node and its peers back for `delay = \"200ms\"`, both ways",
    )
};

pub(super) fn check(delay: Millis) -> Result<(), FaultError> {
    error::is_delay("latency", delay)
}

pub(super) fn title(node: &str, delay: Millis) -> String {
    format!("hold each packet between {node} and its peers back for {delay}")
}
