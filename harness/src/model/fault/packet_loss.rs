//! A line that loses packets.

use super::about::{About, Part};
use super::error::{FaultError, PERCENT, is_share};
use crate::model::Capability;

pub(super) const ABOUT: About = About {
    parameters: &[PERCENT],
    ..About::of(
        Part::Traffic,
        Capability::PacketLoss,
        "drops `percent` of a hundred packets between a node and its peers, both ways",
    )
};

pub(super) fn check(percent: u8) -> Result<(), FaultError> {
    is_share("packet-loss", percent)
}

pub(super) fn title(node: &str, percent: u8) -> String {
    format!("lose {percent} % of the packets between {node} and its peers")
}
