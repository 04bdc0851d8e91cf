//! A long line.

use std::ops::RangeInclusive;

use super::about::{About, Part};
use super::error::{FaultError, Parameter, fits};
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

const DELAY: Parameter = Parameter { key: "delay", expected: "expected 1ms to 60s" };
/// More than a minute is a partition to every peer.
const DELAYS: RangeInclusive<Millis> = Millis(1)..=Millis(60_000);

pub(super) fn check(delay: Millis) -> Result<(), FaultError> {
    fits("latency", DELAY, &delay, |delay| DELAYS.contains(delay))
}

pub(super) fn title(node: &str, delay: Millis) -> String {
    format!("hold each packet between {node} and its peers back for {delay}")
}
