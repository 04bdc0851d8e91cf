//! A node without the time to work.

use super::about::{About, Part};
use super::error::{FaultError, PERCENT, is_share};
use crate::model::Capability;

pub(super) const ABOUT: About = About {
    parameters: &[PERCENT],
    ..About::of(Part::Processor, Capability::Throttle, "leaves a node `percent` hundredths of one processor core")
};

pub(super) fn check(percent: u8) -> Result<(), FaultError> {
    is_share("slow-node", percent)
}

pub(super) fn title(node: &str, percent: u8) -> String {
    format!("leave {node} {percent} % of a processor core")
}
